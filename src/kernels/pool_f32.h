/* What maxpool_f32 and avgpool_f32 have in common: a window over images, and where its results go.
 *
 *   x        images of window.in_h x in_w pixels, `channels` values each, x_stride from pixel to
 *            pixel
 *   y        images of window.out_h x out_w pixels, y_stride from pixel to pixel; must not
 *            overlap x
 */
#ifndef IOPT_KERNELS_POOL_F32_H
#define IOPT_KERNELS_POOL_F32_H

#include "kernels/kernel.h"
#include "kernels/window.h"

typedef struct IoptPoolF32Job {
    IoptWindow window;
    size_t channels;
    ptrdiff_t x_stride, y_stride; /* elements from pixel to pixel */
} IoptPoolF32Job;

/* Computes the output rows [row_begin, row_end) of images * out_h; row = n * out_h + oy. */
typedef void IoptPoolF32(const IoptPoolF32Job *job, const float *x, float *y, size_t row_begin,
                         size_t row_end);

#endif
