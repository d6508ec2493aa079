// Decision trees, walked for one row or for many.
//
// A node asks whether a number is at least its threshold: if not, also for what is no number, the way goes on with the
// node's first child, else with the second, which lies behind the first. What a row is asked are its numbers and their
// negatives, so that either answer can be the one for a missing number. A leaf is a node that never says yes and is its
// own first child, so that a walk may take more steps than its way has.
#ifndef VINTAGE_TREE_KERNELS_H
#define VINTAGE_TREE_KERNELS_H

#include <stdbool.h>
#include <stdint.h>

// A node as trees of usual sizes have it: eight to a line of the cache.
typedef struct {
    float threshold;
    // Four times the number's place in the row; negatives follow the numbers.
    uint16_t column;
    // How many nodes further the first child lies; 0 for a leaf, whose threshold is no number.
    uint16_t child;
} VintageNarrowNode;

// A node where places or distances are larger.
typedef struct {
    float threshold;
    uint32_t column;
    uint32_t child;
} VintageWideNode;

// How many rows, or trees of one row, are walked at once.
#define VINTAGE_TREE_LANES 8

// An ensemble. Children lie behind their node. Behind the last tree there is one more leaf; `roots` and `depths` go on with
// it up to a multiple of the lanes.
typedef struct {
    // One of them; the other is null.
    const VintageNarrowNode *narrow;
    const VintageWideNode *wide;
    // What a leaf adds, node by node.
    const float *values;
    // The first node of each tree, the most steps to a leaf, the sum that leaves add to.
    const uint32_t *roots;
    const uint32_t *depths;
    const uint32_t *outputs;
    int64_t tree_count;
    int64_t output_count;
    // How many numbers a row has.
    int64_t columns;
} VintageTrees;

// Adds the leaves of one row to its sums, in the order of the trees. `scratch` has room for twice the columns.
void vintage_walk_row(const VintageTrees *trees, const float *row, float *scratch, float *sums);

// Adds the leaves of rows to their sums, in the order of the trees: rows x columns in, rows x outputs out. Each tree is walked
// by `block` rows, a multiple of the lanes, before the next one is. `scratch` has room for the numbers of a block and their
// negatives.
void vintage_walk_rows(
    const VintageTrees *trees, const float *rows, int64_t count, int64_t block, float *scratch, float *sums);

#endif
