/* softmax_f32: y[r, i] = exp(x[r, i] - max) / sum over j of exp(x[r, j] - max), or its logarithm,
 * x[r, i] - max - log(sum); max is the largest of the row.
 *
 *   x, y   rows of n values, x_stride and y_stride from row to row; y may be x
 *   edges  a row with NaN, with +INFINITY or of nothing but -INFINITY gives NaN throughout
 *   error  2e-6 of the exact value + 1e-6, of the logarithm 2e-6 of |x - max| + 2e-6
 */
#ifndef IOPT_KERNELS_SOFTMAX_F32_H
#define IOPT_KERNELS_SOFTMAX_F32_H

#include <stdbool.h>

#include "kernels/kernel.h"

typedef struct IoptSoftmaxF32Job {
    bool log; /* the logarithm of the softmax */
    size_t n;
    ptrdiff_t x_stride, y_stride; /* elements from row to row */
} IoptSoftmaxF32Job;

/* Computes the rows [row_begin, row_end). */
typedef void IoptSoftmaxF32(const IoptSoftmaxF32Job *job, const float *x, float *y,
                            size_t row_begin, size_t row_end);

IoptSoftmaxF32 iopt_softmax_f32_c, iopt_softmax_f32_avx2, iopt_softmax_f32_avx512;
extern const IoptKernel iopt_kernel_softmax_f32;

#endif
