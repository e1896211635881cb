/* fakequant: floats rounded to the steps of a range, and floats again
 *
 *   c = clamp(x[r, c], lo, hi)     NaN stays NaN; lo <= hi
 *   MULTIPLY   y = floor((c - lo) * scale + 0.5) * step + lo       FakeQuantWithMinMaxArgs
 *   DIVIDE     y = floor((c - lo) / step + 0.5) * step + lo        FakeQuantWithMinMaxVars
 *   EVEN       y = even(c * scale) * step                          QuantizeAndDequantize
 *   UP         y = floor(c * scale + 0.5) * step
 *
 *   x, y   rows of `channels` floats, x_stride and y_stride from row to row; y may be x
 *   lo, hi, scale, step    one value each, or (per_channel) `channels`
 *   even   to the nearest integer, ties to even; what rounds to 0 from below gives +0
 *   exact  each operation is rounded once: the same bits in every variant
 *   source TensorFlow ops of these names
 */
#ifndef IOPT_KERNELS_FAKEQUANT_H
#define IOPT_KERNELS_FAKEQUANT_H

#include <stdbool.h>

#include "kernels/kernel.h"

typedef enum IoptFakeQuantOp {
    IOPT_FAKE_QUANT_MULTIPLY,
    IOPT_FAKE_QUANT_DIVIDE,
    IOPT_FAKE_QUANT_EVEN,
    IOPT_FAKE_QUANT_UP,
    IOPT_FAKE_QUANT_COUNT
} IoptFakeQuantOp;

typedef struct IoptFakeQuantJob {
    IoptFakeQuantOp op;
    bool per_channel;
    size_t channels;
    ptrdiff_t x_stride, y_stride; /* elements */
    const float *lo, *hi, *scale, *step;
} IoptFakeQuantJob;

/* Computes the rows [row_begin, row_end). */
typedef void IoptFakeQuant(const IoptFakeQuantJob *job, const float *x, float *y, size_t row_begin,
                           size_t row_end);

IoptFakeQuant iopt_fakequant_c, iopt_fakequant_avx2, iopt_fakequant_avx512;
extern const IoptKernel iopt_kernel_fakequant;

#endif
