/* avgpool_f32: the mean of a window, channel by channel.
 *
 *   x        images of window.in_h x in_w pixels, `channels` values each, x_stride from pixel to
 *            pixel
 *   y        images of window.out_h x out_w pixels, y_stride from pixel to pixel; must not
 *            overlap x
 *   padding  does not count: the divisor is the number of pixels that lie in the image, as in
 *            TensorFlow; a window without any gives NaN
 *   error    (pixels + 1) * 2^-24 of the mean of |x|; the order of the sum is fixed, so the bits
 *            do not depend on how the rows are split
 */
#ifndef IOPT_KERNELS_AVGPOOL_F32_H
#define IOPT_KERNELS_AVGPOOL_F32_H

#include "kernels/kernel.h"
#include "kernels/window.h"

typedef struct IoptAvgpoolF32Job {
    IoptWindow window;
    size_t channels;
    ptrdiff_t x_stride, y_stride; /* elements from pixel to pixel */
} IoptAvgpoolF32Job;

/* Computes the output rows [row_begin, row_end) of images * out_h; row = n * out_h + oy. */
typedef void IoptAvgpoolF32(const IoptAvgpoolF32Job *job, const float *x, float *y,
                            size_t row_begin, size_t row_end);

IoptAvgpoolF32 iopt_avgpool_f32_c, iopt_avgpool_f32_avx2, iopt_avgpool_f32_avx512;
extern const IoptKernel iopt_kernel_avgpool_f32;

#endif
