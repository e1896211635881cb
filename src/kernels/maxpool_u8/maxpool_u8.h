/* maxpool_u8: the largest code of a window, channel by channel; range and scale stay
 *
 *   y = min(max(lo, codes of the window), hi)
 *
 *   x        images of window.in_h x in_w pixels, `channels` codes each, x_stride from pixel to
 *            pixel
 *   y        images of window.out_h x out_w pixels, y_stride from pixel to pixel; must not
 *            overlap x
 *   lo, hi   codes: a Relu before or behind is lo = the zero point; 0 and 255 (65535) for none
 *   padding  does not count; a window without any pixel gives lo
 *   exact    the same bits in every variant
 */
#ifndef IOPT_KERNELS_MAXPOOL_U8_H
#define IOPT_KERNELS_MAXPOOL_U8_H

#include "kernels/kernel.h"
#include "kernels/requant_s8.h"
#include "kernels/window.h"

typedef struct IoptMaxpoolU8Job {
    IoptWindow window;
    size_t channels;
    IoptS8Out type;               /* of x and y: U8 or U16 */
    ptrdiff_t x_stride, y_stride; /* elements from pixel to pixel */
    int32_t lo, hi;
} IoptMaxpoolU8Job;

/* Computes the output rows [row_begin, row_end) of images * out_h; row = n * out_h + oy. */
typedef void IoptMaxpoolU8(const IoptMaxpoolU8Job *job, const void *x, void *y, size_t row_begin,
                           size_t row_end);

IoptMaxpoolU8 iopt_maxpool_u8_c, iopt_maxpool_u8_avx2, iopt_maxpool_u8_avx512;
extern const IoptKernel iopt_kernel_maxpool_u8;

#endif
