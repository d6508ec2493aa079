// The loops themselves, included once for each set of instructions with KERNEL(name) and TARGET defined.
//
// A vector has sixteen numbers, whatever registers there are; the compiler splits it. Sums are made column by column,
// each in a lane of its own, so that how many lanes work at once changes nothing.

// Rows of a tile: as many as leave the registers enough room.
#ifndef TILE_ROWS
#error "TILE_ROWS is not defined"
#endif

// `height` and `vectors` are constants wherever this is used: the loops over them disappear, and sums stay in registers.
TARGET static inline __attribute__((always_inline)) void KERNEL(tile)(
    int height, int vectors, const float *left, int64_t row_stride, int64_t step, int64_t rows, const float *panel,
    int64_t depth, float *result, int64_t result_stride, int64_t width, const float *bias, bool adds)
{
    const float *row[TILE_ROWS];
    // Rows past the end are the last one again, and their results are not kept.
    for (int r = 0; r < height; r++) row[r] = left + (r < rows ? r : rows - 1) * row_stride;
    vector sum[TILE_ROWS][4];
    for (int r = 0; r < height; r++)
        for (int v = 0; v < vectors; v++) sum[r][v] = (vector){0};
    for (int64_t k = 0; k < depth; k++) {
        const float *columns = panel + k * vectors * 16;
        vector right[4];
        for (int v = 0; v < vectors; v++) right[v] = *(const loose_vector *)(columns + v * 16);
        for (int r = 0; r < height; r++) {
            // Taking 0 away changes no number, so that all lanes are loaded at once; an addition would be carried out.
            vector factor = row[r][k * step] - (vector){0};
            for (int v = 0; v < vectors; v++) sum[r][v] = __builtin_elementwise_fma(factor, right[v], sum[r][v]);
        }
    }
    for (int r = 0; r < height && r < rows; r++) {
        for (int v = 0; v < vectors; v++) {
            float *target = result + r * result_stride + v * 16;
            int64_t count = width - v * 16 < 16 ? width - v * 16 : 16;
            if (count == 16) {
                vector base = (vector){0};
                if (adds) base = *(const loose_vector *)target;
                else if (bias) base = *(const loose_vector *)(bias + v * 16);
                *(loose_vector *)target = sum[r][v] + base;
            } else {
                for (int64_t j = 0; j < count; j++)
                    target[j] = sum[r][v][j] + (adds ? target[j] : bias ? bias[v * 16 + j] : 0.0f);
            }
        }
    }
}

TARGET static void KERNEL(multiply)(
    const float *left, int64_t row_stride, int64_t step, int64_t rows, const float *panel, int64_t depth,
    int64_t width, float *result, int64_t result_stride, const float *bias, bool adds)
{
    int vectors = (int)((width + 15) / 16);
    for (int64_t i = 0; i < rows; i += TILE_ROWS) {
        const float *first = left + i * row_stride;
        float *target = result + i * result_stride;
        int64_t count = rows - i;
#define TILE(height, vectors)                                                                                        \
    KERNEL(tile)(height, vectors, first, row_stride, step, count, panel, depth, target, result_stride, width, bias, adds)
#define TILES(height)                                                                                                \
    switch (vectors) {                                                                                               \
    case 1: TILE(height, 1); break;                                                                                  \
    case 2: TILE(height, 2); break;                                                                                  \
    case 3: TILE(height, 3); break;                                                                                  \
    default: TILE(height, 4); break;                                                                                 \
    }
        // A row alone, as a prediction often is, waits for the panel and not for its sums.
        if (count == 1) TILES(1)
        else if (count == 2) TILES(2)
        else if (count <= 4) TILES(4)
        else TILES(TILE_ROWS)
#undef TILES
#undef TILE
    }
}

TARGET static void KERNEL(column_sums)(
    const float *values, int64_t rows, int64_t columns, int64_t stride, float *sums)
{
    int64_t j = 0;
    for (; j + 16 <= columns; j += 16) {
        vector sum = {0};
        for (int64_t i = 0; i < rows; i++) sum += *(const loose_vector *)(values + i * stride + j);
        *(loose_vector *)(sums + j) = sum;
    }
    for (; j < columns; j++) {
        float sum = 0;
        for (int64_t i = 0; i < rows; i++) sum += values[i * stride + j];
        sums[j] = sum;
    }
}

// exp by 2^n e^r with |r| <= log(2) / 2: Taylor's series for e^r, whose error there is below that of a rounding.
TARGET static inline __attribute__((always_inline)) vector KERNEL(exponential)(vector x)
{
    int_vector isLarge = x > 88.0f, isSmall = x < -87.0f;
    // What is no number stays none: both comparisons are false.
    vector bounded = SELECT(isLarge, (vector){0} + 88.0f, x);
    bounded = SELECT(isSmall, (vector){0} - 87.0f, bounded);
    // Adding this number and taking it away rounds to whole numbers.
    vector shift = (vector){0} + 12582912.0f;
    vector n = bounded * 1.44269504f;
    n = n + shift;
    n = n - shift;
    vector r = __builtin_elementwise_fma(n, (vector){0} - 0.693145752f, bounded);
    r = __builtin_elementwise_fma(n, (vector){0} - 1.42860677e-6f, r);
    vector p = (vector){0} + 1.0f / 5040.0f;
    p = __builtin_elementwise_fma(p, r, (vector){0} + 1.0f / 720.0f);
    p = __builtin_elementwise_fma(p, r, (vector){0} + 1.0f / 120.0f);
    p = __builtin_elementwise_fma(p, r, (vector){0} + 1.0f / 24.0f);
    p = __builtin_elementwise_fma(p, r, (vector){0} + 1.0f / 6.0f);
    p = __builtin_elementwise_fma(p, r, (vector){0} + 0.5f);
    p = __builtin_elementwise_fma(p, r, (vector){0} + 1.0f);
    p = __builtin_elementwise_fma(p, r, (vector){0} + 1.0f);
    // Where x is no number its whole part is none either, so it is left out of the conversion.
    int_vector isNumber = x == x;
    int_vector power = __builtin_convertvector(SELECT(isNumber, n, (vector){0}), int_vector);
    vector scale = (vector)((power + 127) << 23);
    vector result = p * scale;
    return SELECT(isSmall, (vector){0}, result);
}

TARGET static inline __attribute__((always_inline)) vector KERNEL(activated)(int kind, vector x)
{
    if (kind == 0) return SELECT(x <= 0.0f, (vector){0}, x);
    if (kind == 1) {
        // (1 - e) / (1 + e) with e = exp(-2 |x|), the sign put back; near 0 its series, which loses no digits.
        int_vector isNegative = x < 0.0f;
        vector size = SELECT(isNegative, -x, x);
        vector e = KERNEL(exponential)(size * -2.0f);
        vector far = (1.0f - e) / (1.0f + e);
        vector square = size * size;
        vector near = __builtin_elementwise_fma(square, (vector){0} - 17.0f / 315.0f, (vector){0} + 2.0f / 15.0f);
        near = __builtin_elementwise_fma(square, near, (vector){0} - 1.0f / 3.0f);
        near = __builtin_elementwise_fma(square * size, near, size);
        vector result = SELECT(size < 0.125f, near, far);
        return SELECT(isNegative, -result, result);
    }
    // e / (1 + e) where x is negative, 1 / (1 + e) where it is not, with e = exp(-|x|).
    int_vector isNegative = x < 0.0f;
    vector e = KERNEL(exponential)(SELECT(isNegative, x, -x));
    vector one = (vector){0} + 1.0f;
    return SELECT(isNegative, e, one) / (one + e);
}

// Applies `body` to each sixteen values, and to the last ones with zeros after them.
#define FOR_EACH_VECTOR(body)                                                                                        \
    int64_t i = 0;                                                                                                   \
    for (; i + 16 <= count; i += 16) {                                                                               \
        int64_t filled = 16;                                                                                         \
        body                                                                                                         \
    }                                                                                                                \
    if (i < count) {                                                                                                 \
        int64_t filled = count - i;                                                                                  \
        body                                                                                                         \
    }

TARGET static inline __attribute__((always_inline)) vector KERNEL(load)(const float *values, int64_t filled)
{
    if (filled == 16) return *(const loose_vector *)values;
    vector result = {0};
    __builtin_memcpy(&result, values, (unsigned long)filled * 4);
    return result;
}

TARGET static inline __attribute__((always_inline)) void KERNEL(store)(float *values, int64_t filled, vector result)
{
    if (filled == 16) *(loose_vector *)values = result;
    else __builtin_memcpy(values, &result, (unsigned long)filled * 4);
}

TARGET static void KERNEL(activate)(int kind, float *values, int64_t count)
{
    FOR_EACH_VECTOR({ KERNEL(store)(values + i, filled, KERNEL(activated)(kind, KERNEL(load)(values + i, filled))); })
}

TARGET static void KERNEL(activation_gradient)(int kind, const float *results, float *gradient, int64_t count)
{
    FOR_EACH_VECTOR({
        vector y = KERNEL(load)(results + i, filled);
        vector g = KERNEL(load)(gradient + i, filled);
        if (kind == 0) g = SELECT(y > 0.0f, g, (vector){0});
        else if (kind == 1) g = g * (1.0f - y * y);
        else g = g * (y * (1.0f - y));
        KERNEL(store)(gradient + i, filled, g);
    })
}

TARGET static void KERNEL(exp)(float *values, int64_t count)
{
    FOR_EACH_VECTOR({ KERNEL(store)(values + i, filled, KERNEL(exponential)(KERNEL(load)(values + i, filled))); })
}

TARGET static void KERNEL(adam)(
    VintageAdamStep step, const float *gradient, float *first, float *second, float *weights, int64_t count)
{
    FOR_EACH_VECTOR({
        vector g = KERNEL(load)(gradient + i, filled);
        vector m = KERNEL(load)(first + i, filled) * step.beta1 + g * (1.0f - step.beta1);
        vector v = KERNEL(load)(second + i, filled) * step.beta2 + g * g * (1.0f - step.beta2);
        vector w = KERNEL(load)(weights + i, filled);
        vector size = __builtin_elementwise_sqrt(v * step.inverse_correction2) + step.epsilon;
        w = w - (m * step.inverse_correction1 / size + w * step.decay) * step.rate;
        KERNEL(store)(first + i, filled, m);
        KERNEL(store)(second + i, filled, v);
        KERNEL(store)(weights + i, filled, w);
    })
}

TARGET static void KERNEL(descend)(
    float rate, float momentum, float decay, const float *gradient, float *velocity, float *weights, int64_t count)
{
    FOR_EACH_VECTOR({
        vector m = KERNEL(load)(velocity + i, filled) * momentum + KERNEL(load)(gradient + i, filled);
        vector w = KERNEL(load)(weights + i, filled);
        w = w - (m + w * decay) * rate;
        KERNEL(store)(velocity + i, filled, m);
        KERNEL(store)(weights + i, filled, w);
    })
}

#undef FOR_EACH_VECTOR
#undef KERNEL
#undef TARGET
#undef TILE_ROWS
