/* Offsets of the pixels that a convolution looks at, for kernels that find them so. */
#include "engine/conv_offsets.h"

enum { ENOUGH_ROWS = 256 };

size_t iopt_images_per_call(size_t images, size_t pixels, ptrdiff_t image)
{
    size_t count = pixels ? (ENOUGH_ROWS + pixels - 1) / pixels : 1;

    if (count > images)
        count = images ? images : 1;
    while (count > 0 && (double)image * (double)count > INT32_MAX)
        count--;
    return count;
}

void iopt_fill_offsets(const IoptWindow *w, ptrdiff_t pixel, size_t images, int32_t zeros,
                       int32_t *offset, bool *pads)
{
    *pads = false;
    for (size_t n = 0; n < images; n++)
        for (size_t row = 0; row < w->out_h * w->out_w; row++) {
            const size_t oy = row / w->out_w, ox = row % w->out_w;
            const IoptTaps ty = iopt_window_taps_y(w, oy), tx = iopt_window_taps_x(w, ox);
            for (size_t ky = 0; ky < w->kernel_h; ky++)
                for (size_t kx = 0; kx < w->kernel_w; kx++) {
                    const bool inside =
                        ky >= ty.begin && ky < ty.end && kx >= tx.begin && kx < tx.end;
                    const size_t iy = ty.at + (ky - ty.begin) * w->dilation_h;
                    const size_t ix = tx.at + (kx - tx.begin) * w->dilation_w;
                    const size_t at = (n * w->in_h + iy) * w->in_w + ix;
                    *offset++ = inside ? (int32_t)((ptrdiff_t)at * pixel) : zeros;
                    *pads |= !inside;
                }
        }
}
