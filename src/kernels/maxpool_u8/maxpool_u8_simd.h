/* maxpool_u8 on vectors of channels: each output pixel looks through its window once for every VECS
 * vectors of codes. */
#include "kernels/maxpool_u8/maxpool_u8.h"
#include "kernels/pool_u8_simd.h"

enum { VECS = 4 };

typedef struct Bounds {
    VecInt lo, hi;
} Bounds;

/* `vecs` vectors from byte `at` on; of a single one only the first `bytes` are written. */
IOPT_ALWAYS_INLINE void pool_pixel(const View *view, const Bounds *bounds, char *y, size_t at,
                                   const size_t vecs, size_t bytes, const IoptS8Out type)
{
    VecInt best[VECS];

    VEC_UNROLL
    for (size_t i = 0; i < vecs; i++)
        best[i] = bounds->lo;
    for (size_t r = 0; r < view->rows; r++) {
        const char *x = view->x + (ptrdiff_t)r * view->row + at;
        for (size_t k = 0; k < view->columns; k++, x += view->column) {
            VEC_UNROLL
            for (size_t i = 0; i < vecs; i++)
                best[i] = vec_max_codes(best[i], vecb_load(x + i * VEC_BYTES), type);
        }
    }
    VEC_UNROLL
    for (size_t i = 0; i < vecs; i++) {
        const VecInt code = vec_min_codes(best[i], bounds->hi, type);
        if (bytes >= vecs * VEC_BYTES)
            vecb_store(y + at + i * VEC_BYTES, code);
        else
            vecb_store_part(y + at, code, bytes);
    }
}

/* The largest of a vector of codes in a column of a view. */
IOPT_ALWAYS_INLINE VecInt column_max(const char *x, size_t rows, ptrdiff_t row,
                                     const IoptS8Out type)
{
    VecInt best = vecb_load(x);

    for (size_t r = 1; r < rows; r++)
        best = vec_max_codes(best, vecb_load(x + (ptrdiff_t)r * row), type);
    return best;
}

/* `count` outputs that see three columns each; `view` is that of the first. */
IOPT_ALWAYS_INLINE void run_of_outputs(const View *view, const Bounds *bounds, char *y,
                                       ptrdiff_t y_pixel, size_t count, size_t bytes,
                                       const size_t stride_w, const IoptS8Out type)
{
    const ptrdiff_t row = view->row, column = view->column;
    const size_t rows = view->rows;
    const VecInt lo = bounds->lo, hi = bounds->hi;

    for (size_t at = 0; at < bytes; at += VEC_BYTES) {
        const char *x = view->x + at;
        char *to = y + at;
        VecInt first = column_max(x, rows, row, type), second = lo;
        x += column;
        if (stride_w == 1) {
            second = column_max(x, rows, row, type);
            x += column;
        }
        for (size_t i = 0; i < count; i++, to += y_pixel) {
            if (stride_w == 2) {
                second = column_max(x, rows, row, type);
                x += column;
            }
            const VecInt third = column_max(x, rows, row, type);
            VecInt best = vec_max_codes(vec_max_codes(first, second, type), third, type);
            best = vec_min_codes(vec_max_codes(best, lo, type), hi, type);
            if (bytes - at >= VEC_BYTES)
                vecb_store(to, best);
            else
                vecb_store_part(to, best, bytes - at);
            first = stride_w == 1 ? second : third;
            second = third;
            x += column;
        }
    }
}

/* A call. */
typedef struct Work {
    const IoptWindow *window;
    ptrdiff_t pixel, y_pixel; /* bytes from pixel to pixel */
    size_t bytes;             /* of a pixel's codes */
    Bounds bounds;
    Run run;
} Work;

/* The outputs [begin, end) of a row, each by itself. */
IOPT_ALWAYS_INLINE void one_by_one(const Work *work, IoptTaps ty, const char *image, char *y,
                                   size_t begin, size_t end, const IoptS8Out type)
{
    for (size_t ox = begin; ox < end; ox++) {
        const View view = window_view(work->window, ty, ox, image, work->pixel);
        char *const to = y + (ptrdiff_t)ox * work->y_pixel;
        size_t at = 0;
        for (; work->bytes - at >= VECS * VEC_BYTES; at += VECS * VEC_BYTES)
            pool_pixel(&view, &work->bounds, to, at, VECS, VECS * VEC_BYTES, type);
        for (; at < work->bytes; at += VEC_BYTES)
            pool_pixel(&view, &work->bounds, to, at, 1, work->bytes - at, type);
    }
}

IOPT_ALWAYS_INLINE void one_row(const Work *work, IoptTaps ty, const char *image, char *y,
                                const IoptS8Out type)
{
    const IoptWindow *const w = work->window;
    const Run run = ty.begin < ty.end ? work->run : (Run){ 0, 0 };

    one_by_one(work, ty, image, y, 0, run.begin, type);
    if (run.begin < run.end) {
        const View view = window_view(w, ty, run.begin, image, work->pixel);
        char *const to = y + (ptrdiff_t)run.begin * work->y_pixel;
        const size_t count = run.end - run.begin;
        if (w->stride_w == 1)
            run_of_outputs(&view, &work->bounds, to, work->y_pixel, count, work->bytes, 1, type);
        else
            run_of_outputs(&view, &work->bounds, to, work->y_pixel, count, work->bytes, 2, type);
    }
    one_by_one(work, ty, image, y, run.end, w->out_w, type);
}

IOPT_ALWAYS_INLINE void pool_rows(const IoptMaxpoolU8Job *job, const char *x, char *y,
                                  size_t row_begin, size_t row_end, const IoptS8Out type)
{
    const IoptWindow *const w = &job->window;
    const ptrdiff_t code_bytes = (ptrdiff_t)iopt_s8_bytes(type);
    const Work work = { .window = w,
                        .pixel = job->x_stride * code_bytes,
                        .y_pixel = job->y_stride * code_bytes,
                        .bytes = job->channels * iopt_s8_bytes(type),
                        .bounds = { vec_all_codes(job->lo, type), vec_all_codes(job->hi, type) },
                        .run = run_of_three(w) };
    const ptrdiff_t image_bytes = (ptrdiff_t)(w->in_h * w->in_w) * work.pixel;

    for (size_t row = row_begin; row < row_end; row++)
        one_row(&work, iopt_window_taps_y(w, row % w->out_h),
                x + (ptrdiff_t)(row / w->out_h) * image_bytes,
                y + (ptrdiff_t)(row * w->out_w) * work.y_pixel, type);
}

void IOPT_VEC_NAME(iopt_maxpool_u8)(const IoptMaxpoolU8Job *job, const void *x, void *y,
                                    size_t row_begin, size_t row_end)
{
    if (job->type == IOPT_S8_OUT_U8)
        pool_rows(job, x, y, row_begin, row_end, IOPT_S8_OUT_U8);
    else
        pool_rows(job, x, y, row_begin, row_end, IOPT_S8_OUT_U16);
}
