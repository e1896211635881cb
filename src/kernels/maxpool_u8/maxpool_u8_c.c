/* maxpool_u8 in plain C: every output by itself. */
#include "kernels/maxpool_u8/maxpool_u8.h"

/* Channel c of the output pixel with window ty x tx, in the image that begins at code `image`. */
static int32_t one_output(const IoptMaxpoolU8Job *job, const void *x, ptrdiff_t image, IoptTaps ty,
                          IoptTaps tx, size_t c)
{
    const IoptWindow *const w = &job->window;
    int32_t best = job->lo;

    for (size_t ky = ty.begin; ky < ty.end; ky++)
        for (size_t kx = tx.begin; kx < tx.end; kx++) {
            const size_t iy = ty.at + (ky - ty.begin) * w->dilation_h;
            const size_t ix = tx.at + (kx - tx.begin) * w->dilation_w;
            const ptrdiff_t pixel = image + (ptrdiff_t)(iy * w->in_w + ix) * job->x_stride;
            const int32_t code = iopt_s8_code(x, job->type, pixel + (ptrdiff_t)c);
            best = code > best ? code : best;
        }
    return best < job->hi ? best : job->hi;
}

void iopt_maxpool_u8_c(const IoptMaxpoolU8Job *job, const void *x, void *y, size_t row_begin,
                       size_t row_end)
{
    const IoptWindow *const w = &job->window;
    const ptrdiff_t image_elems = (ptrdiff_t)(w->in_h * w->in_w) * job->x_stride;

    for (size_t row = row_begin; row < row_end; row++) {
        const ptrdiff_t image = (ptrdiff_t)(row / w->out_h) * image_elems;
        const IoptTaps ty = iopt_window_taps_y(w, row % w->out_h);
        for (size_t ox = 0; ox < w->out_w; ox++) {
            const IoptTaps tx = iopt_window_taps_x(w, ox);
            const ptrdiff_t to = (ptrdiff_t)(row * w->out_w + ox) * job->y_stride;
            for (size_t c = 0; c < job->channels; c++) {
                const int32_t code = one_output(job, x, image, ty, tx, c);
                if (job->type == IOPT_S8_OUT_U8)
                    ((uint8_t *)y)[to + (ptrdiff_t)c] = (uint8_t)code;
                else
                    ((uint16_t *)y)[to + (ptrdiff_t)c] = (uint16_t)code;
            }
        }
    }
}
