/* dwconv_s8: depthwise convolution of codes, each channel with its own small filter
 *
 *   t[o] = bias[o] + sum over (ky, kx) of x[n, iy, ix, c] * w[ky, kx, c, m]
 *   y[n, oy, ox, o] = end((float)t[o] * scale[o] + residual)            o = c * multiplier + m
 *
 *   x         images of window.in_h x in_w pixels, `channels` codes U8 each, x_stride from pixel to
 *             pixel: a channel slice of a wider image is as good as an image of its own
 *   y         images of window.out_h x out_w pixels, channels * multiplier codes, floats or bare
 *             sums t each, end.stride from pixel to pixel; must not overlap x
 *   padding   is `zeros`, the code of zero: so the zero point is one constant of the bias,
 *             - x_zero * (sum of all w of o), which the caller adds
 *   residual  of the shape of y; may be y itself
 *   end       see IoptS8End
 *   weights   -128 .. 127
 *   exact     t in int32 (mod 2^32), products and sums of floats rounded once each: the same bits
 *             in every variant
 *   speed     multiplier 1; 3, 5 and 7 taps in a row with stride 1 or 2 have code of their own
 */
#ifndef IOPT_KERNELS_DWCONV_S8_H
#define IOPT_KERNELS_DWCONV_S8_H

#include "kernels/kernel.h"
#include "kernels/requant_s8.h"
#include "kernels/window.h"

typedef struct IoptDwconvS8Job {
    IoptWindow window;
    size_t channels, multiplier;
    ptrdiff_t x_stride;   /* bytes from pixel to pixel */
    const uint8_t *zeros; /* `channels` codes of zero, and IOPT_S8_SPARE_BYTES behind them */
    const void *weights;  /* packed by iopt_dwconv_s8_pack for this variant */
    const int32_t *bias;  /* channels * multiplier values, or NULL */
    const float *scale;   /* channels * multiplier values; may be NULL for S32 */
    const void *residual; /* of the shape of y, or NULL; not for S32 */
    IoptS8In residual_in; /* U8, U16; or F32: added as it is, no zero and no scale */
    IoptS8End end;        /* any type; S32 takes only the stride */
} IoptDwconvS8Job;

/* Computes the output rows [row_begin, row_end) of images * out_h; row = n * out_h + oy. */
typedef void IoptDwconvS8(const IoptDwconvS8Job *job, const uint8_t *x, void *y, size_t row_begin,
                          size_t row_end);

IoptDwconvS8 iopt_dwconv_s8_c, iopt_dwconv_s8_avx2, iopt_dwconv_s8_avx512,
    iopt_dwconv_s8_avx512vnni;
extern const IoptKernel iopt_kernel_dwconv_s8;

/* Packed weights, as the variant wants them.  The size is checked by the caller: it is at most
 * 8 * (channels + 15) * multiplier * kernel_h * (kernel_w + 3) bytes.
 *
 *   filter  [kernel_h, kernel_w, channels, multiplier] as TensorFlow has it, at any address
 *   packed  iopt_dwconv_s8_packed_bytes, aligned to IOPT_ALIGN_BYTES
 */
size_t iopt_dwconv_s8_packed_bytes(const IoptVariant *variant, size_t kernel_h, size_t kernel_w,
                                   size_t channels, size_t multiplier);
void iopt_dwconv_s8_pack(const IoptVariant *variant, size_t kernel_h, size_t kernel_w,
                         size_t channels, size_t multiplier, const int8_t *filter, void *packed);

#endif
