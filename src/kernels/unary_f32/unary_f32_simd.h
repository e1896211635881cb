/* unary_f32 on vectors of channels. */
#include "kernels/unary_f32/unary_f32.h"
#include "kernels/vec_math_f32.h"

typedef Vec UnaryFn(Vec x, Vec alpha);

IOPT_ALWAYS_INLINE Vec do_sigmoid(Vec x, Vec alpha)
{
    (void)alpha;
    return vec_sigmoid(x);
}

IOPT_ALWAYS_INLINE Vec do_tanh(Vec x, Vec alpha)
{
    (void)alpha;
    return vec_tanh(x);
}

IOPT_ALWAYS_INLINE Vec do_elu(Vec x, Vec alpha)
{
    (void)alpha;
    return vec_if_less(x, vec_zero(), vec_expm1(vec_min(vec_zero(), x)), x);
}

IOPT_ALWAYS_INLINE Vec do_selu(Vec x, Vec alpha)
{
    const Vec below = vec_mul(vec_all(1.758099341f), vec_expm1(vec_min(vec_zero(), x)));
    (void)alpha;
    return vec_if_less(x, vec_zero(), below, vec_mul(vec_all(1.050700987f), x));
}

IOPT_ALWAYS_INLINE Vec do_leaky_relu(Vec x, Vec alpha)
{
    return vec_if_less(vec_zero(), x, x, vec_mul(alpha, x));
}

IOPT_ALWAYS_INLINE Vec do_softplus(Vec x, Vec alpha)
{
    (void)alpha;
    return vec_softplus(x);
}

/* x / (1 + exp(-x)): a product with the sigmoid would round twice */
IOPT_ALWAYS_INLINE Vec do_swish(Vec x, Vec alpha)
{
    (void)alpha;
    return vec_div(x, vec_add(vec_all(1.0f), vec_exp(vec_sub(vec_zero(), x))));
}

IOPT_ALWAYS_INLINE Vec do_hard_swish(Vec x, Vec alpha)
{
    const Vec gate = vec_clamp(vec_add(x, vec_all(3.0f)), vec_zero(), vec_all(6.0f));
    (void)alpha;
    return vec_mul(x, vec_mul(gate, vec_all(1.0f / 6.0f)));
}

IOPT_ALWAYS_INLINE Vec do_exp(Vec x, Vec alpha)
{
    (void)alpha;
    return vec_exp(x);
}

IOPT_ALWAYS_INLINE Vec do_erf(Vec x, Vec alpha)
{
    (void)alpha;
    return vec_erf(x);
}

IOPT_ALWAYS_INLINE Vec do_gelu(Vec x, Vec alpha)
{
    const Vec gate = vec_add(vec_all(1.0f), vec_erf(vec_mul(x, vec_all(0.707106781f))));
    (void)alpha;
    return vec_mul(x, vec_mul(gate, vec_all(0.5f)));
}

/* 1 + tanh(u) = 2 / (1 + exp(-2 * u)) */
IOPT_ALWAYS_INLINE Vec do_gelu_tanh(Vec x, Vec alpha)
{
    const Vec cubic = vec_fma(vec_mul(x, x), vec_mul(x, vec_all(0.044715f)), x);
    const Vec u = vec_mul(cubic, vec_all(-1.595769122f)); /* -2 * sqrt(2 / pi) */
    (void)alpha;
    return vec_div(x, vec_add(vec_all(1.0f), vec_exp(u)));
}

IOPT_ALWAYS_INLINE void map(const IoptUnaryF32Job *job, const float *x, float *y, size_t count,
                            UnaryFn *const fn)
{
    const Vec alpha = vec_all(job->alpha);
    size_t channels = job->channels;

    if (job->x_stride == (ptrdiff_t)channels && job->y_stride == (ptrdiff_t)channels) {
        channels *= count; /* rows without gaps are one long row */
        count = count > 0;
    }
    for (; count > 0; count--, x += job->x_stride, y += job->y_stride) {
        size_t c = 0;
        for (; channels - c >= VEC; c += VEC)
            vec_store(y + c, fn(vec_load(x + c), alpha));
        if (c < channels) {
            const VecLanes lanes = vec_lanes(channels - c);
            vec_store_part(y + c, fn(vec_load_part(x + c, lanes), alpha), lanes);
        }
    }
}

void IOPT_VEC_NAME(iopt_unary_f32)(const IoptUnaryF32Job *job, const float *x, float *y,
                                   size_t row_begin, size_t row_end)
{
    const size_t count = row_end - row_begin;

    x += (ptrdiff_t)row_begin * job->x_stride;
    y += (ptrdiff_t)row_begin * job->y_stride;
    switch (job->op) {
    case IOPT_UNARY_SIGMOID: map(job, x, y, count, do_sigmoid); break;
    case IOPT_UNARY_TANH: map(job, x, y, count, do_tanh); break;
    case IOPT_UNARY_ELU: map(job, x, y, count, do_elu); break;
    case IOPT_UNARY_SELU: map(job, x, y, count, do_selu); break;
    case IOPT_UNARY_LEAKY_RELU: map(job, x, y, count, do_leaky_relu); break;
    case IOPT_UNARY_SOFTPLUS: map(job, x, y, count, do_softplus); break;
    case IOPT_UNARY_SWISH: map(job, x, y, count, do_swish); break;
    case IOPT_UNARY_HARD_SWISH: map(job, x, y, count, do_hard_swish); break;
    case IOPT_UNARY_EXP: map(job, x, y, count, do_exp); break;
    case IOPT_UNARY_ERF: map(job, x, y, count, do_erf); break;
    case IOPT_UNARY_GELU: map(job, x, y, count, do_gelu); break;
    case IOPT_UNARY_GELU_TANH: map(job, x, y, count, do_gelu_tanh); break;
    case IOPT_UNARY_COUNT: break;
    }
}
