/* dwconv_f32: depthwise convolution, each channel with its own small filter.
 *
 *   y[n, oy, ox, c * multiplier + m] = clamp(bias + sum over (ky, kx) of
 *                                            x[n, iy, ix, c] * w[ky, kx, c, m], lo, hi)
 *
 *   x        images of window.in_h x in_w pixels, `channels` values each, x_stride from pixel to
 *            pixel: a channel slice of a wider image is as good as an image of its own
 *   y        images of window.out_h x out_w pixels, channels * multiplier values each, y_stride
 *            from pixel to pixel; must not overlap x
 *   padding  counts as zero; nothing outside of the image is read
 *   clamp    NaN stays NaN; -INFINITY and INFINITY for none
 *   speed    multiplier 1; 3x3, 5x5 and 7x7 with stride 1 or 2 have code of their own
 *   error    (taps + 1) * 2^-24 of |bias| + the sum of |x * w|; taps are added in one order, so
 *            the bits do not depend on how the rows are split
 */
#ifndef IOPT_KERNELS_DWCONV_F32_H
#define IOPT_KERNELS_DWCONV_F32_H

#include "kernels/kernel.h"
#include "kernels/window.h"

enum { IOPT_DWCONV_F32_BLOCK = 16 }; /* channels that are packed together */

typedef struct IoptDwconvF32Job {
    IoptWindow window;
    size_t channels, multiplier;
    ptrdiff_t x_stride, y_stride; /* elements from pixel to pixel */
    const float *weights;         /* packed by iopt_dwconv_f32_pack */
    const float *bias;            /* channels * multiplier values, or NULL */
    float lo, hi;
} IoptDwconvF32Job;

/* Computes the output rows [row_begin, row_end) of images * out_h; row = n * out_h + oy. */
typedef void IoptDwconvF32(const IoptDwconvF32Job *job, const float *x, float *y, size_t row_begin,
                           size_t row_end);

IoptDwconvF32 iopt_dwconv_f32_c, iopt_dwconv_f32_avx2, iopt_dwconv_f32_avx512;
extern const IoptKernel iopt_kernel_dwconv_f32;

/* Packed weights, the same for every variant: blocks of 16 output channels, each [taps][16], the
 * last one filled up with zeros.  The size is checked by the caller: it is below that of the
 * filter plus 15 * taps values.
 *
 *   taps, channels  kernel_h * kernel_w, and channels * multiplier
 *   filter          [kernel_h, kernel_w, channels, multiplier] as TensorFlow has it, at any
 *                   address (it may lie unaligned in a mapped file)
 *   packed          iopt_dwconv_f32_packed_elems values, aligned to IOPT_ALIGN_BYTES
 */
size_t iopt_dwconv_f32_packed_elems(size_t taps, size_t channels);
void iopt_dwconv_f32_pack(size_t taps, size_t channels, const void *filter, float *packed);

#endif
