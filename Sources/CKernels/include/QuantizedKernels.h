// A dense layer whose weights are whole numbers of 8 bits. As all kernels, it gives the same bits on every processor: sums of
// whole numbers are exact, and what is made of them is rounded in one order.
#ifndef VINTAGE_QUANTIZED_KERNELS_H
#define VINTAGE_QUANTIZED_KERNELS_H

#include <stdint.h>

// How many inputs a layer has at most, so that no sum leaves 32 bits.
#define VINTAGE_QUANTIZED_DEPTH (1 << 17)

// How many bytes a row of `depth` numbers takes: `depth`, rounded up to 16.
int64_t vintage_quantized_stride(int64_t depth);

// How many bytes packed weights take: panels of 16 columns, the last filled up, and in each four rows at a time.
int64_t vintage_quantized_size(int64_t depth, int64_t width);

// Packs weights [depth, width], each from -127 to 127, filled up with zeros. sums[j] becomes -128 times the sum of column j;
// it has the width rounded up to 16.
void vintage_quantized_pack(const int8_t *weights, int64_t depth, int64_t width, int8_t *packed, int32_t *sums);

// Rows of single precision to whole numbers from -127 to 127, each plus 128, and the scale of each row: `range` divided by
// 127, beyond which numbers become the largest; or, where `range` is 0, the row's own largest size divided by 127. A row whose sizes are all below 2^-100 has the scale 0; one with a number that is not finite has a
// scale that is none, so that it shows in what is made of it. codes has a stride a row, filled up with 128.
void vintage_quantize_rows(
    const float *rows, int64_t count, int64_t depth, float range, uint8_t *codes, float *scales);

// result[i, j] = sum over k of (codes[i, k] - 128) * weights[k, j], as a number of single precision, times (row_scales[i] *
// column_scales[j]), plus bias[j]. result is count x width.
void vintage_quantized_multiply(
    const uint8_t *codes, const float *row_scales, int64_t count, const int8_t *packed, const int32_t *sums,
    const float *column_scales, const float *bias, int64_t depth, int64_t width, float *result);

#endif
