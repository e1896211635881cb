/* add_u8 on vectors of channels. */
#include "kernels/add_u8/add_u8.h"
#include "kernels/vec_codes.h"

typedef struct Operands {
    VecIn a, b;
} Operands;

IOPT_ALWAYS_INLINE Vec sum(const Operands *in, const char *a, const char *b, const IoptS8Out a_type,
                           const IoptS8Out b_type)
{
    return vec_add(vec_in_values(&in->a, a, a_type), vec_in_values(&in->b, b, b_type));
}

IOPT_ALWAYS_INLINE void some_rows(const IoptAddU8Job *job, const void *a, const void *b, void *y,
                                  size_t channels, size_t begin, size_t end_row,
                                  const IoptS8Out a_type, const IoptS8Out b_type,
                                  const IoptS8Out y_type)
{
    const Operands in = { vec_in(&job->a), vec_in(&job->b) };
    const VecEnd end = vec_ready_end(&job->y);
    const VecEndOfFour end_of_four = vec_ready_end_of_four(&job->y);
    const size_t a_step = VEC * iopt_s8_bytes(a_type), b_step = VEC * iopt_s8_bytes(b_type);

    for (size_t row = begin; row < end_row; row++) {
        const char *left = code_at(a, (ptrdiff_t)row * job->a.stride, a_type);
        const char *right = code_at(b, (ptrdiff_t)row * job->b.stride, b_type);
        char *to = code_at_mut(y, (ptrdiff_t)row * job->y.stride, y_type);
        size_t n = channels;
        for (; y_type == IOPT_S8_OUT_U8 && n >= VEC_BYTES; n -= VEC_BYTES) {
            Vec v[4];
            VEC_UNROLL
            for (size_t i = 0; i < 4; i++)
                v[i] = sum(&in, left + i * a_step, right + i * b_step, a_type, b_type);
            vecb_store(to, vec_four_codes(&end_of_four, v[0], v[1], v[2], v[3]));
            left += 4 * a_step;
            right += 4 * b_step;
            to += VEC_BYTES;
        }
        for (; n >= VEC; n -= VEC) {
            vec_end_store(&end, to, sum(&in, left, right, a_type, b_type), VEC, y_type);
            left += a_step;
            right += b_step;
            to += VEC * iopt_s8_bytes(y_type);
        }
        if (n > 0)
            vec_end_store(&end, to, sum(&in, left, right, a_type, b_type), n, y_type);
    }
}

/* The types of the operands are known; now that of the result. */
IOPT_ALWAYS_INLINE void for_result(const IoptAddU8Job *job, const void *a, const void *b, void *y,
                                   size_t channels, size_t begin, size_t end,
                                   const IoptS8Out a_type, const IoptS8Out b_type)
{
    if (job->y.type == IOPT_S8_OUT_U8)
        some_rows(job, a, b, y, channels, begin, end, a_type, b_type, IOPT_S8_OUT_U8);
    else if (job->y.type == IOPT_S8_OUT_U16)
        some_rows(job, a, b, y, channels, begin, end, a_type, b_type, IOPT_S8_OUT_U16);
    else
        some_rows(job, a, b, y, channels, begin, end, a_type, b_type, IOPT_S8_OUT_F32);
}

void IOPT_VEC_NAME(iopt_add_u8)(const IoptAddU8Job *job, const void *a, const void *b, void *y,
                                size_t row_begin, size_t row_end)
{
    const ptrdiff_t width = (ptrdiff_t)job->channels;
    const bool left_8 = job->a.type == IOPT_S8_OUT_U8, right_8 = job->b.type == IOPT_S8_OUT_U8;
    size_t channels = job->channels;

    if (job->a.stride == width && job->b.stride == width && job->y.stride == width &&
        row_begin < row_end) { /* rows without gaps are one long row */
        a = code_at(a, (ptrdiff_t)row_begin * width, job->a.type);
        b = code_at(b, (ptrdiff_t)row_begin * width, job->b.type);
        y = code_at_mut(y, (ptrdiff_t)row_begin * width, job->y.type);
        channels *= row_end - row_begin;
        row_begin = 0;
        row_end = 1;
    }
    if (left_8 && right_8)
        for_result(job, a, b, y, channels, row_begin, row_end, IOPT_S8_OUT_U8, IOPT_S8_OUT_U8);
    else if (left_8)
        for_result(job, a, b, y, channels, row_begin, row_end, IOPT_S8_OUT_U8, IOPT_S8_OUT_U16);
    else if (right_8)
        for_result(job, a, b, y, channels, row_begin, row_end, IOPT_S8_OUT_U16, IOPT_S8_OUT_U8);
    else
        for_result(job, a, b, y, channels, row_begin, row_end, IOPT_S8_OUT_U16, IOPT_S8_OUT_U16);
}
