/* Pooling on vectors of channels: the body of maxpool_f32 and avgpool_f32.  Each output
 * pixel looks through its window once for every POOL_VECS vectors of channels. */
#include <float.h>

#include "kernels/pool_f32.h"
#include "kernels/vec_f32.h"

enum { POOL_VECS = 4 };

/* The part of a window that lies in the image. */
typedef struct View {
    const float *x;
    size_t rows, columns;
    ptrdiff_t row, column; /* elements from one to the next */
} View;

/* `vecs` vectors of channels from `c` on, of the last one only some lanes. */
IOPT_ALWAYS_INLINE void pool_pixel(const View *view, float *y, size_t c, const size_t vecs,
                                   VecLanes lanes, const bool average)
{
    Vec result[POOL_VECS];

    VEC_UNROLL
    for (size_t i = 0; i < vecs; i++)
        result[i] = average ? vec_zero() : vec_all(-FLT_MAX);
    for (size_t r = 0; r < view->rows; r++) {
        const float *x = view->x + (ptrdiff_t)r * view->row + c;
        for (size_t k = 0; k < view->columns; k++, x += view->column) {
            VEC_UNROLL
            for (size_t i = 0; i < vecs; i++) {
                const Vec v = vecs == 1 ? vec_load_part(x, lanes) : vec_load(x + i * VEC);
                result[i] = average ? vec_add(result[i], v) : vec_max(v, result[i]);
            }
        }
    }

    const Vec count = vec_all((float)(view->rows * view->columns));
    VEC_UNROLL
    for (size_t i = 0; i < vecs; i++) {
        const Vec v = average ? vec_div(result[i], count) : result[i];
        if (vecs == 1)
            vec_store_part(y + c, v, lanes);
        else
            vec_store(y + c + i * VEC, v);
    }
}

IOPT_ALWAYS_INLINE void pool_rows(const IoptPoolF32Job *job, const float *x, float *y,
                                  size_t row_begin, size_t row_end, const bool average)
{
    const IoptWindow *const w = &job->window;
    const size_t channels = job->channels;
    const ptrdiff_t x_row = (ptrdiff_t)w->in_w * job->x_stride;

    for (size_t row = row_begin; row < row_end; row++) {
        const IoptTaps ty = iopt_window_taps_y(w, row % w->out_h);
        const float *const first = x + (ptrdiff_t)(row / w->out_h * w->in_h + ty.at) * x_row;
        for (size_t ox = 0; ox < w->out_w; ox++) {
            const IoptTaps tx = iopt_window_taps_x(w, ox);
            const View view = { .x = first + (ptrdiff_t)tx.at * job->x_stride,
                                .rows = ty.end - ty.begin,
                                .columns = tx.end - tx.begin,
                                .row = (ptrdiff_t)w->dilation_h * x_row,
                                .column = (ptrdiff_t)w->dilation_w * job->x_stride };
            float *const to = y + (ptrdiff_t)(row * w->out_w + ox) * job->y_stride;
            size_t c = 0;
            for (; channels - c >= POOL_VECS * VEC; c += POOL_VECS * VEC)
                pool_pixel(&view, to, c, POOL_VECS, vec_lanes(VEC), average);
            for (; c < channels; c += VEC)
                pool_pixel(&view, to, c, 1, vec_lanes(channels - c), average);
        }
    }
}
