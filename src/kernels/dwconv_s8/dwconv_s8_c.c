/* dwconv_s8 in plain C: every output by itself.  Weights as TensorFlow has them. */
#include "kernels/dwconv_s8/dwconv_s8.h"

#include <stdbool.h>

/* Bias and sum of output o of the pixel whose taps in the image are ty x tx. */
static int32_t one_sum(const IoptDwconvS8Job *job, const uint8_t *image, IoptTaps ty, IoptTaps tx,
                       size_t o)
{
    const IoptWindow *const w = &job->window;
    const size_t c = o / job->multiplier, outputs = job->channels * job->multiplier;
    const int8_t *const weights = job->weights;
    uint32_t sum = job->bias ? (uint32_t)job->bias[o] : 0;

    for (size_t ky = 0; ky < w->kernel_h; ky++)
        for (size_t kx = 0; kx < w->kernel_w; kx++) {
            const bool inside = ky >= ty.begin && ky < ty.end && kx >= tx.begin && kx < tx.end;
            const uint8_t *pixel = job->zeros;
            if (inside) {
                const size_t iy = ty.at + (ky - ty.begin) * w->dilation_h;
                const size_t ix = tx.at + (kx - tx.begin) * w->dilation_w;
                pixel = image + (ptrdiff_t)(iy * w->in_w + ix) * job->x_stride;
            }
            sum += (uint32_t)(pixel[c] * weights[(ky * w->kernel_w + kx) * outputs + o]);
        }
    return (int32_t)sum;
}

static void finish(const IoptDwconvS8Job *job, void *y, size_t pixel, size_t o, int32_t t)
{
    const ptrdiff_t to = (ptrdiff_t)pixel * job->end.stride + (ptrdiff_t)o;
    const ptrdiff_t other = (ptrdiff_t)pixel * job->residual_in.stride + (ptrdiff_t)o;

    if (job->end.type == IOPT_S8_OUT_S32) {
        ((int32_t *)y)[to] = t;
        return;
    }
    float v = (float)t * job->scale[o];
    if (job->residual && job->residual_in.type == IOPT_S8_OUT_F32)
        v += ((const float *)job->residual)[other];
    else if (job->residual)
        v += iopt_s8_value(&job->residual_in, job->residual, other);
    iopt_s8_end(&job->end, y, to, v);
}

void iopt_dwconv_s8_c(const IoptDwconvS8Job *job, const uint8_t *x, void *y, size_t row_begin,
                      size_t row_end)
{
    const IoptWindow *const w = &job->window;
    const ptrdiff_t image_elems = (ptrdiff_t)(w->in_h * w->in_w) * job->x_stride;

    for (size_t row = row_begin; row < row_end; row++) {
        const uint8_t *const image = x + (ptrdiff_t)(row / w->out_h) * image_elems;
        const IoptTaps ty = iopt_window_taps_y(w, row % w->out_h);
        for (size_t ox = 0; ox < w->out_w; ox++) {
            const IoptTaps tx = iopt_window_taps_x(w, ox);
            for (size_t o = 0; o < job->channels * job->multiplier; o++)
                finish(job, y, row * w->out_w + ox, o, one_sum(job, image, ty, tx, o));
        }
    }
}
