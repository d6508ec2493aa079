// The inner loops of learning, over contiguous buffers of single-precision numbers.
//
// Each loop is there for AVX-512, for AVX2 with FMA, and for any processor. All three give the same bits: a result is
// always made by the same operations in the same order, with one rounding for a product and its sum, and wider vectors
// only make more results at once.
#ifndef VINTAGE_CKERNELS_H
#define VINTAGE_CKERNELS_H

#include <stdbool.h>
#include <stdint.h>

#include "NearestKernels.h"
#include "QuantizedKernels.h"
#include "TreeKernels.h"

// Which instructions are used: 0 any processor's, 1 AVX2, 2 AVX-512. By default the best that there are.
int vintage_kernel_level(void);

// Uses other instructions, for tests; more than the processor has are not taken. Not while kernels run.
void vintage_set_kernel_level(int level);

// How many columns a packed panel has at most, for these instructions.
int64_t vintage_panel_width(void);

// The number of floats that a packed panel of `width` columns and `depth` rows takes.
int64_t vintage_panel_size(int64_t depth, int64_t width);

// Copies the columns of a matrix into a panel that is read from one end to the other: depth x (width rounded up to 16),
// filled up with zeros. Element (k, j) is matrix[k * row_stride + j * column_stride].
void vintage_pack(
    const float *matrix, int64_t row_stride, int64_t column_stride, int64_t depth, int64_t width, float *panel);

// result[i, j] = (adds ? result[i, j] : bias ? bias[j] : 0) + sum over k of left[i, k] * panel[k, j], summed in the
// order of k from zero. left(i, k) is left[i * row_stride + k * step]; result is rows x width, a row every
// result_stride floats.
void vintage_multiply(
    const float *left, int64_t row_stride, int64_t step, int64_t rows, const float *panel, int64_t depth,
    int64_t width, float *result, int64_t result_stride, const float *bias, bool adds);

// sums[j] = sum over rows of values[i, j], in the order of rows; a row every stride floats.
void vintage_column_sums(const float *values, int64_t rows, int64_t columns, int64_t stride, float *sums);

// Activations, in place: 0 max(x, 0), 1 tanh, 2 the logistic function.
void vintage_activate(int kind, float *values, int64_t count);

// gradient *= the activation's derivative, told by its result.
void vintage_activation_gradient(int kind, const float *results, float *gradient, int64_t count);

// exp of each value, in place. Values above 88 become the largest that there are, below -87 they become 0.
void vintage_exp(float *values, int64_t count);

// One step of Adam with decoupled weight decay (Loshchilov and Hutter, 2019):
//   m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g g;  w -= rate (m / correction1 / (sqrt(v / correction2) + epsilon) +
//   decay w)
typedef struct {
    float rate, beta1, beta2, epsilon, decay, inverse_correction1, inverse_correction2;
} VintageAdamStep;
void vintage_adam(
    VintageAdamStep step, const float *gradient, float *first, float *second, float *weights, int64_t count);

// One step of gradient descent with momentum: m = momentum m + g;  w -= rate (m + decay w).
void vintage_descend(
    float rate, float momentum, float decay, const float *gradient, float *velocity, float *weights, int64_t count);

#endif
