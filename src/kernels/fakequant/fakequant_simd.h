/* fakequant on vectors of channels. */
#include "kernels/fakequant/fakequant.h"
#include "kernels/vec_f32.h"

/* Where a and b are equal, x; elsewhere 0. */
IOPT_ALWAYS_INLINE Vec if_equal(Vec a, Vec b, Vec x)
{
    return vec_if_not_less(a, b, vec_if_not_less(b, a, x));
}

/* Ties to even, by the formula of the plain C variant: what is below 0 then gives +0. */
IOPT_ALWAYS_INLINE Vec even(Vec x)
{
    const Vec half = vec_all(0.5f), one = vec_all(1.0f), below = vec_floor(x);
    const Vec rest = vec_sub(x, below);
    const Vec parity =
        vec_sub(below, vec_mul(vec_all(2.0f), vec_floor(vec_mul(half, below)))); /* 1: odd */
    const Vec up = vec_if_less(half, rest, one, if_equal(rest, half, if_equal(parity, one, one)));

    return vec_if_less(half, up, vec_add(below, one), below);
}

typedef struct Steps {
    Vec lo, hi, scale, step;
} Steps;

IOPT_ALWAYS_INLINE Vec apply(const IoptFakeQuantOp op, const Steps *s, Vec x)
{
    const Vec half = vec_all(0.5f);
    Vec c = vec_clamp(x, s->lo, s->hi);

    switch (op) {
    case IOPT_FAKE_QUANT_MULTIPLY:
        c = vec_mul(vec_sub(c, s->lo), s->scale);
        return vec_add(vec_mul(vec_floor(vec_add(c, half)), s->step), s->lo);
    case IOPT_FAKE_QUANT_DIVIDE:
        c = vec_div(vec_sub(c, s->lo), s->step);
        return vec_add(vec_mul(vec_floor(vec_add(c, half)), s->step), s->lo);
    case IOPT_FAKE_QUANT_EVEN: return vec_mul(even(vec_mul(c, s->scale)), s->step);
    case IOPT_FAKE_QUANT_UP:
        return vec_mul(vec_floor(vec_add(vec_mul(c, s->scale), half)), s->step);
    case IOPT_FAKE_QUANT_COUNT: break;
    }
    return x;
}

IOPT_ALWAYS_INLINE Steps steps_at(const IoptFakeQuantJob *job, size_t c, VecLanes lanes)
{
    if (!job->per_channel)
        return (Steps){ vec_all(*job->lo), vec_all(*job->hi), vec_all(*job->scale),
                        vec_all(*job->step) };
    return (Steps){ vec_load_part(job->lo + c, lanes), vec_load_part(job->hi + c, lanes),
                    vec_load_part(job->scale + c, lanes), vec_load_part(job->step + c, lanes) };
}

IOPT_ALWAYS_INLINE void one_row(const IoptFakeQuantJob *job, const float *x, float *y,
                                size_t channels, const IoptFakeQuantOp op)
{
    Steps s = steps_at(job, 0, vec_lanes(channels));
    size_t c = 0;

    for (; channels - c >= VEC; c += VEC) {
        if (job->per_channel)
            s = steps_at(job, c, vec_lanes(VEC));
        vec_store(y + c, apply(op, &s, vec_load(x + c)));
    }
    if (c < channels) {
        const VecLanes lanes = vec_lanes(channels - c);
        s = steps_at(job, c, lanes);
        vec_store_part(y + c, apply(op, &s, vec_load_part(x + c, lanes)), lanes);
    }
}

IOPT_ALWAYS_INLINE void all_rows(const IoptFakeQuantJob *job, const float *x, float *y, size_t rows,
                                 const IoptFakeQuantOp op)
{
    size_t channels = job->channels;

    if (!job->per_channel && job->x_stride == (ptrdiff_t)channels &&
        job->y_stride == (ptrdiff_t)channels) {
        channels *= rows; /* rows without gaps are one long row */
        rows = rows > 0;
    }
    for (; rows > 0; rows--, x += job->x_stride, y += job->y_stride)
        one_row(job, x, y, channels, op);
}

void IOPT_VEC_NAME(iopt_fakequant)(const IoptFakeQuantJob *job, const float *x, float *y,
                                   size_t row_begin, size_t row_end)
{
    const size_t rows = row_end - row_begin;

    x += (ptrdiff_t)row_begin * job->x_stride;
    y += (ptrdiff_t)row_begin * job->y_stride;
    switch (job->op) {
#define CASE(op) \
    case op: all_rows(job, x, y, rows, op); break;
        CASE(IOPT_FAKE_QUANT_MULTIPLY)
        CASE(IOPT_FAKE_QUANT_DIVIDE)
        CASE(IOPT_FAKE_QUANT_EVEN)
        CASE(IOPT_FAKE_QUANT_UP)
#undef CASE
    case IOPT_FAKE_QUANT_COUNT: break;
    }
}
