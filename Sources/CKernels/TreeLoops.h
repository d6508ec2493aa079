// The walks, for one kind of node: included by TreeKernels.c, once for each, with NODE and WALK(name).

// The node after a step. The column is in bytes; where rows lie side by side, `stride` of them.
static inline const NODE *WALK(step)(const NODE *node, const char *numbers, uint64_t stride) {
    float number = *(const float *)(numbers + node->column * stride);
    return node + node->child + (number >= node->threshold);
}

// Takes all lanes down to their leaves.
static inline __attribute__((always_inline)) void WALK(descend)(
    const NODE *at[LANES], uint32_t depth, const char *numbers, uint64_t stride, uint64_t next)
{
    while (true) {
        uint32_t steps = depth < 8 ? depth : 8;
        for (uint32_t step = 0; step < steps; step++) {
#pragma clang loop unroll(full)
            for (int lane = 0; lane < LANES; lane++) at[lane] = WALK(step)(at[lane], numbers + lane * next, stride);
        }
        depth -= steps;
        if (depth == 0) return;
        // Trees that are deep are deep in few places.
        uint32_t rest = 0;
#pragma clang loop unroll(full)
        for (int lane = 0; lane < LANES; lane++) rest |= at[lane]->child;
        if (rest == 0) return;
    }
}

static void WALK(row)(const VintageTrees *trees, const NODE *nodes, const float *numbers, float *sums) {
    for (int64_t first = 0; first < trees->tree_count; first += LANES) {
        const NODE *at[LANES];
        uint32_t depth = 0;
        for (int lane = 0; lane < LANES; lane++) {
            at[lane] = nodes + trees->roots[first + lane];
            if (trees->depths[first + lane] > depth) depth = trees->depths[first + lane];
        }
        WALK(descend)(at, depth, (const char *)numbers, 1, 0);
        int64_t rest = trees->tree_count - first;
        for (int lane = 0; lane < (rest < LANES ? rest : LANES); lane++)
            sums[trees->outputs[first + lane]] += trees->values[at[lane] - nodes];
    }
}

// Rows lie in groups of LANES, the numbers of a column side by side.
static void WALK(block)(
    const VintageTrees *trees, const NODE *nodes, const float *numbers, int64_t count, float *sums)
{
    int64_t size = trees->columns * 2 * LANES, width = trees->output_count;
    for (int64_t tree = 0; tree < trees->tree_count; tree++) {
        const NODE *root = nodes + trees->roots[tree];
        const float *values = trees->values + trees->roots[tree];
        float *output = sums + trees->outputs[tree];
        const float *group = numbers;
        for (int64_t first = 0; first < count; first += LANES, group += size) {
            const NODE *at[LANES];
#pragma clang loop unroll(full)
            for (int lane = 0; lane < LANES; lane++) at[lane] = root;
            WALK(descend)(at, trees->depths[tree], (const char *)group, LANES, sizeof(float));
            if (count - first >= LANES) {
#pragma clang loop unroll(full)
                for (int lane = 0; lane < LANES; lane++) output[(first + lane) * width] += values[at[lane] - root];
            } else {
                for (int64_t lane = 0; lane < count - first; lane++)
                    output[(first + lane) * width] += values[at[lane] - root];
            }
        }
    }
}

#undef NODE
#undef WALK
