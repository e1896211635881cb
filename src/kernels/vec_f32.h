/* A vector of floats, as wide as the including file's instruction set has it: what the vector
 * bodies (*_simd.h) are written in, so that one body serves every instruction set.
 *
 * A file NAME_avx2.c defines IOPT_VEC_AVX2 (or IOPT_VEC_AVX512, IOPT_VEC_AVX512VNNI) and includes
 * this header through the body; IOPT_VEC_NAME(f) is then f_avx2.  Another instruction set is
 * another section here.
 *
 * NaN: vec_max(a, b) and vec_min(a, b) give b where either is NaN, and where both are equal:
 * a > b ? a : b.
 */
#ifndef IOPT_KERNELS_VEC_F32_H
#define IOPT_KERNELS_VEC_F32_H

#include <immintrin.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"

/* Before a loop of few, constant rounds: unrolled early, its arrays become registers. */
#if defined(__clang__)
#define VEC_UNROLL _Pragma("clang loop unroll(full)")
#else
#define VEC_UNROLL _Pragma("GCC unroll 32")
#endif

#if defined(IOPT_VEC_AVX512VNNI)
#define IOPT_VEC_AVX512
#define IOPT_VEC_NAME(function) function##_avx512vnni
#elif defined(IOPT_VEC_AVX512)
#define IOPT_VEC_NAME(function) function##_avx512
#endif

#if defined(IOPT_VEC_AVX512)

enum { VEC = 16, VEC_REGISTERS = 32 };
typedef __m512 Vec;
typedef __mmask16 VecLanes; /* some of the lanes */

#define VEC_OP(name) _mm512_##name##_ps

/* the first n, or all */
IOPT_ALWAYS_INLINE VecLanes vec_lanes(size_t n)
{
    const unsigned bits = n >= 16 ? 0xffff : (1U << n) - 1;
    return (VecLanes)bits;
}

/* Only these lanes are touched in memory; the others are 0. */
IOPT_ALWAYS_INLINE Vec vec_load_part(const float *p, VecLanes lanes)
{
    return _mm512_maskz_loadu_ps(lanes, p);
}

/* the other lanes become `other` */
IOPT_ALWAYS_INLINE Vec vec_load_part_or(const float *p, VecLanes lanes, Vec other)
{
    return _mm512_mask_loadu_ps(other, lanes, p);
}

IOPT_ALWAYS_INLINE void vec_store_part(float *p, Vec a, VecLanes lanes)
{
    _mm512_mask_storeu_ps(p, lanes, a);
}

/* a where x < y, else b */
IOPT_ALWAYS_INLINE Vec vec_if_less(Vec x, Vec y, Vec a, Vec b)
{
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(x, y, _CMP_LT_OQ), b, a);
}

IOPT_ALWAYS_INLINE Vec vec_round(Vec a)
{
    return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

/* Without the fraction, towards zero. */
IOPT_ALWAYS_INLINE Vec vec_truncate(Vec a)
{
    return _mm512_roundscale_ps(a, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
}

IOPT_ALWAYS_INLINE Vec vec_floor(Vec a)
{
    return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
}

/* b where a >= limit, else 0; so too where a is NaN */
IOPT_ALWAYS_INLINE Vec vec_if_not_less(Vec a, Vec limit, Vec b)
{
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(a, limit, _CMP_GE_OQ), b);
}

/* a * 2^n for integers n in -252 .. 252, rounded once where the result is subnormal */
IOPT_ALWAYS_INLINE Vec vec_scale_2(Vec a, Vec n)
{
    return _mm512_scalef_ps(a, n);
}

/* *sum += a * b.  gcc 12 keeps a strip of sums in registers only if it does not see what they are
 * for; with the intrinsic it spills them. */
IOPT_ALWAYS_INLINE void vec_accumulate(Vec *sum, Vec a, Vec b)
{
    __asm__("vfmadd231ps %2, %1, %0" : "+v"(*sum) : "v"(a), "v"(b));
}

#elif defined(IOPT_VEC_AVX2)

#define IOPT_VEC_NAME(function) function##_avx2
enum { VEC = 8, VEC_REGISTERS = 16 };
typedef __m256 Vec;
typedef __m256i VecLanes;

#define VEC_OP(name) _mm256_##name##_ps

IOPT_ALWAYS_INLINE VecLanes vec_lanes(size_t n)
{
    const __m256i index = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(n < 8 ? (int)n : 8), index);
}

IOPT_ALWAYS_INLINE Vec vec_load_part(const float *p, VecLanes lanes)
{
    return _mm256_maskload_ps(p, lanes);
}

IOPT_ALWAYS_INLINE Vec vec_load_part_or(const float *p, VecLanes lanes, Vec other)
{
    return _mm256_blendv_ps(other, _mm256_maskload_ps(p, lanes), _mm256_castsi256_ps(lanes));
}

IOPT_ALWAYS_INLINE void vec_store_part(float *p, Vec a, VecLanes lanes)
{
    _mm256_maskstore_ps(p, lanes, a);
}

IOPT_ALWAYS_INLINE Vec vec_if_less(Vec x, Vec y, Vec a, Vec b)
{
    return _mm256_blendv_ps(b, a, _mm256_cmp_ps(x, y, _CMP_LT_OQ));
}

IOPT_ALWAYS_INLINE Vec vec_round(Vec a)
{
    return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

IOPT_ALWAYS_INLINE Vec vec_truncate(Vec a)
{
    return _mm256_round_ps(a, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
}

IOPT_ALWAYS_INLINE Vec vec_floor(Vec a)
{
    return _mm256_round_ps(a, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
}

IOPT_ALWAYS_INLINE Vec vec_if_not_less(Vec a, Vec limit, Vec b)
{
    return _mm256_and_ps(_mm256_cmp_ps(a, limit, _CMP_GE_OQ), b);
}

/* 2^n would leave the range of floats where a * 2^n does not: two factors. */
IOPT_ALWAYS_INLINE Vec vec_scale_2(Vec a, Vec n)
{
    const __m256i bias = _mm256_set1_epi32(127), whole = _mm256_cvtps_epi32(n);
    const __m256i half = _mm256_srai_epi32(whole, 1), rest = _mm256_sub_epi32(whole, half);

    a = _mm256_mul_ps(a, _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(half, bias), 23)));
    return _mm256_mul_ps(a,
                         _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(rest, bias), 23)));
}

IOPT_ALWAYS_INLINE void vec_accumulate(Vec *sum, Vec a, Vec b)
{
    __asm__("vfmadd231ps %2, %1, %0" : "+x"(*sum) : "x"(a), "x"(b));
}

#endif

IOPT_ALWAYS_INLINE Vec vec_load(const float *p)
{
    return VEC_OP(loadu)(p);
}

IOPT_ALWAYS_INLINE void vec_store(float *p, Vec a)
{
    VEC_OP(storeu)(p, a);
}

IOPT_ALWAYS_INLINE Vec vec_zero(void)
{
    return VEC_OP(setzero)();
}

IOPT_ALWAYS_INLINE Vec vec_all(float a)
{
    return VEC_OP(set1)(a);
}

IOPT_ALWAYS_INLINE Vec vec_add(Vec a, Vec b)
{
    return VEC_OP(add)(a, b);
}

IOPT_ALWAYS_INLINE Vec vec_sub(Vec a, Vec b)
{
    return VEC_OP(sub)(a, b);
}

IOPT_ALWAYS_INLINE Vec vec_mul(Vec a, Vec b)
{
    return VEC_OP(mul)(a, b);
}

IOPT_ALWAYS_INLINE Vec vec_div(Vec a, Vec b)
{
    return VEC_OP(div)(a, b);
}

/* a * b + c, rounded once */
IOPT_ALWAYS_INLINE Vec vec_fma(Vec a, Vec b, Vec c)
{
    return VEC_OP(fmadd)(a, b, c);
}

IOPT_ALWAYS_INLINE Vec vec_max(Vec a, Vec b)
{
    return VEC_OP(max)(a, b);
}

IOPT_ALWAYS_INLINE Vec vec_min(Vec a, Vec b)
{
    return VEC_OP(min)(a, b);
}

/* Into [lo, hi]; NaN stays NaN. */
IOPT_ALWAYS_INLINE Vec vec_clamp(Vec a, Vec lo, Vec hi)
{
    return vec_min(hi, vec_max(lo, a));
}

IOPT_ALWAYS_INLINE Vec vec_abs(Vec a)
{
    return VEC_OP(andnot)(vec_all(-0.0f), a);
}

/* |a| with the sign of `sign`; a is not negative */
IOPT_ALWAYS_INLINE Vec vec_with_sign(Vec a, Vec sign)
{
    return VEC_OP(or)(a, VEC_OP(and)(vec_all(-0.0f), sign));
}

/* roundf: halves go away from zero. */
IOPT_ALWAYS_INLINE Vec vec_round_away(Vec a)
{
    const Vec whole = vec_truncate(a), rest = vec_abs(vec_sub(a, whole));

    return vec_add(whole, vec_if_not_less(rest, vec_all(0.5f), vec_with_sign(vec_all(1.0f), a)));
}

/* vec_max of all lanes */
IOPT_ALWAYS_INLINE float vec_max_lanes(Vec a)
{
    float lane[VEC];

    vec_store(lane, a);
    for (size_t half = VEC / 2; half > 0; half /= 2)
        for (size_t i = 0; i < half; i++)
            lane[i] = lane[i] > lane[i + half] ? lane[i] : lane[i + half];
    return lane[0];
}

IOPT_ALWAYS_INLINE double vec_sum_lanes(Vec a)
{
    float lane[VEC];
    double sum = 0;

    vec_store(lane, a);
    for (size_t i = 0; i < VEC; i++)
        sum += (double)lane[i];
    return sum;
}

#endif
