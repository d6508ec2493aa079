// The loops of the search for nearest vectors, included once for each set of instructions with KERNEL(name) and TARGET
// defined.

// The lanes of a vector, added pair by pair.
TARGET static inline __attribute__((always_inline)) float KERNEL(lane_sum)(vector sum)
{
    for (int half = 8; half > 0; half /= 2)
        for (int lane = 0; lane < half; lane++) sum[lane] += sum[lane + half];
    return sum[0];
}

TARGET static inline __attribute__((always_inline)) float KERNEL(dot_product)(
    const float *left, const float *right, int64_t dimension)
{
    vector sum[4] = {{0}, {0}, {0}, {0}};
    int64_t k = 0;
    for (; k + 64 <= dimension; k += 64)
        for (int v = 0; v < 4; v++) {
            vector a = *(const loose_vector *)(left + k + v * 16), b = *(const loose_vector *)(right + k + v * 16);
            sum[v] = __builtin_elementwise_fma(a, b, sum[v]);
        }
    for (int v = 0; k < dimension; k += 16, v++) {
        vector a = {0}, b = {0};
        unsigned long size = (unsigned long)(dimension - k < 16 ? dimension - k : 16) * 4;
        __builtin_memcpy(&a, left + k, size);
        __builtin_memcpy(&b, right + k, size);
        sum[v] = __builtin_elementwise_fma(a, b, sum[v]);
    }
    return KERNEL(lane_sum)((sum[0] + sum[1]) + (sum[2] + sum[3]));
}

// As dot_product, of the squares of differences.
TARGET static inline __attribute__((always_inline)) float KERNEL(square_distance)(
    const float *left, const float *right, int64_t dimension)
{
    vector sum[4] = {{0}, {0}, {0}, {0}};
    int64_t k = 0;
    for (; k + 64 <= dimension; k += 64)
        for (int v = 0; v < 4; v++) {
            vector a = *(const loose_vector *)(left + k + v * 16), b = *(const loose_vector *)(right + k + v * 16);
            sum[v] = __builtin_elementwise_fma(a - b, a - b, sum[v]);
        }
    for (int v = 0; k < dimension; k += 16, v++) {
        vector a = {0}, b = {0};
        unsigned long size = (unsigned long)(dimension - k < 16 ? dimension - k : 16) * 4;
        __builtin_memcpy(&a, left + k, size);
        __builtin_memcpy(&b, right + k, size);
        sum[v] = __builtin_elementwise_fma(a - b, a - b, sum[v]);
    }
    return KERNEL(lane_sum)((sum[0] + sum[1]) + (sum[2] + sum[3]));
}

TARGET static void KERNEL(square_distances)(
    const float *query, const float *rows, int64_t count, int64_t dimension, float *distances)
{
    for (int64_t i = 0; i < count; i++) {
        const float *row = rows + i * dimension;
        for (int64_t k = 0; k < dimension; k += 16) __builtin_prefetch(row + 4 * dimension + k);
        distances[i] = KERNEL(square_distance)(query, row, dimension);
    }
}

TARGET static void KERNEL(dot_products)(
    const float *query, const float *rows, int64_t count, int64_t dimension, float *products)
{
    for (int64_t i = 0; i < count; i++) {
        const float *row = rows + i * dimension;
        // The next rows are on their way while this one is worked on.
        for (int64_t k = 0; k < dimension; k += 16) __builtin_prefetch(row + 4 * dimension + k);
        products[i] = KERNEL(dot_product)(query, row, dimension);
    }
}

TARGET static void KERNEL(square_sums)(const float *rows, int64_t count, int64_t dimension, float *sums)
{
    for (int64_t i = 0; i < count; i++)
        sums[i] = KERNEL(dot_product)(rows + i * dimension, rows + i * dimension, dimension);
}

TARGET static void KERNEL(scores_above)(
    const float *products, int64_t rows, int64_t stride, int64_t width, const float *factors, const float *offsets,
    const float *thresholds, int32_t *found_rows, int32_t *found_queries, float *found_scores, int64_t *count)
{
    int64_t found = 0;
    for (int64_t i = 0; i < rows; i++) {
        float factor = factors ? factors[i] : 1.0f, offset = offsets ? offsets[i] : 0.0f;
        for (int64_t j = 0; j < width; j += 16) {
            vector product = {0}, threshold = {0};
            int64_t filled = width - j < 16 ? width - j : 16;
            if (filled == 16) {
                product = *(const loose_vector *)(products + i * stride + j);
                threshold = *(const loose_vector *)(thresholds + j);
            } else {
                __builtin_memcpy(&product, products + i * stride + j, (unsigned long)filled * 4);
                __builtin_memcpy(&threshold, thresholds + j, (unsigned long)filled * 4);
            }
            vector score = product * factor - offset;
            int_vector above = score > threshold;
            if (__builtin_reduce_or(above) == 0) continue;
            for (int64_t lane = 0; lane < filled; lane++) {
                if (!above[lane]) continue;
                found_rows[found] = (int32_t)i;
                found_queries[found] = (int32_t)(j + lane);
                found_scores[found++] = score[lane];
            }
        }
    }
    *count = found;
}

// As scores_above for one query: sixteen rows at once.
TARGET static void KERNEL(row_scores_above)(
    const float *products, int64_t rows, const float *factors, const float *offsets, float threshold,
    int32_t *found_rows, int32_t *found_queries, float *found_scores, int64_t *count)
{
    int64_t found = 0;
    for (int64_t i = 0; i < rows; i += 16) {
        vector product = {0}, factor = {0}, offset = {0};
        int64_t filled = rows - i < 16 ? rows - i : 16;
        unsigned long size = (unsigned long)filled * 4;
        __builtin_memcpy(&product, products + i, size);
        if (factors) __builtin_memcpy(&factor, factors + i, size);
        if (offsets) __builtin_memcpy(&offset, offsets + i, size);
        vector score = (factors ? product * factor : product) - offset;
        int_vector above = score > threshold;
        if (__builtin_reduce_or(above) == 0) continue;
        for (int64_t lane = 0; lane < filled; lane++) {
            if (!above[lane]) continue;
            found_rows[found] = (int32_t)(i + lane);
            found_queries[found] = 0;
            found_scores[found++] = score[lane];
        }
    }
    *count = found;
}

#undef KERNEL
#undef TARGET
