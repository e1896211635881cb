/* requant_u8 on vectors of channels. */
#include "kernels/requant_u8/requant_u8.h"
#include "kernels/vec_codes.h"

IOPT_ALWAYS_INLINE void some_rows(const IoptRequantU8Job *job, const void *x, void *y,
                                  size_t channels, size_t begin, size_t end_row,
                                  const IoptS8Out x_type, const IoptS8Out y_type)
{
    const VecIn in = vec_in(&job->x);
    const VecEnd end = vec_ready_end(&job->y);
    const VecEndOfFour end_of_four = vec_ready_end_of_four(&job->y);
    const size_t step = VEC * iopt_s8_bytes(x_type);

    for (size_t row = begin; row < end_row; row++) {
        const char *from = code_at(x, (ptrdiff_t)row * job->x.stride, x_type);
        char *to = code_at_mut(y, (ptrdiff_t)row * job->y.stride, y_type);
        size_t left = channels;
        for (; y_type == IOPT_S8_OUT_U8 && left >= VEC_BYTES; left -= VEC_BYTES) {
            vecb_store(to, vec_four_codes(&end_of_four, vec_in_values(&in, from, x_type),
                                          vec_in_values(&in, from + step, x_type),
                                          vec_in_values(&in, from + 2 * step, x_type),
                                          vec_in_values(&in, from + 3 * step, x_type)));
            from += 4 * step;
            to += VEC_BYTES;
        }
        for (; left >= VEC; left -= VEC) {
            vec_end_store(&end, to, vec_in_values(&in, from, x_type), VEC, y_type);
            from += step;
            to += VEC * iopt_s8_bytes(y_type);
        }
        if (left > 0)
            vec_end_store(&end, to, vec_in_values(&in, from, x_type), left, y_type);
    }
}

/* Codes that stay what they are but for the clamp. */
IOPT_ALWAYS_INLINE void clamp_rows(const IoptRequantU8Job *job, const void *x, void *y,
                                   size_t channels, size_t begin, size_t end_row,
                                   const IoptS8Out type)
{
    const VecInt lo = vec_all_codes((int32_t)job->y.lo + job->y.zero, type);
    const VecInt hi = vec_all_codes((int32_t)job->y.hi + job->y.zero, type);

    for (size_t row = begin; row < end_row; row++) {
        const char *from = code_at(x, (ptrdiff_t)row * job->x.stride, type);
        char *to = code_at_mut(y, (ptrdiff_t)row * job->y.stride, type);
        size_t left = channels * iopt_s8_bytes(type);
        for (; left >= VEC_BYTES; left -= VEC_BYTES, from += VEC_BYTES, to += VEC_BYTES)
            vecb_store(to, vec_min_codes(vec_max_codes(vecb_load(from), lo, type), hi, type));
        if (left > 0)
            vecb_store_part(to, vec_min_codes(vec_max_codes(vecb_load(from), lo, type), hi, type),
                            left);
    }
}

void IOPT_VEC_NAME(iopt_requant_u8)(const IoptRequantU8Job *job, const void *x, void *y,
                                    size_t row_begin, size_t row_end)
{
    const ptrdiff_t width = (ptrdiff_t)job->channels;
    const bool only_clamp =
        job->x.type == job->y.type && job->x.scale == 1 && job->x.zero == job->y.zero;
    size_t channels = job->channels;

    if (job->x.stride == width && job->y.stride == width && row_begin < row_end) {
        /* rows without gaps are one long row */
        x = code_at(x, (ptrdiff_t)row_begin * width, job->x.type);
        y = code_at_mut(y, (ptrdiff_t)row_begin * width, job->y.type);
        channels *= row_end - row_begin;
        row_begin = 0;
        row_end = 1;
    }
#define CASE(from, to)                                \
    if (job->x.type == (from) && job->y.type == (to)) \
        some_rows(job, x, y, channels, row_begin, row_end, from, to);
    if (only_clamp && job->x.type == IOPT_S8_OUT_U8)
        clamp_rows(job, x, y, channels, row_begin, row_end, IOPT_S8_OUT_U8);
    else if (only_clamp)
        clamp_rows(job, x, y, channels, row_begin, row_end, IOPT_S8_OUT_U16);
    else
        CASE(IOPT_S8_OUT_U8, IOPT_S8_OUT_U8)
    else CASE(IOPT_S8_OUT_U8, IOPT_S8_OUT_U16) else CASE(IOPT_S8_OUT_U8, IOPT_S8_OUT_F32) else CASE(
        IOPT_S8_OUT_U16, IOPT_S8_OUT_U8) else CASE(IOPT_S8_OUT_U16,
                                                   IOPT_S8_OUT_U16) else CASE(IOPT_S8_OUT_U16,
                                                                              IOPT_S8_OUT_F32)
#undef CASE
}
