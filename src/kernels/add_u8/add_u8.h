/* add_u8: the sum of two tensors of codes
 *
 *   y[r, c] = end((float)(a[r, c] - a.zero) * a.scale + (float)(b[r, c] - b.zero) * b.scale)
 *
 *   a, b     rows of `channels` codes, U8 or U16 each; for a result of codes their scales are
 *            divided by its scale
 *   y        rows of `channels` codes or floats (end: see IoptS8End; Relu is in lo); may be a or b
 *            itself if type and stride are the same
 *   exact    two products and one sum, each rounded once: the same bits in every variant
 */
#ifndef IOPT_KERNELS_ADD_U8_H
#define IOPT_KERNELS_ADD_U8_H

#include "kernels/kernel.h"
#include "kernels/requant_s8.h"

typedef struct IoptAddU8Job {
    size_t channels;
    IoptS8In a, b;
    IoptS8End y;
} IoptAddU8Job;

/* Computes the rows [row_begin, row_end). */
typedef void IoptAddU8(const IoptAddU8Job *job, const void *a, const void *b, void *y,
                       size_t row_begin, size_t row_end);

IoptAddU8 iopt_add_u8_c, iopt_add_u8_avx2, iopt_add_u8_avx512;
extern const IoptKernel iopt_kernel_add_u8;

#endif
