/* avgpool_u8 in plain C: every output by itself. */
#include "kernels/avgpool_u8/avgpool_u8.h"

/* The sum of channel c over the window ty x tx, in the image that begins at code `image`. */
static int32_t one_sum(const IoptAvgpoolU8Job *job, const void *x, ptrdiff_t image, IoptTaps ty,
                       IoptTaps tx, size_t c)
{
    const IoptWindow *const w = &job->window;
    int32_t sum = 0;

    for (size_t ky = ty.begin; ky < ty.end; ky++)
        for (size_t kx = tx.begin; kx < tx.end; kx++) {
            const size_t iy = ty.at + (ky - ty.begin) * w->dilation_h;
            const size_t ix = tx.at + (kx - tx.begin) * w->dilation_w;
            const ptrdiff_t pixel = image + (ptrdiff_t)(iy * w->in_w + ix) * job->x_stride;
            sum += iopt_s8_code(x, job->x_type, pixel + (ptrdiff_t)c) - job->x_zero;
        }
    return sum;
}

void iopt_avgpool_u8_c(const IoptAvgpoolU8Job *job, const void *x, void *y, size_t row_begin,
                       size_t row_end)
{
    const IoptWindow *const w = &job->window;
    const ptrdiff_t image_elems = (ptrdiff_t)(w->in_h * w->in_w) * job->x_stride;

    for (size_t row = row_begin; row < row_end; row++) {
        const ptrdiff_t image = (ptrdiff_t)(row / w->out_h) * image_elems;
        const IoptTaps ty = iopt_window_taps_y(w, row % w->out_h);
        for (size_t ox = 0; ox < w->out_w; ox++) {
            const IoptTaps tx = iopt_window_taps_x(w, ox);
            const float m =
                iopt_avgpool_u8_scale(job->scale, (ty.end - ty.begin) * (tx.end - tx.begin));
            const ptrdiff_t to = (ptrdiff_t)(row * w->out_w + ox) * job->y.stride;
            for (size_t c = 0; c < job->channels; c++)
                iopt_s8_end(&job->y, y, to + (ptrdiff_t)c,
                            (float)one_sum(job, x, image, ty, tx, c) * m);
        }
    }
}
