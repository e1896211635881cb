/* Pooling of codes on vectors of channels: what maxpool_u8, avgpool_u8 and mean_u8 share. */
#ifndef IOPT_KERNELS_POOL_U8_SIMD_H
#define IOPT_KERNELS_POOL_U8_SIMD_H

#include "kernels/vec_codes.h"
#include "kernels/window.h"

/* The part of a window that lies in the image; all in bytes. */
typedef struct View {
    const char *x;
    size_t rows, columns;
    ptrdiff_t row, column; /* from one to the next */
} View;

/* What pixel (oy, ox) sees of the image at x, whose pixels lie `pixel` bytes apart. */
IOPT_ALWAYS_INLINE View window_view(const IoptWindow *w, IoptTaps ty, size_t ox, const char *x,
                                    ptrdiff_t pixel)
{
    const IoptTaps tx = iopt_window_taps_x(w, ox);
    const ptrdiff_t row = (ptrdiff_t)w->in_w * pixel;

    return (View){ .x = x + (ptrdiff_t)ty.at * row + (ptrdiff_t)tx.at * pixel,
                   .rows = ty.end - ty.begin,
                   .columns = tx.end - tx.begin,
                   .row = (ptrdiff_t)w->dilation_h * row,
                   .column = (ptrdiff_t)w->dilation_w * pixel };
}

/* The outputs [begin, end) of a row that see three pixels next to one another, all in the image: a
 * column of pixels that several outputs see needs to be looked at once only. */
typedef struct Run {
    size_t begin, end;
} Run;

IOPT_ALWAYS_INLINE Run run_of_three(const IoptWindow *w)
{
    Run run = { 0, 0 };

    if (w->kernel_w != 3 || w->dilation_w != 1 || w->stride_w > 2 || w->pad_left + w->in_w < 3)
        return run;
    run.begin = (w->pad_left + w->stride_w - 1) / w->stride_w;
    run.end = (w->pad_left + w->in_w - 3) / w->stride_w + 1;
    if (run.end > w->out_w)
        run.end = w->out_w;
    if (run.begin > run.end)
        run.begin = run.end;
    return run;
}

/* A strip of channels: so many pairs of vectors of sums. */
enum { PAIRS = 2, PAIR = 2 * VEC, MOST_BYTES = 257 /* 257 * 255 is the most that 16 bits hold */ };

/* Adds the pixels of a view, at most MOST_BYTES of them. */
IOPT_ALWAYS_INLINE void add_bytes(const View *view, const size_t pairs, VecInt total[2 * PAIRS])
{
    VecInt sum[PAIRS];

    VEC_UNROLL
    for (size_t i = 0; i < pairs; i++)
        sum[i] = vec_int_zero();
    for (size_t r = 0; r < view->rows; r++) {
        const char *x = view->x + (ptrdiff_t)r * view->row;
        for (size_t k = 0; k < view->columns; k++, x += view->column) {
            VEC_UNROLL
            for (size_t i = 0; i < pairs; i++)
                sum[i] = vecw_add(sum[i], vecw_load_u8(x + i * PAIR));
        }
    }
    VEC_UNROLL
    for (size_t i = 0; i < pairs; i++) {
        total[2 * i] = vec_int_add(total[2 * i], vecw_low(sum[i]));
        total[2 * i + 1] = vec_int_add(total[2 * i + 1], vecw_high(sum[i]));
    }
}

IOPT_ALWAYS_INLINE void add_words(const View *view, const size_t pairs, VecInt total[2 * PAIRS])
{
    for (size_t r = 0; r < view->rows; r++) {
        const char *x = view->x + (ptrdiff_t)r * view->row;
        for (size_t k = 0; k < view->columns; k++, x += view->column) {
            VEC_UNROLL
            for (size_t i = 0; i < 2 * pairs; i++)
                total[i] =
                    vec_int_add(total[i], vec_code_load(x, IOPT_S8_OUT_U16, (ptrdiff_t)(i * VEC)));
        }
    }
}

/* A view of more pixels, row by row, in parts that add_bytes can do. */
IOPT_ALWAYS_INLINE void add_many_bytes(const View *view, const size_t pairs,
                                       VecInt total[2 * PAIRS])
{
    for (size_t r = 0; r < view->rows; r++)
        for (size_t k = 0; k < view->columns; k += MOST_BYTES) {
            const size_t left = view->columns - k;
            const View part = { .x = view->x + (ptrdiff_t)r * view->row +
                                     (ptrdiff_t)k * view->column,
                                .rows = 1,
                                .columns = left < MOST_BYTES ? left : MOST_BYTES,
                                .column = view->column };
            add_bytes(&part, pairs, total);
        }
}

/* How a sum becomes a result: (sum - zeros) * scale, then `end`. */
typedef struct Average {
    VecInt zeros;
    Vec scale;
    VecEnd end;
    IoptS8Out x_type, y_type;
} Average;

/* Writes the averages of the first `channels` of so many vectors of channels. */
IOPT_ALWAYS_INLINE void average_finish(const Average *average, const VecInt *total, void *y,
                                       const size_t vecs, size_t channels)
{
    VEC_UNROLL
    for (size_t i = 0; i < vecs; i++)
        if (channels > i * VEC)
            vec_end_store(
                &average->end, code_at_mut(y, (ptrdiff_t)(i * VEC), average->y_type),
                vec_mul(vec_from_int(vec_int_sub(total[i], average->zeros)), average->scale),
                channels - i * VEC, average->y_type);
}

/* `pairs` pairs of vectors of channels, of which the first `channels` are wanted. */
IOPT_ALWAYS_INLINE void average_strip(const Average *average, const View *view, void *y,
                                      const size_t pairs, size_t channels)
{
    VecInt total[2 * PAIRS];

    VEC_UNROLL
    for (size_t i = 0; i < 2 * pairs; i++)
        total[i] = vec_int_zero();
    if (average->x_type == IOPT_S8_OUT_U16)
        add_words(view, pairs, total);
    else if (view->rows * view->columns <= MOST_BYTES)
        add_bytes(view, pairs, total);
    else
        add_many_bytes(view, pairs, total);
    average_finish(average, total, y, 2 * pairs, channels);
}

/* All channels of one output. */
IOPT_ALWAYS_INLINE void average_view(const Average *average, View view, void *y, size_t channels)
{
    const size_t bytes = iopt_s8_bytes(average->x_type);
    size_t c = 0;

    for (; channels - c >= PAIRS * PAIR; c += PAIRS * PAIR, view.x += PAIRS * PAIR * bytes)
        average_strip(average, &view, code_at_mut(y, (ptrdiff_t)c, average->y_type), PAIRS,
                      PAIRS * PAIR);
    for (; c < channels; c += PAIR, view.x += PAIR * bytes)
        average_strip(average, &view, code_at_mut(y, (ptrdiff_t)c, average->y_type), 1,
                      channels - c < PAIR ? channels - c : PAIR);
}

#endif
