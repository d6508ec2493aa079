#include "TreeKernels.h"

#define LANES VINTAGE_TREE_LANES

#define NODE VintageNarrowNode
#define WALK(name) narrow_##name
#include "TreeLoops.h"

#define NODE VintageWideNode
#define WALK(name) wide_##name
#include "TreeLoops.h"

void vintage_walk_row(const VintageTrees *trees, const float *row, float *scratch, float *sums) {
    int64_t columns = trees->columns;
    for (int64_t column = 0; column < columns; column++) {
        scratch[column] = row[column];
        scratch[columns + column] = -row[column];
    }
    if (trees->narrow) narrow_row(trees, trees->narrow, scratch, sums);
    else wide_row(trees, trees->wide, scratch, sums);
}

void vintage_walk_rows(
    const VintageTrees *trees, const float *rows, int64_t count, int64_t block, float *scratch, float *sums)
{
    int64_t columns = trees->columns, size = columns * 2 * LANES;
    for (int64_t first = 0; first < count; first += block) {
        int64_t taken = count - first < block ? count - first : block;
        for (int64_t row = 0; row < taken; row += LANES) {
            float *group = scratch + row / LANES * size;
            for (int64_t lane = 0; lane < LANES; lane++) {
                // A group that is not full is filled up with its last row.
                int64_t place = first + (row + lane < taken ? row + lane : taken - 1);
                for (int64_t column = 0; column < columns; column++) {
                    float number = rows[place * columns + column];
                    group[column * LANES + lane] = number;
                    group[(columns + column) * LANES + lane] = -number;
                }
            }
        }
        float *output = sums + first * trees->output_count;
        if (trees->narrow) narrow_block(trees, trees->narrow, scratch, taken, output);
        else wide_block(trees, trees->wide, scratch, taken, output);
    }
}
