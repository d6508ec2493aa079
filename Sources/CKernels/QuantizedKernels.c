#include "QuantizedKernels.h"

#include "CKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// A product and a sum are rounded twice everywhere.
#pragma STDC FP_CONTRACT OFF
#pragma clang diagnostic ignored "-Wpsabi"

int64_t vintage_quantized_stride(int64_t depth) { return (depth + 15) / 16 * 16; }

int64_t vintage_quantized_size(int64_t depth, int64_t width) {
    return vintage_quantized_stride(depth) * ((width + 15) / 16 * 16);
}

void vintage_quantized_pack(const int8_t *weights, int64_t depth, int64_t width, int8_t *packed, int32_t *sums) {
    int64_t padded = (width + 15) / 16 * 16, stride = vintage_quantized_stride(depth);
    for (int64_t j = 0; j < padded; j++) {
        int32_t sum = 0;
        int8_t *panel = packed + j / 16 * (stride * 16) + j % 16 * 4;
        for (int64_t k = 0; k < stride; k++) {
            int8_t weight = j < width && k < depth ? weights[k * width + j] : 0;
            panel[k / 4 * 64 + k % 4] = weight;
            sum += weight;
        }
        // As 32 bits wrap round: what is added to it does too, and their sum fits.
        sums[j] = (int32_t)(0u - 128u * (uint32_t)sum);
    }
}

// Any processor: one column at a time.
#define KERNEL(name) portable_##name
#define TARGET
#define VECTORS 16
#define ROWS 4
#define PANELS 1
#define VECTOR int32_t
#define ZERO 0
#define BEGIN(sums, v) 0
#define ADD(a, b) ((a) + (b))
static inline int32_t portable_step(int32_t four, const int8_t *weights) {
    int32_t sum = 0;
    for (int t = 0; t < 4; t++) {
        uint8_t code;
        __builtin_memcpy(&code, (const char *)&four + t, 1);
        sum += ((int32_t)code - 128) * weights[t];
    }
    return sum;
}
#define STEP(sum, four, weights, v) (sum) += portable_step(four, (weights) + (v) * 4)
#include "QuantizedLoops.h"

#if defined(__x86_64__)
// AVX2: sizes times weights with the numbers' signs. Two products of 127 by 127 fit 16 bits.
#define KERNEL(name) avx2_##name
#define TARGET __attribute__((target("avx2,fma")))
#define VECTORS 2
#define ROWS 4
#define PANELS 4
#define VECTOR __m256i
#define ZERO _mm256_setzero_si256()
#define BEGIN(sums, v) ZERO
#define ADD(a, b) _mm256_add_epi32(a, b)
__attribute__((target("avx2,fma"), always_inline)) static inline __m256i avx2_step(
    __m256i sum, int32_t four, const int8_t *weights)
{
    __m256i numbers = _mm256_set1_epi32((int32_t)((uint32_t)four ^ 0x80808080u));
    __m256i signed_weights = _mm256_sign_epi8(_mm256_loadu_si256((const __m256i *)weights), numbers);
    __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(numbers), signed_weights);
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}
#define STEP(sum, four, weights, v) (sum) = avx2_step(sum, four, (weights) + (v) * 32)
#include "QuantizedLoops.h"

// AVX-512 with VNNI: the numbers are 128 too large, which the sums begin without.
#define KERNEL(name) vnni_##name
#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,fma")))
#define VECTORS 1
#define ROWS 8
#define PANELS 2
#define VECTOR __m512i
#define ZERO _mm512_setzero_si512()
#define BEGIN(sums, v) _mm512_loadu_si512(sums)
#define ADD(a, b) _mm512_add_epi32(a, b)
#define STEP(sum, four, weights, v) (sum) = _mm512_dpbusd_epi32(sum, _mm512_set1_epi32(four), _mm512_loadu_si512(weights))
#include "QuantizedLoops.h"

#define CALL(name, ...)                                                                                              \
    do {                                                                                                             \
        int level = vintage_kernel_level();                                                                          \
        if (level == 2 && __builtin_cpu_supports("avx512vnni")) vnni_##name(__VA_ARGS__);                            \
        else if (level >= 1) avx2_##name(__VA_ARGS__);                                                               \
        else portable_##name(__VA_ARGS__);                                                                           \
    } while (0)
#else
#define CALL(name, ...) portable_##name(__VA_ARGS__)
#endif

void vintage_quantize_rows(
    const float *rows, int64_t count, int64_t depth, float range, uint8_t *codes, float *scales)
{
    CALL(quantize_rows, rows, count, depth, range, codes, scales);
}

void vintage_quantized_multiply(
    const uint8_t *codes, const float *row_scales, int64_t count, const int8_t *packed, const int32_t *sums,
    const float *column_scales, const float *bias, int64_t depth, int64_t width, float *result)
{
    CALL(quantized_multiply, codes, row_scales, count, packed, sums, column_scales, bias, depth, width, result);
}
