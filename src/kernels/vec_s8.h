/* Vectors of codes and of int32, VEC lanes each: what vec_f32.h is for floats, and the vector form
 * of requant_s8.h.  The including file chooses the instruction set as there.
 *
 * vec_code_load reads whole vectors (the spare bytes of requant_s8.h); stores and everything on
 * float and int32 touch only the lanes named.
 */
#ifndef IOPT_KERNELS_VEC_S8_H
#define IOPT_KERNELS_VEC_S8_H

#include <string.h>

#include "kernels/requant_s8.h"
#include "kernels/vec_f32.h"

#if defined(IOPT_VEC_AVX512)

typedef __m512i VecInt;

#define VEC_INT(name) _mm512_##name
#define VEC_INT_OP(name) _mm512_##name##_epi32
#define VEC_INT_ZERO() _mm512_setzero_si512()
#define VEC_INT_LOADU _mm512_loadu_si512
#define VEC_INT_STOREU _mm512_storeu_si512

IOPT_ALWAYS_INLINE VecInt vec_int_load_part(const int32_t *p, VecLanes lanes)
{
    return _mm512_maskz_loadu_epi32(lanes, p);
}

IOPT_ALWAYS_INLINE void vec_int_store_part(int32_t *p, VecInt a, VecLanes lanes)
{
    _mm512_mask_storeu_epi32(p, lanes, a);
}

/* 2 * VEC bytes as words of 16 bits */
IOPT_ALWAYS_INLINE VecInt vec_words_load(const uint8_t *p)
{
    return _mm512_cvtepu8_epi16(_mm256_loadu_si256((const void *)p));
}

/* Bit i: lanes i are equal. */
IOPT_ALWAYS_INLINE uint32_t vec_int_equal(VecInt a, VecInt b)
{
    return _mm512_cmpeq_epi32_mask(a, b);
}

IOPT_ALWAYS_INLINE VecInt vec_u8_load(const uint8_t *p)
{
    return _mm512_cvtepu8_epi32(_mm_loadu_si128((const void *)p));
}

IOPT_ALWAYS_INLINE VecInt vec_u16_load(const uint16_t *p)
{
    return _mm512_cvtepu16_epi32(_mm256_loadu_si256((const void *)p));
}

/* The low byte of each lane, next to one another. */
IOPT_ALWAYS_INLINE void vec_u8_store(uint8_t *p, VecInt a)
{
    _mm_storeu_si128((void *)p, _mm512_cvtepi32_epi8(a));
}

/* The same of two vectors. */
IOPT_ALWAYS_INLINE void vec_u8_store_2(uint8_t *p, VecInt a, VecInt b)
{
    vec_u8_store(p, a);
    vec_u8_store(p + VEC, b);
}

IOPT_ALWAYS_INLINE void vec_u16_store(uint16_t *p, VecInt a)
{
    _mm256_storeu_si256((void *)p, _mm512_cvtepi32_epi16(a));
}

/* the first count < VEC */
IOPT_ALWAYS_INLINE void vec_u8_store_part(uint8_t *p, VecInt a, size_t count)
{
    _mm_mask_storeu_epi8(p, vec_lanes(count), _mm512_cvtepi32_epi8(a));
}

IOPT_ALWAYS_INLINE void vec_u16_store_part(uint16_t *p, VecInt a, size_t count)
{
    _mm256_mask_storeu_epi16(p, vec_lanes(count), _mm512_cvtepi32_epi16(a));
}

#elif defined(IOPT_VEC_AVX2)

typedef __m256i VecInt;

#define VEC_INT(name) _mm256_##name
#define VEC_INT_OP(name) _mm256_##name##_epi32
#define VEC_INT_ZERO() _mm256_setzero_si256()
#define VEC_INT_LOADU(p) _mm256_loadu_si256((const void *)(p))
#define VEC_INT_STOREU(p, a) _mm256_storeu_si256((void *)(p), a)

IOPT_ALWAYS_INLINE VecInt vec_int_load_part(const int32_t *p, VecLanes lanes)
{
    return _mm256_maskload_epi32(p, lanes);
}

IOPT_ALWAYS_INLINE void vec_int_store_part(int32_t *p, VecInt a, VecLanes lanes)
{
    _mm256_maskstore_epi32(p, lanes, a);
}

IOPT_ALWAYS_INLINE VecInt vec_words_load(const uint8_t *p)
{
    return _mm256_cvtepu8_epi16(_mm_loadu_si128((const void *)p));
}

IOPT_ALWAYS_INLINE uint32_t vec_int_equal(VecInt a, VecInt b)
{
    return (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(a, b)));
}

IOPT_ALWAYS_INLINE VecInt vec_u8_load(const uint8_t *p)
{
    return _mm256_cvtepu8_epi32(_mm_loadl_epi64((const void *)p));
}

IOPT_ALWAYS_INLINE VecInt vec_u16_load(const uint16_t *p)
{
    return _mm256_cvtepu16_epi32(_mm_loadu_si128((const void *)p));
}

/* The lanes, all of 0 .. 65535, as 16 bits. */
IOPT_ALWAYS_INLINE __m128i vec_narrow(VecInt a)
{
    const __m256i packed = _mm256_packus_epi32(a, a);
    return _mm256_castsi256_si128(_mm256_permute4x64_epi64(packed, 0x08));
}

IOPT_ALWAYS_INLINE void vec_u8_store(uint8_t *p, VecInt a)
{
    const __m128i narrow = vec_narrow(a);
    _mm_storel_epi64((void *)p, _mm_packus_epi16(narrow, narrow));
}

/* Two vectors of codes of 8 bits, with less shuffling than one by one. */
IOPT_ALWAYS_INLINE void vec_u8_store_2(uint8_t *p, VecInt a, VecInt b)
{
    const __m256i words = _mm256_permute4x64_epi64(_mm256_packus_epi32(a, b), 0xD8);
    _mm_storeu_si128((void *)p, _mm_packus_epi16(_mm256_castsi256_si128(words),
                                                 _mm256_extracti128_si256(words, 1)));
}

IOPT_ALWAYS_INLINE void vec_u16_store(uint16_t *p, VecInt a)
{
    _mm_storeu_si128((void *)p, vec_narrow(a));
}

/* the first n <= 16 bytes */
IOPT_ALWAYS_INLINE void vec_bytes_store(unsigned char *p, __m128i a, size_t n)
{
    if (n >= 16) {
        _mm_storeu_si128((void *)p, a);
        return;
    }
    if (n & 8) {
        _mm_storel_epi64((void *)p, a);
        a = _mm_srli_si128(a, 8);
        p += 8;
    }
    uint64_t rest = (uint64_t)_mm_cvtsi128_si64(a);
    for (n &= 7; n > 0; n--, rest >>= 8)
        *p++ = (unsigned char)rest;
}

IOPT_ALWAYS_INLINE void vec_u8_store_part(uint8_t *p, VecInt a, size_t count)
{
    vec_bytes_store(p, _mm_packus_epi16(vec_narrow(a), _mm_setzero_si128()), count);
}

IOPT_ALWAYS_INLINE void vec_u16_store_part(uint16_t *p, VecInt a, size_t count)
{
    vec_bytes_store((unsigned char *)p, vec_narrow(a), 2 * count);
}

#endif

IOPT_ALWAYS_INLINE VecInt vec_int_load(const int32_t *p)
{
    return VEC_INT_LOADU(p);
}

IOPT_ALWAYS_INLINE void vec_int_store(int32_t *p, VecInt a)
{
    VEC_INT_STOREU(p, a);
}

IOPT_ALWAYS_INLINE VecInt vec_int_zero(void)
{
    return VEC_INT_ZERO();
}

IOPT_ALWAYS_INLINE VecInt vec_int_all(int32_t a)
{
    return VEC_INT_OP(set1)(a);
}

IOPT_ALWAYS_INLINE VecInt vec_int_add(VecInt a, VecInt b)
{
    return VEC_INT_OP(add)(a, b);
}

IOPT_ALWAYS_INLINE VecInt vec_int_sub(VecInt a, VecInt b)
{
    return VEC_INT_OP(sub)(a, b);
}

/* modulo 2^32 */
IOPT_ALWAYS_INLINE VecInt vec_int_mul(VecInt a, VecInt b)
{
    return VEC_INT_OP(mullo)(a, b);
}

IOPT_ALWAYS_INLINE Vec vec_from_int(VecInt a)
{
    return VEC_INT(cvtepi32_ps)(a);
}

/* To the nearest integer, ties to even. */
IOPT_ALWAYS_INLINE VecInt vec_to_int(Vec a)
{
    return VEC_INT(cvtps_epi32)(a);
}

/* VEC codes from element `i` on. */
IOPT_ALWAYS_INLINE VecInt vec_code_load(const void *codes, IoptS8Out type, ptrdiff_t i)
{
    return type == IOPT_S8_OUT_U8 ? vec_u8_load((const uint8_t *)codes + i)
                                  : vec_u16_load((const uint16_t *)codes + i);
}

/* Their values. */
IOPT_ALWAYS_INLINE Vec vec_code_value(const IoptS8In *in, const void *codes, ptrdiff_t i)
{
    const VecInt code = vec_code_load(codes, in->type, i);
    return vec_mul(vec_from_int(vec_int_sub(code, vec_int_all(in->zero))), vec_all(in->scale));
}

/* The code of v, of 8 or 16 bits; NaN gives the lowest. */
IOPT_ALWAYS_INLINE VecInt vec_code(Vec v, Vec lo, Vec hi, VecInt zero)
{
    return vec_int_add(vec_to_int(vec_min(vec_max(v, lo), hi)), zero);
}

/* Writes the first `count` lanes as codes from element `i` on; all if count >= VEC. */
IOPT_ALWAYS_INLINE void vec_code_store(void *codes, IoptS8Out type, ptrdiff_t i, VecInt code,
                                       size_t count)
{
    if (type == IOPT_S8_OUT_U8 && count >= VEC)
        vec_u8_store((uint8_t *)codes + i, code);
    else if (type == IOPT_S8_OUT_U8)
        vec_u8_store_part((uint8_t *)codes + i, code, count);
    else if (count >= VEC)
        vec_u16_store((uint16_t *)codes + i, code);
    else
        vec_u16_store_part((uint16_t *)codes + i, code, count);
}

/* Writes the first `count` lanes as `end` says, from element `i` on; all if count >= VEC. */
IOPT_ALWAYS_INLINE void vec_end(const IoptS8End *end, void *y, ptrdiff_t i, Vec v, size_t count)
{
    const Vec lo = vec_all(end->lo), hi = vec_all(end->hi);

    if (end->type != IOPT_S8_OUT_F32)
        vec_code_store(y, end->type, i, vec_code(v, lo, hi, vec_int_all(end->zero)), count);
    else if (count < VEC)
        vec_store_part((float *)y + i, vec_clamp(v, lo, hi), vec_lanes(count));
    else
        vec_store((float *)y + i, vec_clamp(v, lo, hi));
}

#endif
