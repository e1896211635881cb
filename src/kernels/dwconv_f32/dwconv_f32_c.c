/* dwconv_f32 in plain C: every output by itself, its sum in double. */
#include "kernels/dwconv_f32/dwconv_f32.h"

/* One value: output channel o of the pixel whose taps in the image are ty x tx. */
static float one_output(const IoptDwconvF32Job *job, const float *image, IoptTaps ty, IoptTaps tx,
                        size_t o)
{
    const IoptWindow *const w = &job->window;
    const size_t taps = w->kernel_h * w->kernel_w;
    const float *const weights = job->weights +
                                 o / IOPT_DWCONV_F32_BLOCK * IOPT_DWCONV_F32_BLOCK * taps +
                                 o % IOPT_DWCONV_F32_BLOCK;
    double sum = job->bias ? (double)job->bias[o] : 0.0;

    for (size_t ky = ty.begin; ky < ty.end; ky++)
        for (size_t kx = tx.begin; kx < tx.end; kx++) {
            const size_t iy = ty.at + (ky - ty.begin) * w->dilation_h;
            const size_t ix = tx.at + (kx - tx.begin) * w->dilation_w;
            const float *const pixel = image + (ptrdiff_t)(iy * w->in_w + ix) * job->x_stride;
            sum += (double)pixel[o / job->multiplier] *
                   (double)weights[(ky * w->kernel_w + kx) * IOPT_DWCONV_F32_BLOCK];
        }

    const float y = (float)sum;
    return y < job->lo ? job->lo : y > job->hi ? job->hi : y;
}

void iopt_dwconv_f32_c(const IoptDwconvF32Job *job, const float *x, float *y, size_t row_begin,
                       size_t row_end)
{
    const IoptWindow *const w = &job->window;
    const ptrdiff_t image_elems = (ptrdiff_t)(w->in_h * w->in_w) * job->x_stride;

    for (size_t row = row_begin; row < row_end; row++) {
        const float *const image = x + (ptrdiff_t)(row / w->out_h) * image_elems;
        const IoptTaps ty = iopt_window_taps_y(w, row % w->out_h);
        for (size_t ox = 0; ox < w->out_w; ox++) {
            const IoptTaps tx = iopt_window_taps_x(w, ox);
            float *const to = y + (ptrdiff_t)(row * w->out_w + ox) * job->y_stride;
            for (size_t o = 0; o < job->channels * job->multiplier; o++)
                to[o] = one_output(job, image, ty, tx, o);
        }
    }
}
