/* requant_u8: codes to codes of another range, or to floats
 *
 *   y[r, c] = end((float)(x[r, c] - x.zero) * x.scale)        end: see IoptS8End
 *
 * One kernel for three jobs: a slice of a concatenation that has another range (x.scale is the
 * quotient of the scales), Dequantize (y is F32), and Relu or Relu6 that keeps its range (x.scale 1
 * and equal zeros leave every code as it is, so only the clamp is left).
 *
 *   x        rows of `channels` codes, U8 or U16
 *   y        rows of `channels` codes or floats; may be x itself if type and stride are the same
 *   exact    the same bits in every variant
 */
#ifndef IOPT_KERNELS_REQUANT_U8_H
#define IOPT_KERNELS_REQUANT_U8_H

#include "kernels/kernel.h"
#include "kernels/requant_s8.h"

typedef struct IoptRequantU8Job {
    size_t channels;
    IoptS8In x;
    IoptS8End y;
} IoptRequantU8Job;

/* Computes the rows [row_begin, row_end). */
typedef void IoptRequantU8(const IoptRequantU8Job *job, const void *x, void *y, size_t row_begin,
                           size_t row_end);

IoptRequantU8 iopt_requant_u8_c, iopt_requant_u8_avx2, iopt_requant_u8_avx512;
extern const IoptKernel iopt_kernel_requant_u8;

#endif
