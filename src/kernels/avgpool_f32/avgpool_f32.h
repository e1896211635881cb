/* avgpool_f32: the mean of a window, channel by channel.
 *
 *   x, y     as pool_f32.h says
 *   padding  does not count: the divisor is the number of pixels that lie in the image, as in
 *            TensorFlow; a window without any gives NaN
 *   error    (pixels + 1) * 2^-24 of the mean of |x|; the order of the sum is fixed, so the bits
 *            do not depend on how the rows are split
 */
#ifndef IOPT_KERNELS_AVGPOOL_F32_H
#define IOPT_KERNELS_AVGPOOL_F32_H

#include "kernels/pool_f32.h"

IoptPoolF32 iopt_avgpool_f32_c, iopt_avgpool_f32_avx2, iopt_avgpool_f32_avx512;
extern const IoptKernel iopt_kernel_avgpool_f32; /* its functions are IoptPoolF32 */

#endif
