/* Pooling in plain C, every output by itself: the body of maxpool_f32_c and avgpool_f32_c. */
#include <float.h>
#include <stdbool.h>

#include "kernels/pool_f32.h"

/* Channel c of the output pixel whose window in the image is ty x tx. */
IOPT_ALWAYS_INLINE float one_output(const IoptPoolF32Job *job, const float *image, IoptTaps ty,
                                    IoptTaps tx, size_t c, const bool average)
{
    const IoptWindow *const w = &job->window;
    double sum = 0;
    float best = -FLT_MAX;

    for (size_t ky = ty.begin; ky < ty.end; ky++)
        for (size_t kx = tx.begin; kx < tx.end; kx++) {
            const size_t iy = ty.at + (ky - ty.begin) * w->dilation_h;
            const size_t ix = tx.at + (kx - tx.begin) * w->dilation_w;
            const float v = image[(ptrdiff_t)(iy * w->in_w + ix) * job->x_stride + (ptrdiff_t)c];
            sum += (double)v;
            if (v > best)
                best = v;
        }
    return average ? (float)(sum / (double)((ty.end - ty.begin) * (tx.end - tx.begin))) : best;
}

IOPT_ALWAYS_INLINE void pool_rows(const IoptPoolF32Job *job, const float *x, float *y,
                                  size_t row_begin, size_t row_end, const bool average)
{
    const IoptWindow *const w = &job->window;
    const ptrdiff_t image_elems = (ptrdiff_t)(w->in_h * w->in_w) * job->x_stride;

    for (size_t row = row_begin; row < row_end; row++) {
        const float *const image = x + (ptrdiff_t)(row / w->out_h) * image_elems;
        const IoptTaps ty = iopt_window_taps_y(w, row % w->out_h);
        for (size_t ox = 0; ox < w->out_w; ox++) {
            const IoptTaps tx = iopt_window_taps_x(w, ox);
            float *const to = y + (ptrdiff_t)(row * w->out_w + ox) * job->y_stride;
            for (size_t c = 0; c < job->channels; c++)
                to[c] = one_output(job, image, ty, tx, c, average);
        }
    }
}
