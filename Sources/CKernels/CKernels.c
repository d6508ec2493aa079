#include "CKernels.h"

// A product and a sum are rounded once only where a loop says so, or results would depend on the processor.
#pragma STDC FP_CONTRACT OFF
// Vectors never leave a function that is not inlined.
#pragma clang diagnostic ignored "-Wpsabi"

typedef float vector __attribute__((vector_size(64)));
typedef int32_t int_vector __attribute__((vector_size(64)));
// As it lies in a buffer, at any multiple of a float.
typedef float loose_vector __attribute__((vector_size(64), aligned(4), may_alias));

// The first vector's lanes where a comparison holds, the second's elsewhere.
#define SELECT(mask, yes, no) ((vector)(((mask) & (int_vector)(yes)) | (~(mask) & (int_vector)(no))))

#define KERNEL(name) portable_##name
#define TARGET
#define TILE_ROWS 6
#include "KernelLoops.h"

#if defined(__x86_64__)
#define KERNEL(name) avx2_##name
#define TARGET __attribute__((target("avx2,fma")))
#define TILE_ROWS 6
#include "KernelLoops.h"

#define KERNEL(name) avx512_##name
#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma")))
#define TILE_ROWS 6
#include "KernelLoops.h"

static int best_level(void) {
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")
        && __builtin_cpu_supports("avx512vl"))
        return 2;
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? 1 : 0;
}
// The loop for the processor at hand.
#define CALL(name, ...)                                                                                              \
    do {                                                                                                             \
        int level = vintage_kernel_level();                                                                          \
        if (level == 2) avx512_##name(__VA_ARGS__);                                                                  \
        else if (level == 1) avx2_##name(__VA_ARGS__);                                                               \
        else portable_##name(__VA_ARGS__);                                                                           \
    } while (0)
#else
static int best_level(void) { return 0; }
#define CALL(name, ...) portable_##name(__VA_ARGS__)
#endif

// One more than the level, 0 until it is known. Threads that find it out at once find the same.
static int known_level;

int vintage_kernel_level(void) {
    int known = __atomic_load_n(&known_level, __ATOMIC_RELAXED);
    if (known == 0) {
        known = best_level() + 1;
        __atomic_store_n(&known_level, known, __ATOMIC_RELAXED);
    }
    return known - 1;
}

void vintage_set_kernel_level(int level) {
    int best = best_level();
    __atomic_store_n(&known_level, (level < 0 ? 0 : level > best ? best : level) + 1, __ATOMIC_RELAXED);
}

// As wide as six rows of sums fit into the registers.
int64_t vintage_panel_width(void) { return vintage_kernel_level() == 2 ? 64 : 16; }

int64_t vintage_panel_size(int64_t depth, int64_t width) { return depth * ((width + 15) / 16 * 16); }

void vintage_pack(
    const float *matrix, int64_t row_stride, int64_t column_stride, int64_t depth, int64_t width, float *panel)
{
    int64_t padded = (width + 15) / 16 * 16;
    if (column_stride == 1) {
        for (int64_t k = 0; k < depth; k++) {
            float *target = panel + k * padded;
            __builtin_memcpy(target, matrix + k * row_stride, (unsigned long)width * 4);
            for (int64_t j = width; j < padded; j++) target[j] = 0;
        }
        return;
    }
    // Sixteen rows at a time, so that what is read of a column lies in one line of the cache.
    for (int64_t first = 0; first < depth; first += 16) {
        int64_t end = first + 16 < depth ? first + 16 : depth;
        for (int64_t j = 0; j < padded; j++)
            for (int64_t k = first; k < end; k++)
                panel[k * padded + j] = j < width ? matrix[k * row_stride + j * column_stride] : 0;
    }
}

void vintage_multiply(
    const float *left, int64_t row_stride, int64_t step, int64_t rows, const float *panel, int64_t depth,
    int64_t width, float *result, int64_t result_stride, const float *bias, bool adds)
{
    CALL(multiply, left, row_stride, step, rows, panel, depth, width, result, result_stride, bias, adds);
}

void vintage_column_sums(const float *values, int64_t rows, int64_t columns, int64_t stride, float *sums) {
    CALL(column_sums, values, rows, columns, stride, sums);
}

void vintage_activate(int kind, float *values, int64_t count) { CALL(activate, kind, values, count); }

void vintage_activation_gradient(int kind, const float *results, float *gradient, int64_t count) {
    CALL(activation_gradient, kind, results, gradient, count);
}

void vintage_exp(float *values, int64_t count) { CALL(exp, values, count); }

void vintage_adam(
    VintageAdamStep step, const float *gradient, float *first, float *second, float *weights, int64_t count)
{
    CALL(adam, step, gradient, first, second, weights, count);
}

void vintage_descend(
    float rate, float momentum, float decay, const float *gradient, float *velocity, float *weights, int64_t count)
{
    CALL(descend, rate, momentum, decay, gradient, velocity, weights, count);
}
