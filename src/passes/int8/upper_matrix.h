/* Upper triangles of symmetric matrices in floats: sums of products, Cholesky, triangle by matrix.
 *
 *   storage   element (i, j), j >= i, at h[i * stride + j]; what lies below the diagonal is written
 *             over and means nothing
 *   method    blocks of rows; all that is cubic goes through gemm_f32
 *   exact     float sums; the bits depend on the CPU's variant of gemm_f32, not on threads
 */
#ifndef IOPT_PASSES_INT8_UPPER_MATRIX_H
#define IOPT_PASSES_INT8_UPPER_MATRIX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/* h += sign * X'X, n by n; X has `count` rows of n floats, `x_stride` apart.  X and h may be parts
 * of one matrix that do not overlap. */
IoptStatus iopt_upper_add_products(float *h, size_t n, size_t stride, const float *x, size_t count,
                                   size_t x_stride, float sign, IoptError *err);

/* h becomes R with R'R = h; *positive is false, and h useless, if it is not positive definite. */
IoptStatus iopt_upper_cholesky(float *h, size_t n, bool *positive, IoptError *err);

/* out [end - begin][columns] = rows begin .. end-1 of R, from column `end` on, times rows end ..
 * n-1 of E [n][columns]: what those behind a block of rows contribute to it.
 *   packed   scratch, iopt_upper_scratch_bytes, aligned */
void iopt_upper_times_rest(const float *r, size_t n, size_t begin, size_t end, const float *e,
                           size_t columns, float *packed, float *out);

size_t iopt_upper_scratch_bytes(size_t n, size_t columns);

/* y += a * x */
static inline void iopt_add_scaled(float *restrict y, const float *restrict x, float a, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] += a * x[i];
}

#endif
