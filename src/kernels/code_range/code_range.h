/* code_range: the least and the greatest element of each channel.
 *
 *   x, z     rows of `channels` elements, x_stride and z_stride from row to row; z is read by SUM
 *            and PRODUCT alone, a z_stride of 0 repeats a row
 *   SUM,     of u8 codes: (x_first + x * x_step) + (z_first + z * z_step), modulo 2^32, or the
 *   PRODUCT  product of the two (as code_map)
 *   least,   [channels] each, int32 or (of F32) float; of no rows, or of nothing but NaN, the
 *   most     greatest int32 or INFINITY and the least or -INFINITY
 *   exact    the same bits in every variant.  NaN is passed over; a zero is +0
 *   reads    nothing but the named elements
 */
#ifndef IOPT_KERNELS_CODE_RANGE_H
#define IOPT_KERNELS_CODE_RANGE_H

#include "kernels/kernel.h"

typedef enum IoptCodeRangeOf {
    IOPT_CODE_RANGE_U8,
    IOPT_CODE_RANGE_S32,
    IOPT_CODE_RANGE_F32,
    IOPT_CODE_RANGE_SUM,
    IOPT_CODE_RANGE_PRODUCT,
    IOPT_CODE_RANGE_COUNT
} IoptCodeRangeOf;

typedef struct IoptCodeRangeJob {
    IoptCodeRangeOf of;
    size_t channels;
    ptrdiff_t x_stride, z_stride; /* elements */
    int32_t x_first, x_step, z_first, z_step;
} IoptCodeRangeJob;

/* Of the rows [row_begin, row_end). */
typedef void IoptCodeRange(const IoptCodeRangeJob *job, const void *x, const uint8_t *z,
                           size_t row_begin, size_t row_end, void *least, void *most);

IoptCodeRange iopt_code_range_c, iopt_code_range_avx2, iopt_code_range_avx512;
extern const IoptKernel iopt_kernel_code_range;

#endif
