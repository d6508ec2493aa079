// The loops of layers of 8 bits, included once for each set of instructions with KERNEL(name), TARGET, VECTORS, VECTOR, ZERO,
// STEP(sum, codes, weights) and BEGIN(sums) defined, and with ROWS and PANELS: how many rows go by how many panels at once
// where there are many. Their sums fit the registers, and the panels of a layer of usual depth the nearest cache.
//
// A panel's 64 bytes are 16 columns of 4 rows each; VECTORS registers hold the sums of its columns.

TARGET static void KERNEL(quantize_rows)(
    const float *rows, int64_t count, int64_t depth, float range, uint8_t *codes, float *scales)
{
    int64_t stride = vintage_quantized_stride(depth);
    for (int64_t i = 0; i < count; i++) {
        const float *row = rows + i * depth;
        uint8_t *code = codes + i * stride;
        // Sizes are ordered as their bits are; what is no number or not finite comes last.
        int32_t largest = 0;
        for (int64_t k = 0; k < depth; k++) {
            int32_t bits;
            __builtin_memcpy(&bits, row + k, 4);
            bits &= 0x7fffffff;
            largest = bits > largest ? bits : largest;
        }
        float size;
        __builtin_memcpy(&size, &largest, 4);
        if (range > 0 && largest < 0x7f800000) size = range;
        for (int64_t k = depth; k < stride; k++) code[k] = 128;
        if (largest >= 0x7f800000 || size < 0x1p-100f) {
            scales[i] = largest >= 0x7f800000 ? __builtin_nanf("") : 0.0f;
            __builtin_memset(code, 128, (unsigned long)depth);
            continue;
        }
        scales[i] = size / 127.0f;
        float factor = 127.0f / size;
        for (int64_t k = 0; k < depth; k++) {
            float number = row[k] * factor;
            number = number > 127.0f ? 127.0f : number;
            number = number < -127.0f ? -127.0f : number;
            // Adding this number rounds to a whole one, half to even, whose last bits it then ends with.
            float shifted = number + 12582912.0f;
            uint32_t bits;
            __builtin_memcpy(&bits, &shifted, 4);
            code[k] = (uint8_t)(bits + 128);
        }
    }
}

// Some rows by some panels. Few sums at once are split into `chains` of each, because a step waits for the one before it.
TARGET static inline __attribute__((always_inline)) void KERNEL(quantized_tile)(
    int tile_rows, int tile_panels, int chains, const uint8_t *codes, int64_t stride, const float *row_scales,
    const int8_t *packed, int64_t panel_size, const int32_t *sums, const float *column_scales, const float *bias,
    int64_t steps, int64_t width, int64_t taken, float *result)
{
    VECTOR sum[ROWS][4][4][VECTORS];
    for (int r = 0; r < tile_rows; r++)
        for (int p = 0; p < tile_panels; p++)
            for (int c = 0; c < chains; c++)
                for (int v = 0; v < VECTORS; v++) sum[r][p][c][v] = c == 0 ? BEGIN(sums + p * 16, v) : ZERO;
    // Rows are filled up to 16 numbers, so that there are always four steps.
    for (int64_t step = 0; step < steps; step += chains)
        for (int c = 0; c < chains; c++)
            for (int p = 0; p < tile_panels; p++)
                for (int r = 0; r < tile_rows; r++) {
                    int32_t four;
                    __builtin_memcpy(&four, codes + r * stride + (step + c) * 4, 4);
                    const int8_t *weights = packed + p * panel_size + (step + c) * 64;
                    for (int v = 0; v < VECTORS; v++) STEP(sum[r][p][c][v], four, weights, v);
                }
    for (int r = 0; r < tile_rows; r++)
        for (int p = 0; p < tile_panels; p++) {
            int32_t total[16];
            for (int v = 0; v < VECTORS; v++) {
                VECTOR whole = sum[r][p][0][v];
                for (int c = 1; c < chains; c++) whole = ADD(whole, sum[r][p][c][v]);
                __builtin_memcpy(total + v * (16 / VECTORS), &whole, sizeof whole);
            }
            int64_t filled = taken - p * 16 < 16 ? taken - p * 16 : 16;
            float *target = result + r * width + p * 16;
            if (filled == 16) {
                for (int j = 0; j < 16; j++)
                    target[j] = (float)total[j] * (row_scales[r] * column_scales[p * 16 + j]) + bias[p * 16 + j];
            } else {
                for (int64_t j = 0; j < filled; j++)
                    target[j] = (float)total[j] * (row_scales[r] * column_scales[p * 16 + j]) + bias[p * 16 + j];
            }
        }
}

TARGET static void KERNEL(quantized_multiply)(
    const uint8_t *codes, const float *row_scales, int64_t count, const int8_t *packed, const int32_t *sums,
    const float *column_scales, const float *bias, int64_t depth, int64_t width, float *result)
{
    int64_t stride = vintage_quantized_stride(depth), panel_size = stride * 16;
    for (int64_t first = 0; first < width;) {
        int64_t left = (width - first + 15) / 16, panels = 1;
        if (count >= ROWS) panels = left >= PANELS ? PANELS : 1;
        else if (left >= 4) panels = 4;
        for (int64_t i = 0; i < count;) {
            int64_t rows = count - i >= ROWS ? ROWS : 1;
#define TILE(rows, panels, chains)                                                                                   \
    KERNEL(quantized_tile)(rows, panels, chains, codes + i * stride, stride, row_scales + i,                         \
        packed + first / 16 * panel_size, panel_size, sums + first, column_scales + first, bias + first, stride / 4, \
        width, width - first, result + i * width + first)
            if (rows > 1 && panels > 1) TILE(ROWS, PANELS, 1);
            else if (rows > 1) TILE(ROWS, 1, 1);
            else if (panels == 4) TILE(1, 4, 2);
            else if (panels > 1) TILE(1, PANELS, 2);
            else TILE(1, 1, 4);
#undef TILE
            i += rows;
        }
        first += panels * 16;
    }
}

#undef KERNEL
#undef TARGET
#undef VECTORS
#undef ROWS
#undef PANELS
#undef VECTOR
#undef ZERO
#undef STEP
#undef BEGIN
#undef ADD
