/* maxpool_f32: the largest value of a window, channel by channel.
 *
 *   x        images of window.in_h x in_w pixels, `channels` values each, x_stride from pixel to
 *            pixel
 *   y        images of window.out_h x out_w pixels, y_stride from pixel to pixel; must not
 *            overlap x
 *   padding  does not count
 *   exact    the same bits in every variant, of equal values the first.  As in TensorFlow the
 *            search starts at -FLT_MAX: NaN is passed over, and a window of nothing but NaN or
 *            -INFINITY gives -FLT_MAX
 */
#ifndef IOPT_KERNELS_MAXPOOL_F32_H
#define IOPT_KERNELS_MAXPOOL_F32_H

#include "kernels/kernel.h"
#include "kernels/window.h"

typedef struct IoptMaxpoolF32Job {
    IoptWindow window;
    size_t channels;
    ptrdiff_t x_stride, y_stride; /* elements from pixel to pixel */
} IoptMaxpoolF32Job;

/* Computes the output rows [row_begin, row_end) of images * out_h; row = n * out_h + oy. */
typedef void IoptMaxpoolF32(const IoptMaxpoolF32Job *job, const float *x, float *y,
                            size_t row_begin, size_t row_end);

IoptMaxpoolF32 iopt_maxpool_f32_c, iopt_maxpool_f32_avx2, iopt_maxpool_f32_avx512;
extern const IoptKernel iopt_kernel_maxpool_f32;

#endif
