/* avgpool_u8 on vectors of channels. */
#include "kernels/avgpool_u8/avgpool_u8.h"
#include "kernels/pool_u8_simd.h"

void IOPT_VEC_NAME(iopt_avgpool_u8)(const IoptAvgpoolU8Job *job, const void *x, void *y,
                                    size_t row_begin, size_t row_end)
{
    const IoptWindow *const w = &job->window;
    const ptrdiff_t pixel = job->x_stride * (ptrdiff_t)iopt_s8_bytes(job->x_type);
    const ptrdiff_t image_bytes = (ptrdiff_t)(w->in_h * w->in_w) * pixel;
    Average average = { .end = vec_ready_end(&job->y),
                        .x_type = job->x_type,
                        .y_type = job->y.type };
    size_t last = SIZE_MAX; /* pixels of the last window */

    for (size_t row = row_begin; row < row_end; row++) {
        const char *const image = (const char *)x + (ptrdiff_t)(row / w->out_h) * image_bytes;
        const IoptTaps ty = iopt_window_taps_y(w, row % w->out_h);
        for (size_t ox = 0; ox < w->out_w; ox++) {
            const View view = window_view(w, ty, ox, image, pixel);
            const size_t pixels = view.rows * view.columns;
            if (pixels != last) {
                average.zeros = vec_int_all((int32_t)pixels * job->x_zero);
                average.scale = vec_all(iopt_avgpool_u8_scale(job->scale, pixels));
                last = pixels;
            }
            average_view(
                &average, view,
                code_at_mut(y, (ptrdiff_t)(row * w->out_w + ox) * job->y.stride, job->y.type),
                job->channels);
        }
    }
}
