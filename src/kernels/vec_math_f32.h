/* exp, its relatives and erf on vectors, each within a few units in the last place.
 *
 *   source  range reduction x = n * log(2) + r, |r| <= log(2) / 2; the polynomials are minimax fits
 *           of our own (weighted least squares, reweighted until the error is level)
 */
#ifndef IOPT_KERNELS_VEC_MATH_F32_H
#define IOPT_KERNELS_VEC_MATH_F32_H

#include "kernels/vec_f32.h"

/* c[0] + c[1] * x + ..., by Horner's rule */
IOPT_ALWAYS_INLINE Vec vec_polynomial(Vec x, const float *c, size_t count)
{
    Vec y = vec_all(c[count - 1]);

    VEC_UNROLL
    for (size_t i = count - 1; i > 0; i--)
        y = vec_fma(y, x, vec_all(c[i - 1]));
    return y;
}

/* exp(r) - 1 for what is left of x after *n times log(2); |x| <= 110. */
IOPT_ALWAYS_INLINE Vec vec_expm1_reduced(Vec x, Vec *n)
{
    static const float c[] = { 5.000000101e-01f, 1.666651289e-01f, 4.166618726e-02f,
                               8.369598143e-03f, 1.395171911e-03f };

    *n = vec_round(vec_mul(x, vec_all(1.442695041f)));
    /* log(2) in two parts: the first has few enough bits that n times it is exact */
    Vec r = vec_fma(*n, vec_all(-6.931152344e-01f), x);
    r = vec_fma(*n, vec_all(-3.194618495e-05f), r);
    return vec_fma(vec_mul(r, r), vec_polynomial(r, c, IOPT_COUNT(c)), r);
}

IOPT_ALWAYS_INLINE Vec vec_exp(Vec x)
{
    Vec n;

    /* beyond these it is 0 or infinity anyway */
    x = vec_clamp(x, vec_all(-105.0f), vec_all(89.0f));
    const Vec p = vec_expm1_reduced(x, &n);
    return vec_scale_2(vec_add(p, vec_all(1.0f)), n);
}

/* exp(x) - 1 without cancellation, for x <= 80. */
IOPT_ALWAYS_INLINE Vec vec_expm1(Vec x)
{
    Vec n;

    x = vec_max(vec_all(-20.0f), x);
    const Vec p = vec_expm1_reduced(x, &n), scale = vec_scale_2(vec_all(1.0f), n);
    return vec_fma(scale, p, vec_sub(scale, vec_all(1.0f)));
}

IOPT_ALWAYS_INLINE Vec vec_sigmoid(Vec x)
{
    const Vec one = vec_all(1.0f);
    return vec_div(one, vec_add(one, vec_exp(vec_sub(vec_zero(), x))));
}

/* tanh(a) = t / (t + 2) with t = exp(2 * a) - 1 */
IOPT_ALWAYS_INLINE Vec vec_tanh(Vec x)
{
    const Vec a = vec_min(vec_all(20.0f), vec_abs(x));
    const Vec t = vec_expm1(vec_add(a, a));
    return vec_with_sign(vec_div(t, vec_add(t, vec_all(2.0f))), x);
}

/* log(1 + u) for u in [0, 1]: 2 * atanh(s) with s = u / (2 + u) <= 1/3 */
IOPT_ALWAYS_INLINE Vec vec_log1p_unit(Vec u)
{
    static const float c[] = { 3.333333745e-01f, 1.999946525e-01f, 1.430780623e-01f,
                               1.072009342e-01f, 1.212873962e-01f };
    const Vec s = vec_div(u, vec_add(u, vec_all(2.0f))), z = vec_mul(s, s);
    const Vec half = vec_fma(vec_mul(s, z), vec_polynomial(z, c, IOPT_COUNT(c)), s);
    return vec_add(half, half);
}

/* log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)), which cannot overflow */
IOPT_ALWAYS_INLINE Vec vec_softplus(Vec x)
{
    const Vec u = vec_exp(vec_sub(vec_zero(), vec_abs(x)));
    return vec_add(vec_max(vec_zero(), x), vec_log1p_unit(u));
}

/* x * P(x^2) below 1; from there 1 - exp(-Q(|x|)), where Q fits -log(1 - erf) up to 4 */
IOPT_ALWAYS_INLINE Vec vec_erf(Vec x)
{
    static const float p[] = { 1.128379166e+00f,  -3.761262714e-01f, 1.128360018e-01f,
                               -2.685444465e-02f, 5.189535449e-03f,  -8.020842256e-04f,
                               7.889122795e-05f };
    static const float q[] = { 2.671719395e-03f, 1.117438421e+00f,  6.544890354e-01f,
                               8.863411228e-02f, -1.477809873e-02f, 1.150419257e-03f };
    const Vec a = vec_min(vec_all(4.0f), vec_abs(x)), one = vec_all(1.0f);
    const Vec small = vec_mul(a, vec_polynomial(vec_mul(a, a), p, IOPT_COUNT(p)));
    const Vec tail = vec_exp(vec_sub(vec_zero(), vec_polynomial(a, q, IOPT_COUNT(q))));
    return vec_with_sign(vec_if_less(a, one, small, vec_sub(one, tail)), x);
}

#endif
