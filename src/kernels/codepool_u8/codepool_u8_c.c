/* codepool_u8 in plain C: every output by itself. */
#include "kernels/codepool_u8/codepool_u8.h"

/* Channel c of the output pixel whose window in the image is ty x tx. */
static uint8_t one_output(const IoptCodepoolU8Job *job, const uint8_t *image, IoptTaps ty,
                          IoptTaps tx, size_t c)
{
    const IoptWindow *const w = &job->window;
    const uint32_t count = (uint32_t)((ty.end - ty.begin) * (tx.end - tx.begin));
    uint32_t sum = 0;

    for (size_t ky = ty.begin; ky < ty.end; ky++)
        for (size_t kx = tx.begin; kx < tx.end; kx++) {
            const size_t iy = ty.at + (ky - ty.begin) * w->dilation_h;
            const size_t ix = tx.at + (kx - tx.begin) * w->dilation_w;
            sum += image[(ptrdiff_t)(iy * w->in_w + ix) * job->x_stride + (ptrdiff_t)c];
        }
    return (uint8_t)(count ? sum / count : 0);
}

void iopt_codepool_u8_c(const IoptCodepoolU8Job *job, const uint8_t *x, uint8_t *y,
                        size_t row_begin, size_t row_end)
{
    const IoptWindow *const w = &job->window;
    const ptrdiff_t image_elems = (ptrdiff_t)(w->in_h * w->in_w) * job->x_stride;

    for (size_t row = row_begin; row < row_end; row++) {
        const uint8_t *const image = x + (ptrdiff_t)(row / w->out_h) * image_elems;
        const IoptTaps ty = iopt_window_taps_y(w, row % w->out_h);
        for (size_t ox = 0; ox < w->out_w; ox++) {
            const IoptTaps tx = iopt_window_taps_x(w, ox);
            uint8_t *const to = y + (ptrdiff_t)(row * w->out_w + ox) * job->y_stride;
            for (size_t c = 0; c < job->channels; c++)
                to[c] = one_output(job, image, ty, tx, c);
        }
    }
}
