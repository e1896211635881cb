/* binary_f32 on vectors of channels. */
#include "kernels/binary_f32/binary_f32.h"
#include "kernels/vec_f32.h"

IOPT_ALWAYS_INLINE Vec apply(const IoptBinaryF32Op op, Vec x, Vec z)
{
    switch (op) {
    case IOPT_BINARY_ADD: return vec_add(x, z);
    case IOPT_BINARY_SUB: return vec_sub(x, z);
    case IOPT_BINARY_RSUB: return vec_sub(z, x);
    case IOPT_BINARY_MUL: return vec_mul(x, z);
    case IOPT_BINARY_DIV: return vec_div(x, z);
    case IOPT_BINARY_RDIV: return vec_div(z, x);
    case IOPT_BINARY_MAX: return vec_max(z, x);
    case IOPT_BINARY_MIN: return vec_min(z, x);
    case IOPT_BINARY_COUNT: break;
    }
    return x;
}

/* One row: z has a value per channel, or one for all. */
IOPT_ALWAYS_INLINE void one_row(const IoptBinaryF32Job *job, const float *x, const float *z,
                                float *y, size_t channels, const IoptBinaryF32Op op,
                                const bool broadcast)
{
    const Vec lo = vec_all(job->lo), hi = vec_all(job->hi), same = vec_all(broadcast ? *z : 0);
    size_t c = 0;

    for (; channels - c >= VEC; c += VEC)
        vec_store(y + c, vec_clamp(apply(op, vec_load(x + c), broadcast ? same : vec_load(z + c)),
                                   lo, hi));
    if (c < channels) {
        const VecLanes lanes = vec_lanes(channels - c);
        const Vec right = broadcast ? same : vec_load_part(z + c, lanes);
        vec_store_part(y + c, vec_clamp(apply(op, vec_load_part(x + c, lanes), right), lo, hi),
                       lanes);
    }
}

IOPT_ALWAYS_INLINE void rows(const IoptBinaryF32Job *job, const float *x, const float *z, float *y,
                             size_t row_begin, size_t row_end, const IoptBinaryF32Op op)
{
    const ptrdiff_t channels = (ptrdiff_t)job->channels;
    const bool flat =
        job->x_stride == channels && job->y_stride == channels &&
        (job->z_broadcast ? job->z_stride == 0 : job->z_stride == channels && job->z_group == 1);

    for (size_t row = row_begin; row < row_end; row++) {
        const float *const left = x + (ptrdiff_t)row * job->x_stride;
        const float *const right = z + (ptrdiff_t)(row / job->z_group) * job->z_stride;
        float *const to = y + (ptrdiff_t)row * job->y_stride;
        size_t n = job->channels;

        if (flat) { /* rows without gaps are one long row */
            n *= row_end - row_begin;
            row = row_end - 1;
        }
        if (job->z_broadcast)
            one_row(job, left, right, to, n, op, true);
        else
            one_row(job, left, right, to, n, op, false);
    }
}

void IOPT_VEC_NAME(iopt_binary_f32)(const IoptBinaryF32Job *job, const float *x, const float *z,
                                    float *y, size_t row_begin, size_t row_end)
{
    switch (job->op) {
#define CASE(op) \
    case op: rows(job, x, z, y, row_begin, row_end, op); break;
        CASE(IOPT_BINARY_ADD)
        CASE(IOPT_BINARY_SUB)
        CASE(IOPT_BINARY_RSUB)
        CASE(IOPT_BINARY_MUL)
        CASE(IOPT_BINARY_DIV)
        CASE(IOPT_BINARY_RDIV)
        CASE(IOPT_BINARY_MAX)
        CASE(IOPT_BINARY_MIN)
#undef CASE
    case IOPT_BINARY_COUNT: break;
    }
}
