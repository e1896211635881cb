/* A window that slides over an image: what convolution and pooling have in common.
 *
 * Output pixel (oy, ox) sees the input pixels (oy * stride_h - pad_top + ky * dilation_h,
 * ox * stride_w - pad_left + kx * dilation_w); those outside of the image are padding.  Padding
 * below and to the right is implied by out_h and out_w.
 */
#ifndef IOPT_KERNELS_WINDOW_H
#define IOPT_KERNELS_WINDOW_H

#include <stddef.h>

#include "base/compiler.h"

typedef struct IoptWindow {
    size_t in_h, in_w, out_h, out_w;
    size_t kernel_h, kernel_w;
    size_t stride_h, stride_w;     /* >= 1 */
    size_t dilation_h, dilation_w; /* >= 1; pooling has 1 */
    size_t pad_top, pad_left;
} IoptWindow;

/* Along one axis: the taps [begin, end) of an output position that lie in the image, and the
 * input position of tap `begin`.  begin == end: none does, and `at` is 0. */
typedef struct IoptTaps {
    size_t begin, end, at;
} IoptTaps;

IOPT_ALWAYS_INLINE IoptTaps iopt_window_taps(size_t out, size_t in_size, size_t kernel,
                                             size_t stride, size_t dilation, size_t pad)
{
    const size_t origin = out * stride; /* of tap 0, counted from the padding's edge */
    IoptTaps taps = { 0, 0, 0 };

    if (origin < pad)
        taps.begin = (pad - origin + dilation - 1) / dilation;
    if (origin < pad + in_size)
        taps.end = (pad + in_size - origin + dilation - 1) / dilation;
    if (taps.end > kernel)
        taps.end = kernel;
    if (taps.begin >= taps.end)
        taps.begin = taps.end = 0;
    else
        taps.at = origin + taps.begin * dilation - pad;
    return taps;
}

IOPT_ALWAYS_INLINE IoptTaps iopt_window_taps_y(const IoptWindow *w, size_t oy)
{
    return iopt_window_taps(oy, w->in_h, w->kernel_h, w->stride_h, w->dilation_h, w->pad_top);
}

IOPT_ALWAYS_INLINE IoptTaps iopt_window_taps_x(const IoptWindow *w, size_t ox)
{
    return iopt_window_taps(ox, w->in_w, w->kernel_w, w->stride_w, w->dilation_w, w->pad_left);
}

#endif
