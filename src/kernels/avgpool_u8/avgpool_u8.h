/* avgpool_u8: the mean of a window of codes, channel by channel
 *
 *   y = end((float)sum * m)     sum of (code - x_zero) in int32, m = (float)(scale / pixels)
 *
 *   x        images of window.in_h x in_w pixels, `channels` codes each, x_stride from pixel to
 *            pixel; U8 with windows of at most 2^23 pixels, U16 of at most 2^15
 *   y        images of window.out_h x out_w pixels, codes or floats (end: see IoptS8End), y.stride
 *            from pixel to pixel; must not overlap x
 *   scale    that of x, divided by that of y if y is codes; in double
 *   padding  does not count: `pixels` are those of the window that lie in the image, as in
 *            TensorFlow; a window without any gives end(0)
 *   exact    the same bits in every variant
 */
#ifndef IOPT_KERNELS_AVGPOOL_U8_H
#define IOPT_KERNELS_AVGPOOL_U8_H

#include "kernels/kernel.h"
#include "kernels/requant_s8.h"
#include "kernels/window.h"

typedef struct IoptAvgpoolU8Job {
    IoptWindow window;
    size_t channels;
    IoptS8Out x_type; /* U8 or U16 */
    ptrdiff_t x_stride;
    int32_t x_zero;
    double scale;
    IoptS8End y;
} IoptAvgpoolU8Job;

/* Computes the output rows [row_begin, row_end) of images * out_h; row = n * out_h + oy. */
typedef void IoptAvgpoolU8(const IoptAvgpoolU8Job *job, const void *x, void *y, size_t row_begin,
                           size_t row_end);

IoptAvgpoolU8 iopt_avgpool_u8_c, iopt_avgpool_u8_avx2, iopt_avgpool_u8_avx512;
extern const IoptKernel iopt_kernel_avgpool_u8;

/* m of a window of so many pixels. */
IOPT_ALWAYS_INLINE float iopt_avgpool_u8_scale(double scale, size_t pixels)
{
    return pixels ? (float)(scale / (double)pixels) : 0;
}

#endif
