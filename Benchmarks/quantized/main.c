// A perceptron of 256-512-512-1 in 8 bits, by the kernels of Vintage: rows of single precision in, outputs out. Reads the rows of
// one batch after another by size from the command line, and prints the shortest time of a batch, in processor time.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "CKernels.h"

static const int widths[4] = {256, 512, 512, 1};

static double microseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

// Memory at a multiple of 64 bytes.
static void *room(size_t size) { return aligned_alloc(64, (size + 63) / 64 * 64); }

typedef struct {
    int8_t *packed;
    int32_t *sums;
    float *scales, *bias;
} Layer;

static Layer made_up_layer(int depth, int width) {
    int padded = (width + 15) / 16 * 16;
    Layer layer = {
        room((size_t)vintage_quantized_size(depth, width)), room((size_t)padded * 4), room((size_t)padded * 4),
        room((size_t)padded * 4),
    };
    int8_t *weights = room((size_t)(depth * width));
    for (int i = 0; i < depth * width; i++) weights[i] = (int8_t)(rand() % 255 - 127);
    for (int j = 0; j < padded; j++) {
        layer.scales[j] = 0.0005f;
        layer.bias[j] = 0.01f;
    }
    vintage_quantized_pack(weights, depth, width, layer.packed, layer.sums);
    free(weights);
    return layer;
}

int main(int count, char **arguments) {
    Layer layers[3];
    for (int l = 0; l < 3; l++) layers[l] = made_up_layer(widths[l], widths[l + 1]);
    for (int argument = 1; argument < count; argument++) {
        int rows = atoi(arguments[argument]), calls = rows < 16 ? 50 : 1;
        float *input = room((size_t)rows * 256 * 4), *scales = room((size_t)rows * 4);
        float *results[2] = {room((size_t)rows * 512 * 4), room((size_t)rows * 512 * 4)};
        uint8_t *codes = room((size_t)rows * 512);
        for (int i = 0; i < rows * 256; i++) input[i] = (float)(rand() % 2001 - 1000) / 1000;
        double best = 1e18;
        for (int round = 0; round < 300; round++) {
            double start = microseconds();
            for (int call = 0; call < calls; call++) {
                const float *taken = input;
                for (int l = 0; l < 3; l++) {
                    float *result = results[l % 2];
                    vintage_quantize_rows(taken, rows, widths[l], 0, codes, scales);
                    vintage_quantized_multiply(
                        codes, scales, rows, layers[l].packed, layers[l].sums, layers[l].scales, layers[l].bias,
                        widths[l], widths[l + 1], result);
                    if (l < 2) vintage_activate(0, result, (int64_t)rows * widths[l + 1]);
                    taken = result;
                }
            }
            double time = (microseconds() - start) / calls;
            if (time < best) best = time;
        }
        printf("%d %.3f\n", rows, best);
        free(input), free(scales), free(results[0]), free(results[1]), free(codes);
    }
}
