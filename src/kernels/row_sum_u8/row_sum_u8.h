/* row_sum_u8: y[r] = the sum of the `count` bytes of row r of x, which are x_stride bytes from row
 * to row.  Exact modulo 2^32; reads nothing but these bytes. */
#ifndef IOPT_KERNELS_ROW_SUM_U8_H
#define IOPT_KERNELS_ROW_SUM_U8_H

#include "kernels/kernel.h"

typedef struct IoptRowSumU8Job {
    size_t count;
    ptrdiff_t x_stride;
} IoptRowSumU8Job;

/* Computes y[row_begin] .. y[row_end - 1]. */
typedef void IoptRowSumU8(const IoptRowSumU8Job *job, const uint8_t *x, int32_t *y,
                          size_t row_begin, size_t row_end);

IoptRowSumU8 iopt_row_sum_u8_c, iopt_row_sum_u8_avx2, iopt_row_sum_u8_avx512;
extern const IoptKernel iopt_kernel_row_sum_u8;

#endif
