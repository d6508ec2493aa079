// The inner loops of the search for nearest vectors. As all kernels, they give the same bits on every processor.
#ifndef VINTAGE_NEAREST_KERNELS_H
#define VINTAGE_NEAREST_KERNELS_H

#include <stdbool.h>
#include <stdint.h>

// products[i] = the sum over k of query[k] * rows[i * dimension + k]. Lane j of four vectors of sixteen takes the k that are
// j more than a multiple of 64; the lanes are added pair by pair at the end.
void vintage_dot_products(const float *query, const float *rows, int64_t count, int64_t dimension, float *products);

// sums[i] = the sum over k of the square of rows[i * dimension + k], in the order of vintage_dot_products.
void vintage_square_sums(const float *rows, int64_t count, int64_t dimension, float *sums);

// distances[i] = the sum over k of the square of query[k] - rows[i * dimension + k], in the order of vintage_dot_products.
void vintage_square_distances(
    const float *query, const float *rows, int64_t count, int64_t dimension, float *distances);

// Of products of rows with queries, those whose score is above the query's threshold:
//   score = products[i * stride + j] * (factors ? factors[i] : 1) - (offsets ? offsets[i] : 0)
// is above thresholds[j]. Writes i, j and the score of each, in the order of rows, and returns how many there are; there must
// be room for rows * width of them.
int64_t vintage_scores_above(
    const float *products, int64_t rows, int64_t stride, int64_t width, const float *factors, const float *offsets,
    const float *thresholds, int32_t *found_rows, int32_t *found_queries, float *found_scores);

#endif
