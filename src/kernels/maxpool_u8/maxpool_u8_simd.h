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

IOPT_ALWAYS_INLINE void pool_rows(const IoptMaxpoolU8Job *job, const char *x, char *y,
                                  size_t row_begin, size_t row_end, const IoptS8Out type)
{
    const IoptWindow *const w = &job->window;
    const ptrdiff_t pixel = job->x_stride * (ptrdiff_t)iopt_s8_bytes(type);
    const ptrdiff_t image_bytes = (ptrdiff_t)(w->in_h * w->in_w) * pixel;
    const size_t bytes = job->channels * iopt_s8_bytes(type);
    const Bounds bounds = { vec_all_codes(job->lo, type), vec_all_codes(job->hi, type) };

    for (size_t row = row_begin; row < row_end; row++) {
        const char *const image = x + (ptrdiff_t)(row / w->out_h) * image_bytes;
        const IoptTaps ty = iopt_window_taps_y(w, row % w->out_h);
        for (size_t ox = 0; ox < w->out_w; ox++) {
            const View view = window_view(w, ty, ox, image, pixel);
            char *const to = code_at_mut(y, (ptrdiff_t)(row * w->out_w + ox) * job->y_stride, type);
            size_t at = 0;
            for (; bytes - at >= VECS * VEC_BYTES; at += VECS * VEC_BYTES)
                pool_pixel(&view, &bounds, to, at, VECS, VECS * VEC_BYTES, type);
            for (; at < bytes; at += VEC_BYTES)
                pool_pixel(&view, &bounds, to, at, 1, bytes - at, type);
        }
    }
}

void IOPT_VEC_NAME(iopt_maxpool_u8)(const IoptMaxpoolU8Job *job, const void *x, void *y,
                                    size_t row_begin, size_t row_end)
{
    if (job->type == IOPT_S8_OUT_U8)
        pool_rows(job, x, y, row_begin, row_end, IOPT_S8_OUT_U8);
    else
        pool_rows(job, x, y, row_begin, row_end, IOPT_S8_OUT_U16);
}
