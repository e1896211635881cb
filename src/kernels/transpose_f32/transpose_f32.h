/* transpose_f32: y[n, c, r] = x[n, r, c], matrices of 4-byte elements of any type; so NCHW to
 * NHWC (rows C, columns H * W) and back (rows H * W, columns C).
 *
 *   x      matrices of rows x columns values, x_stride from row to row, rows * x_stride from
 *          matrix to matrix
 *   y      matrices of columns x rows values, y_stride from row to row, columns * y_stride from
 *          matrix to matrix; must not overlap x
 *   exact  every bit is moved as it is
 */
#ifndef IOPT_KERNELS_TRANSPOSE_F32_H
#define IOPT_KERNELS_TRANSPOSE_F32_H

#include "kernels/kernel.h"

typedef struct IoptTransposeF32Job {
    size_t rows, columns;         /* of x */
    ptrdiff_t x_stride, y_stride; /* elements from row to row */
} IoptTransposeF32Job;

/* Computes the rows [begin, end) of y, of matrices * columns; row = n * columns + c. */
typedef void IoptTransposeF32(const IoptTransposeF32Job *job, const float *x, float *y,
                              size_t begin, size_t end);

IoptTransposeF32 iopt_transpose_f32_c, iopt_transpose_f32_avx2, iopt_transpose_f32_avx512;
extern const IoptKernel iopt_kernel_transpose_f32;

#endif
