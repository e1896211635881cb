/* Vectors of codes, beside the vectors of floats of vec_f32.h: what the vector bodies of kernels on
 * codes are written in.
 *
 * A VecI is seen as VEC integers of 32 bits (veci_), as VEC_WORDS of 16 bits without sign (vecw_)
 * or as VEC_BYTES bytes (vecb_).  Loads are always whole: operands of codes have spare bytes
 * (requant_s8.h).  Stores of a part touch that part only.
 */
#ifndef IOPT_KERNELS_VEC_CODES_H
#define IOPT_KERNELS_VEC_CODES_H

#include "kernels/requant_s8.h"
#include "kernels/vec_f32.h"

enum { VEC_WORDS = 2 * VEC, VEC_BYTES = 4 * VEC };

#if defined(IOPT_VEC_AVX512)

typedef __m512i VecI;

#define VECI_OP(name) _mm512_##name
#define VECI_BITS(name) _mm512_##name##_si512

IOPT_ALWAYS_INLINE VecI vecb_load(const void *p)
{
    return _mm512_loadu_si512(p);
}

IOPT_ALWAYS_INLINE void vecb_store(void *p, VecI a)
{
    _mm512_storeu_si512(p, a);
}

/* the first n bytes, n <= VEC_BYTES */
IOPT_ALWAYS_INLINE void vecb_store_part(void *p, VecI a, size_t n)
{
    _mm512_mask_storeu_epi8(p, n >= 64 ? ~0ULL : (1ULL << n) - 1, a);
}

/* VEC codes of 8 or of 16 bits */
IOPT_ALWAYS_INLINE VecI veci_load_u8(const void *p)
{
    return _mm512_cvtepu8_epi32(_mm_loadu_si128(p));
}

IOPT_ALWAYS_INLINE VecI veci_load_u16(const void *p)
{
    return _mm512_cvtepu16_epi32(_mm256_loadu_si256(p));
}

/* VEC_WORDS codes of 8 bits */
IOPT_ALWAYS_INLINE VecI vecw_load_u8(const void *p)
{
    return _mm512_cvtepu8_epi16(_mm256_loadu_si256(p));
}

/* the lower and the upper VEC of VEC_WORDS */
IOPT_ALWAYS_INLINE VecI vecw_low(VecI a)
{
    return _mm512_cvtepu16_epi32(_mm512_castsi512_si256(a));
}

IOPT_ALWAYS_INLINE VecI vecw_high(VecI a)
{
    return _mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64(a, 1));
}

/* The first n <= VEC of a, each 0 .. 255. */
IOPT_ALWAYS_INLINE void veci_store_u8(void *p, VecI a, size_t n)
{
    const __m128i bytes = _mm512_cvtepi32_epi8(a);

    if (n >= VEC)
        _mm_storeu_si128(p, bytes);
    else
        _mm_mask_storeu_epi8(p, vec_lanes(n), bytes);
}

/* The first n <= VEC of a, each 0 .. 65535. */
IOPT_ALWAYS_INLINE void veci_store_u16(void *p, VecI a, size_t n)
{
    const __m256i words = _mm512_cvtepi32_epi16(a);

    if (n >= VEC)
        _mm256_storeu_si256(p, words);
    else
        _mm256_mask_storeu_epi16(p, vec_lanes(n), words);
}

#elif defined(IOPT_VEC_AVX2)

typedef __m256i VecI;

#define VECI_OP(name) _mm256_##name
#define VECI_BITS(name) _mm256_##name##_si256

IOPT_ALWAYS_INLINE VecI vecb_load(const void *p)
{
    return _mm256_loadu_si256(p);
}

IOPT_ALWAYS_INLINE void vecb_store(void *p, VecI a)
{
    _mm256_storeu_si256(p, a);
}

/* the first n bytes of 16 or fewer */
IOPT_ALWAYS_INLINE void store_bytes(unsigned char *p, __m128i a, size_t n)
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

IOPT_ALWAYS_INLINE void vecb_store_part(void *p, VecI a, size_t n)
{
    store_bytes(p, _mm256_castsi256_si128(a), n);
    if (n > 16)
        store_bytes((unsigned char *)p + 16, _mm256_extracti128_si256(a, 1), n - 16);
}

IOPT_ALWAYS_INLINE VecI veci_load_u8(const void *p)
{
    return _mm256_cvtepu8_epi32(_mm_loadl_epi64(p));
}

IOPT_ALWAYS_INLINE VecI veci_load_u16(const void *p)
{
    return _mm256_cvtepu16_epi32(_mm_loadu_si128(p));
}

IOPT_ALWAYS_INLINE VecI vecw_load_u8(const void *p)
{
    return _mm256_cvtepu8_epi16(_mm_loadu_si128(p));
}

IOPT_ALWAYS_INLINE VecI vecw_low(VecI a)
{
    return _mm256_cvtepu16_epi32(_mm256_castsi256_si128(a));
}

IOPT_ALWAYS_INLINE VecI vecw_high(VecI a)
{
    return _mm256_cvtepu16_epi32(_mm256_extracti128_si256(a, 1));
}

IOPT_ALWAYS_INLINE __m128i words(VecI a)
{
    return _mm_packus_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
}

IOPT_ALWAYS_INLINE void veci_store_u8(void *p, VecI a, size_t n)
{
    const __m128i bytes = _mm_packus_epi16(words(a), _mm_setzero_si128());

    if (n >= VEC)
        _mm_storel_epi64(p, bytes);
    else
        store_bytes(p, bytes, n);
}

IOPT_ALWAYS_INLINE void veci_store_u16(void *p, VecI a, size_t n)
{
    store_bytes(p, words(a), 2 * n);
}

#endif

IOPT_ALWAYS_INLINE VecI veci_zero(void)
{
    return VECI_BITS(setzero)();
}

IOPT_ALWAYS_INLINE VecI veci_all(int32_t a)
{
    return VECI_OP(set1_epi32)(a);
}

IOPT_ALWAYS_INLINE VecI veci_add(VecI a, VecI b)
{
    return VECI_OP(add_epi32)(a, b);
}

IOPT_ALWAYS_INLINE VecI veci_sub(VecI a, VecI b)
{
    return VECI_OP(sub_epi32)(a, b);
}

IOPT_ALWAYS_INLINE VecI vecw_add(VecI a, VecI b)
{
    return VECI_OP(add_epi16)(a, b);
}

/* VEC bytes times four, or VEC_WORDS, all the same */
IOPT_ALWAYS_INLINE VecI veci_all_codes(int32_t a, const IoptS8Out type)
{
    return type == IOPT_S8_OUT_U8 ? VECI_OP(set1_epi8)((char)a) : VECI_OP(set1_epi16)((short)a);
}

/* the larger, the smaller of bytes or words */
IOPT_ALWAYS_INLINE VecI veci_max_codes(VecI a, VecI b, const IoptS8Out type)
{
    return type == IOPT_S8_OUT_U8 ? VECI_OP(max_epu8)(a, b) : VECI_OP(max_epu16)(a, b);
}

IOPT_ALWAYS_INLINE VecI veci_min_codes(VecI a, VecI b, const IoptS8Out type)
{
    return type == IOPT_S8_OUT_U8 ? VECI_OP(min_epu8)(a, b) : VECI_OP(min_epu16)(a, b);
}

/* VEC codes of either type */
IOPT_ALWAYS_INLINE VecI veci_load_codes(const void *p, const IoptS8Out type)
{
    return type == IOPT_S8_OUT_U8 ? veci_load_u8(p) : veci_load_u16(p);
}

IOPT_ALWAYS_INLINE void veci_store_codes(void *p, VecI a, size_t n, const IoptS8Out type)
{
    if (type == IOPT_S8_OUT_U8)
        veci_store_u8(p, a, n);
    else
        veci_store_u16(p, a, n);
}

/* integers to the nearest floats; floats to the nearest integers, ties to even; cut off */
IOPT_ALWAYS_INLINE Vec vec_of_ints(VecI a)
{
    return VECI_OP(cvtepi32_ps)(a);
}

IOPT_ALWAYS_INLINE VecI veci_round(Vec a)
{
    return VECI_OP(cvtps_epi32)(a);
}

IOPT_ALWAYS_INLINE VecI veci_cut(Vec a)
{
    return VECI_OP(cvttps_epi32)(a);
}

/* Element i of an array of this type. */
IOPT_ALWAYS_INLINE const void *code_at(const void *p, ptrdiff_t i, const IoptS8Out type)
{
    return (const char *)p + i * (ptrdiff_t)iopt_s8_bytes(type);
}

IOPT_ALWAYS_INLINE void *code_at_mut(void *p, ptrdiff_t i, const IoptS8Out type)
{
    return (char *)p + i * (ptrdiff_t)iopt_s8_bytes(type);
}

/* An IoptS8In, ready for use. */
typedef struct VecIn {
    VecI zero;
    Vec scale;
} VecIn;

IOPT_ALWAYS_INLINE VecIn vec_in(const IoptS8In *in)
{
    return (VecIn){ veci_all(in->zero), vec_all(in->scale) };
}

/* The values of VEC codes. */
IOPT_ALWAYS_INLINE Vec vec_in_values(const VecIn *in, const void *p, const IoptS8Out type)
{
    return vec_mul(vec_of_ints(veci_sub(veci_load_codes(p, type), in->zero)), in->scale);
}

/* An IoptS8End, ready for use. */
typedef struct VecEnd {
    Vec lo, hi;
    VecI zero;
} VecEnd;

IOPT_ALWAYS_INLINE VecEnd vec_end(const IoptS8End *end)
{
    return (VecEnd){ vec_all(end->lo), vec_all(end->hi), veci_all(end->zero) };
}

/* Writes the first n <= VEC values. */
IOPT_ALWAYS_INLINE void vec_end_store(const VecEnd *end, void *p, Vec v, size_t n,
                                      const IoptS8Out type)
{
    if (type != IOPT_S8_OUT_F32) /* NaN becomes lo */
        veci_store_codes(p, veci_add(veci_round(vec_min(vec_max(v, end->lo), end->hi)), end->zero),
                         n, type);
    else if (n >= VEC)
        vec_store(p, vec_clamp(v, end->lo, end->hi));
    else
        vec_store_part(p, vec_clamp(v, end->lo, end->hi), vec_lanes(n));
}

#endif
