/* scale_shift_f32: y[r, c] = clamp(x[r, c] * scale[c] + shift[c], lo, hi)
 *
 * One pass for what is left of a batch norm, for BiasAdd, Relu, Relu6 and clipping.
 *
 *   x, y          rows of `channels` values, x_stride and y_stride from row to row; y may be x
 *   scale, shift  `channels` values each, or NULL: then there is no product, no sum
 *   clamp         NaN stays NaN; -INFINITY and INFINITY for none
 *   error         2^-23 of |x * scale| + |shift|; without scale or without shift the result is
 *                 the same bits in every variant
 */
#ifndef IOPT_KERNELS_SCALE_SHIFT_F32_H
#define IOPT_KERNELS_SCALE_SHIFT_F32_H

#include "kernels/kernel.h"

typedef struct IoptScaleShiftF32Job {
    size_t channels;
    ptrdiff_t x_stride, y_stride; /* elements from row to row */
    const float *scale, *shift;
    float lo, hi;
} IoptScaleShiftF32Job;

/* Computes the rows [row_begin, row_end). */
typedef void IoptScaleShiftF32(const IoptScaleShiftF32Job *job, const float *x, float *y,
                               size_t row_begin, size_t row_end);

IoptScaleShiftF32 iopt_scale_shift_f32_c, iopt_scale_shift_f32_avx2, iopt_scale_shift_f32_avx512;
extern const IoptKernel iopt_kernel_scale_shift_f32;

#endif
