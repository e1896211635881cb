/* codepool_u8: the mean code of a window, truncated, channel by channel
 *
 *   y = sum of the codes in the image / their number     integers; 0 if there is none
 *
 *   x        images of window.in_h x in_w pixels, `channels` codes each, x_stride from pixel to
 *            pixel; windows of at most 2^15 pixels
 *   y        images of window.out_h x out_w pixels, y_stride from pixel to pixel; must not
 *            overlap x
 *   exact    the same bits in every variant
 *   reads    nothing but the named elements
 *   source   TensorFlow op "QuantizedAvgPool"; avgpool_u8 rounds to the nearest instead
 */
#ifndef IOPT_KERNELS_CODEPOOL_U8_H
#define IOPT_KERNELS_CODEPOOL_U8_H

#include <stdint.h>

#include "kernels/kernel.h"
#include "kernels/window.h"

typedef struct IoptCodepoolU8Job {
    IoptWindow window;
    size_t channels;
    ptrdiff_t x_stride, y_stride;
} IoptCodepoolU8Job;

/* Computes the output rows [row_begin, row_end) of images * out_h; row = n * out_h + oy. */
typedef void IoptCodepoolU8(const IoptCodepoolU8Job *job, const uint8_t *x, uint8_t *y,
                            size_t row_begin, size_t row_end);

IoptCodepoolU8 iopt_codepool_u8_c, iopt_codepool_u8_avx2, iopt_codepool_u8_avx512;
extern const IoptKernel iopt_kernel_codepool_u8;

#endif
