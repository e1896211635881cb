/* Vectors of int32 beside those of floats (vec_f32.h), of as many lanes: for kernels on the codes
 * of TensorFlow's quantized ops. */
#ifndef IOPT_KERNELS_VEC_S32_H
#define IOPT_KERNELS_VEC_S32_H

#include <stdint.h>
#include <string.h>

#include "kernels/vec_f32.h"

#if defined(IOPT_VEC_AVX512)

typedef __m512i VecInt;

#define VEC_INT_OP(name) _mm512_##name

IOPT_ALWAYS_INLINE VecInt vec_int_load(const int32_t *p)
{
    return _mm512_loadu_si512(p);
}

/* The other lanes are 0, and not read. */
IOPT_ALWAYS_INLINE VecInt vec_int_load_part(const int32_t *p, size_t n)
{
    return _mm512_maskz_loadu_epi32(vec_lanes(n), p);
}

IOPT_ALWAYS_INLINE void vec_int_store(int32_t *p, VecInt a)
{
    _mm512_storeu_si512(p, a);
}

IOPT_ALWAYS_INLINE void vec_int_store_part(int32_t *p, VecInt a, size_t n)
{
    _mm512_mask_storeu_epi32(p, vec_lanes(n), a);
}

IOPT_ALWAYS_INLINE VecInt vec_int_load_u8(const uint8_t *p)
{
    return _mm512_cvtepu8_epi32(_mm_loadu_si128((const void *)p));
}

IOPT_ALWAYS_INLINE VecInt vec_int_load_u8_part(const uint8_t *p, size_t n)
{
    return _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(vec_lanes(n), p));
}

/* Lanes are 0 .. 255. */
IOPT_ALWAYS_INLINE void vec_int_store_u8(uint8_t *p, VecInt a)
{
    _mm_storeu_si128((void *)p, _mm512_cvtepi32_epi8(a));
}

IOPT_ALWAYS_INLINE void vec_int_store_u8_part(uint8_t *p, VecInt a, size_t n)
{
    _mm_mask_storeu_epi8(p, vec_lanes(n), _mm512_cvtepi32_epi8(a));
}

/* The upper halves of the 64-bit products of a by b's even lanes. */
IOPT_ALWAYS_INLINE VecInt vec_int_mul_high(VecInt a, VecInt b)
{
    const VecInt even = _mm512_mul_epi32(a, b);
    const VecInt odd = _mm512_mul_epi32(_mm512_srli_epi64(a, 32), b);

    return _mm512_mask_shuffle_epi32(odd, 0x5555, even, _MM_PERM_DDBB);
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

#elif defined(IOPT_VEC_AVX2)

typedef __m256i VecInt;

#define VEC_INT_OP(name) _mm256_##name

IOPT_ALWAYS_INLINE VecInt vec_int_load(const int32_t *p)
{
    return _mm256_loadu_si256((const void *)p);
}

IOPT_ALWAYS_INLINE VecInt vec_int_load_part(const int32_t *p, size_t n)
{
    return _mm256_maskload_epi32((const int *)p, vec_lanes(n));
}

IOPT_ALWAYS_INLINE void vec_int_store(int32_t *p, VecInt a)
{
    _mm256_storeu_si256((void *)p, a);
}

IOPT_ALWAYS_INLINE void vec_int_store_part(int32_t *p, VecInt a, size_t n)
{
    _mm256_maskstore_epi32((int *)p, vec_lanes(n), a);
}

IOPT_ALWAYS_INLINE VecInt vec_int_load_u8(const uint8_t *p)
{
    return _mm256_cvtepu8_epi32(_mm_loadl_epi64((const void *)p));
}

IOPT_ALWAYS_INLINE VecInt vec_int_load_u8_part(const uint8_t *p, size_t n)
{
    uint8_t bytes[8] = { 0 };

    memcpy(bytes, p, n);
    return vec_int_load_u8(bytes);
}

IOPT_ALWAYS_INLINE void vec_int_store_u8(uint8_t *p, VecInt a)
{
    const __m128i words =
        _mm_packus_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));

    _mm_storel_epi64((void *)p, _mm_packus_epi16(words, words));
}

IOPT_ALWAYS_INLINE void vec_int_store_u8_part(uint8_t *p, VecInt a, size_t n)
{
    uint8_t bytes[8];

    vec_int_store_u8(bytes, a);
    memcpy(p, bytes, n);
}

IOPT_ALWAYS_INLINE VecInt vec_int_mul_high(VecInt a, VecInt b)
{
    const VecInt even = _mm256_mul_epi32(a, b);
    const VecInt odd = _mm256_mul_epi32(_mm256_srli_epi64(a, 32), b);

    return _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xaa);
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

#endif

IOPT_ALWAYS_INLINE VecInt vec_int_all(int32_t a)
{
    return VEC_INT_OP(set1_epi32)(a);
}

IOPT_ALWAYS_INLINE VecInt vec_int_add(VecInt a, VecInt b)
{
    return VEC_INT_OP(add_epi32)(a, b);
}

/* The lower halves of the products. */
IOPT_ALWAYS_INLINE VecInt vec_int_mul(VecInt a, VecInt b)
{
    return VEC_INT_OP(mullo_epi32)(a, b);
}

IOPT_ALWAYS_INLINE VecInt vec_int_max(VecInt a, VecInt b)
{
    return VEC_INT_OP(max_epi32)(a, b);
}

IOPT_ALWAYS_INLINE VecInt vec_int_min(VecInt a, VecInt b)
{
    return VEC_INT_OP(min_epi32)(a, b);
}

IOPT_ALWAYS_INLINE VecInt vec_int_shift_16(VecInt a)
{
    return VEC_INT_OP(srli_epi32)(a, 16);
}

IOPT_ALWAYS_INLINE Vec vec_from_int(VecInt a)
{
    return VEC_INT_OP(cvtepi32_ps)(a);
}

/* Towards zero. */
IOPT_ALWAYS_INLINE VecInt vec_to_int(Vec a)
{
    return VEC_INT_OP(cvttps_epi32)(a);
}

/* roundf: halves go away from zero. */
IOPT_ALWAYS_INLINE Vec vec_round_away(Vec a)
{
    const Vec whole = vec_truncate(a), rest = vec_abs(vec_sub(a, whole));

    return vec_add(whole, vec_if_not_less(rest, vec_all(0.5f), vec_with_sign(vec_all(1.0f), a)));
}

#endif
