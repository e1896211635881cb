/* maxpool_f32: the largest value of a window, channel by channel.
 *
 *   x, y     as pool_f32.h says
 *   padding  does not count
 *   exact    the same bits in every variant, of equal values the first.  As in TensorFlow the
 *            search starts at -FLT_MAX: NaN is passed over, and a window of nothing but NaN or
 *            -INFINITY gives -FLT_MAX
 */
#ifndef IOPT_KERNELS_MAXPOOL_F32_H
#define IOPT_KERNELS_MAXPOOL_F32_H

#include "kernels/pool_f32.h"

IoptPoolF32 iopt_maxpool_f32_c, iopt_maxpool_f32_avx2, iopt_maxpool_f32_avx512;
extern const IoptKernel iopt_kernel_maxpool_f32; /* its functions are IoptPoolF32 */

#endif
