/* Vectors of int32, VEC lanes each, and codes of 8 bits as such: what vec_f32.h is for floats.  The
 * including file chooses the instruction set as there. */
#ifndef IOPT_KERNELS_VEC_S32_H
#define IOPT_KERNELS_VEC_S32_H

#include <stdint.h>
#include <string.h>

#include "kernels/vec_f32.h"

#if defined(IOPT_VEC_AVX512)

typedef __m512i VecInt;

#define VEC_INT(name) _mm512_##name
#define VEC_INT_ZERO() _mm512_setzero_si512()
#define VEC_INT_LOADU _mm512_loadu_si512
#define VEC_INT_STOREU _mm512_storeu_si512

/* Only these lanes are touched in memory; the others are 0. */
IOPT_ALWAYS_INLINE VecInt vec_int_load_part(const int32_t *p, VecLanes lanes)
{
    return _mm512_maskz_loadu_epi32(lanes, p);
}

IOPT_ALWAYS_INLINE void vec_int_store_part(int32_t *p, VecInt a, VecLanes lanes)
{
    _mm512_mask_storeu_epi32(p, lanes, a);
}

IOPT_ALWAYS_INLINE VecInt vec_u8_load(const uint8_t *p)
{
    return _mm512_cvtepu8_epi32(_mm_loadu_si128((const void *)p));
}

/* The first count < VEC; the others are 0, and not read. */
IOPT_ALWAYS_INLINE VecInt vec_u8_load_part(const uint8_t *p, size_t count)
{
    return _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(vec_lanes(count), p));
}

/* The low byte of each lane, next to one another. */
IOPT_ALWAYS_INLINE void vec_u8_store(uint8_t *p, VecInt a)
{
    _mm_storeu_si128((void *)p, _mm512_cvtepi32_epi8(a));
}

/* the first count < VEC */
IOPT_ALWAYS_INLINE void vec_u8_store_part(uint8_t *p, VecInt a, size_t count)
{
    _mm_mask_storeu_epi8(p, vec_lanes(count), _mm512_cvtepi32_epi8(a));
}

/* The upper halves of the 64-bit products of a by b's even lanes. */
IOPT_ALWAYS_INLINE VecInt vec_int_mul_high(VecInt a, VecInt b)
{
    const VecInt even = _mm512_mul_epi32(a, b);
    const VecInt odd = _mm512_mul_epi32(_mm512_srli_epi64(a, 32), b);

    return _mm512_mask_shuffle_epi32(odd, 0x5555, even, _MM_PERM_DDBB);
}

#elif defined(IOPT_VEC_AVX2)

typedef __m256i VecInt;

#define VEC_INT(name) _mm256_##name
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

IOPT_ALWAYS_INLINE VecInt vec_u8_load(const uint8_t *p)
{
    return _mm256_cvtepu8_epi32(_mm_loadl_epi64((const void *)p));
}

IOPT_ALWAYS_INLINE VecInt vec_u8_load_part(const uint8_t *p, size_t count)
{
    uint8_t bytes[VEC] = { 0 };

    memcpy(bytes, p, count);
    return vec_u8_load(bytes);
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
    for (size_t part = 4; part > 0; part /= 2)
        if (n & part) {
            memcpy(p, &rest, part);
            rest >>= 8 * part;
            p += part;
        }
}

IOPT_ALWAYS_INLINE void vec_u8_store_part(uint8_t *p, VecInt a, size_t count)
{
    vec_bytes_store(p, _mm_packus_epi16(vec_narrow(a), _mm_setzero_si128()), count);
}

IOPT_ALWAYS_INLINE VecInt vec_int_mul_high(VecInt a, VecInt b)
{
    const VecInt even = _mm256_mul_epi32(a, b);
    const VecInt odd = _mm256_mul_epi32(_mm256_srli_epi64(a, 32), b);

    return _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xaa);
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
    return VEC_INT(set1_epi32)(a);
}

IOPT_ALWAYS_INLINE VecInt vec_int_add(VecInt a, VecInt b)
{
    return VEC_INT(add_epi32)(a, b);
}

IOPT_ALWAYS_INLINE VecInt vec_int_sub(VecInt a, VecInt b)
{
    return VEC_INT(sub_epi32)(a, b);
}

/* modulo 2^32 */
IOPT_ALWAYS_INLINE VecInt vec_int_mul(VecInt a, VecInt b)
{
    return VEC_INT(mullo_epi32)(a, b);
}

IOPT_ALWAYS_INLINE VecInt vec_int_max(VecInt a, VecInt b)
{
    return VEC_INT(max_epi32)(a, b);
}

IOPT_ALWAYS_INLINE VecInt vec_int_min(VecInt a, VecInt b)
{
    return VEC_INT(min_epi32)(a, b);
}

IOPT_ALWAYS_INLINE VecInt vec_int_shift_16(VecInt a)
{
    return VEC_INT(srli_epi32)(a, 16);
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

/* Without the fraction, towards zero. */
IOPT_ALWAYS_INLINE VecInt vec_cut_to_int(Vec a)
{
    return VEC_INT(cvttps_epi32)(a);
}

#endif
