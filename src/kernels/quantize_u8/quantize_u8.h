/* quantize_u8: floats to codes, as TensorFlow's FakeQuant does it
 *
 *   v = x[r, c], or its value where x is codes already;  v = v * scale[c];  v = v + shift[c]
 *   y[r, c] = floor((clamp(v, lo, hi) - min) * inv_scale + 0.5)
 *
 * With scale and shift it is also the batch norm and Relu between a wide stream of 16-bit codes (or
 * of floats) and the 8-bit input of a convolution.
 *
 *   x             rows of `channels` values: F32, U8 or U16
 *   y             rows of `channels` codes, U8 or U16; must not overlap x
 *   scale, shift  `channels` values each, or NULL: then there is no product, no sum
 *   lo, hi        the range, min and max after nudging, cut down by an activation (Relu: lo = 0);
 *                 min <= lo <= hi <= max
 *   min           the value of code 0, after nudging
 *   inv_scale     1 / step, with (max - min) * inv_scale + 0.5 below 256 or 65536
 *   NaN           gives the code of lo, like all that lies below (FakeQuant keeps NaN, which
 *                 codes cannot; QuantizeV2 gives 0)
 *   exact         each operation is rounded once: the same bits in every variant
 *   source        TensorFlow op "FakeQuantWithMinMaxVars", without its way back to floats
 */
#ifndef IOPT_KERNELS_QUANTIZE_U8_H
#define IOPT_KERNELS_QUANTIZE_U8_H

#include "kernels/kernel.h"
#include "kernels/requant_s8.h"

typedef struct IoptQuantizeU8Job {
    size_t channels;
    IoptS8In x; /* type may be F32 too, then zero and scale are not used */
    const float *scale, *shift;
    float lo, hi, min, inv_scale;
    IoptS8Out y_type; /* U8 or U16 */
    ptrdiff_t y_stride;
} IoptQuantizeU8Job;

/* Computes the rows [row_begin, row_end). */
typedef void IoptQuantizeU8(const IoptQuantizeU8Job *job, const void *x, void *y, size_t row_begin,
                            size_t row_end);

IoptQuantizeU8 iopt_quantize_u8_c, iopt_quantize_u8_avx2, iopt_quantize_u8_avx512;
extern const IoptKernel iopt_kernel_quantize_u8;

#endif
