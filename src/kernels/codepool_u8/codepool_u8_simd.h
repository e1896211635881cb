/* codepool_u8 on vectors of channels over all pixels of a window.
 *
 * A sum is below 2^24 and divided as a float: the quotient is nowhere so near below an integer that
 * it would round up to it, so its integer part is exact.
 */
#include "kernels/codepool_u8/codepool_u8.h"
#include "kernels/vec_s32.h"

/* A window in the image. */
typedef struct Patch {
    const uint8_t *first;
    size_t rows, columns;
    ptrdiff_t row_step, column_step; /* bytes */
    Vec count;
} Patch;

IOPT_ALWAYS_INLINE VecInt sum_of(const Patch *p, size_t c, size_t n, const bool part)
{
    VecInt sum = vec_int_all(0);

    for (size_t i = 0; i < p->rows; i++) {
        const uint8_t *at = p->first + (ptrdiff_t)i * p->row_step + c;
        for (size_t j = 0; j < p->columns; j++, at += p->column_step)
            sum = vec_int_add(sum, part ? vec_u8_load_part(at, n) : vec_u8_load(at));
    }
    return vec_cut_to_int(vec_div(vec_from_int(sum), p->count));
}

static void one_pixel(const IoptCodepoolU8Job *job, const Patch *p, uint8_t *to)
{
    const size_t channels = job->channels;
    size_t c = 0;

    if (p->rows == 0 || p->columns == 0) {
        memset(to, 0, channels);
        return;
    }
    for (; channels - c >= VEC; c += VEC)
        vec_u8_store(to + c, sum_of(p, c, VEC, false));
    if (c < channels)
        vec_u8_store_part(to + c, sum_of(p, c, channels - c, true), channels - c);
}

static Patch patch_at(const IoptCodepoolU8Job *job, const uint8_t *image, IoptTaps ty, IoptTaps tx)
{
    const IoptWindow *const w = &job->window;
    const size_t rows = ty.end - ty.begin, columns = tx.end - tx.begin;

    return (Patch){
        .first = image + (ptrdiff_t)(ty.at * w->in_w + tx.at) * job->x_stride,
        .rows = rows,
        .columns = columns,
        .row_step = (ptrdiff_t)(w->dilation_h * w->in_w) * job->x_stride,
        .column_step = (ptrdiff_t)w->dilation_w * job->x_stride,
        .count = vec_all((float)(rows * columns)),
    };
}

void IOPT_VEC_NAME(iopt_codepool_u8)(const IoptCodepoolU8Job *job, const uint8_t *x, uint8_t *y,
                                     size_t row_begin, size_t row_end)
{
    const IoptWindow *const w = &job->window;
    const ptrdiff_t image_elems = (ptrdiff_t)(w->in_h * w->in_w) * job->x_stride;

    for (size_t row = row_begin; row < row_end; row++) {
        const uint8_t *const image = x + (ptrdiff_t)(row / w->out_h) * image_elems;
        const IoptTaps ty = iopt_window_taps_y(w, row % w->out_h);
        for (size_t ox = 0; ox < w->out_w; ox++) {
            const Patch patch = patch_at(job, image, ty, iopt_window_taps_x(w, ox));
            one_pixel(job, &patch, y + (ptrdiff_t)(row * w->out_w + ox) * job->y_stride);
        }
    }
}
