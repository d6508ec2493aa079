#include "CKernels.h"

// A product and a sum are rounded once only where a loop says so, or results would depend on the processor.
#pragma STDC FP_CONTRACT OFF
// Vectors never leave a function that is not inlined.
#pragma clang diagnostic ignored "-Wpsabi"

typedef float vector __attribute__((vector_size(64)));
typedef int32_t int_vector __attribute__((vector_size(64)));
// As it lies in a buffer, at any multiple of a float.
typedef float loose_vector __attribute__((vector_size(64), aligned(4), may_alias));

#define KERNEL(name) portable_##name
#define TARGET
#include "NearestLoops.h"

#if defined(__x86_64__)
#define KERNEL(name) avx2_##name
#define TARGET __attribute__((target("avx2,fma")))
#include "NearestLoops.h"

#define KERNEL(name) avx512_##name
#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma")))
#include "NearestLoops.h"

// The loop for the processor at hand.
#define CALL(name, ...)                                                                                              \
    do {                                                                                                             \
        int level = vintage_kernel_level();                                                                          \
        if (level == 2) avx512_##name(__VA_ARGS__);                                                                  \
        else if (level == 1) avx2_##name(__VA_ARGS__);                                                               \
        else portable_##name(__VA_ARGS__);                                                                           \
    } while (0)
#else
#define CALL(name, ...) portable_##name(__VA_ARGS__)
#endif

void vintage_dot_products(const float *query, const float *rows, int64_t count, int64_t dimension, float *products) {
    CALL(dot_products, query, rows, count, dimension, products);
}

void vintage_square_sums(const float *rows, int64_t count, int64_t dimension, float *sums) {
    CALL(square_sums, rows, count, dimension, sums);
}

void vintage_square_distances(
    const float *query, const float *rows, int64_t count, int64_t dimension, float *distances)
{
    CALL(square_distances, query, rows, count, dimension, distances);
}

int64_t vintage_scores_above(
    const float *products, int64_t rows, int64_t stride, int64_t width, const float *factors, const float *offsets,
    const float *thresholds, int32_t *found_rows, int32_t *found_queries, float *found_scores)
{
    int64_t found = 0;
    if (width == 1 && stride == 1)
        CALL(row_scores_above, products, rows, factors, offsets, thresholds[0], found_rows, found_queries, found_scores,
             &found);
    else
        CALL(scores_above, products, rows, stride, width, factors, offsets, thresholds, found_rows, found_queries,
             found_scores, &found);
    return found;
}
