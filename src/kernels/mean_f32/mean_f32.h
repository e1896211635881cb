/* mean_f32: the mean over the middle axis, y[n, c] = mean over i of x[n, i, c]; so global average
 * pooling, and Mean over height and width.
 *
 *   x      [images, pixels, channels], x_stride from pixel to pixel
 *   y      [images, channels], y_stride from image to image; must not overlap x
 *   pixels 0 gives NaN
 *   error  (128 + pixels / 64) * 2^-24 of the mean of |x|: blocks of 64 pixels are summed, then
 *          the blocks.  The order is fixed, so the bits do not depend on how the outputs are split
 */
#ifndef IOPT_KERNELS_MEAN_F32_H
#define IOPT_KERNELS_MEAN_F32_H

#include "kernels/kernel.h"

typedef struct IoptMeanF32Job {
    size_t pixels, channels;
    ptrdiff_t x_stride, y_stride; /* elements */
} IoptMeanF32Job;

/* Computes the outputs [begin, end) of images * channels; output = n * channels + c. */
typedef void IoptMeanF32(const IoptMeanF32Job *job, const float *x, float *y, size_t begin,
                         size_t end);

IoptMeanF32 iopt_mean_f32_c, iopt_mean_f32_avx2, iopt_mean_f32_avx512;
extern const IoptKernel iopt_kernel_mean_f32;

#endif
