/* More on vectors of codes (vec_s8.h): seen as VEC_WORDS of 16 bits without sign (vecw_) or as
 * VEC_BYTES bytes (vecb_), and operands and results made ready for a loop over rows. */
#ifndef IOPT_KERNELS_VEC_CODES_H
#define IOPT_KERNELS_VEC_CODES_H

#include "kernels/vec_s8.h"

enum { VEC_WORDS = 2 * VEC, VEC_BYTES = 4 * VEC };

#if defined(IOPT_VEC_AVX512)

IOPT_ALWAYS_INLINE VecInt vecb_load(const void *p)
{
    return _mm512_loadu_si512(p);
}

IOPT_ALWAYS_INLINE void vecb_store(void *p, VecInt a)
{
    _mm512_storeu_si512(p, a);
}

/* the first n bytes, n <= VEC_BYTES */
IOPT_ALWAYS_INLINE void vecb_store_part(void *p, VecInt a, size_t n)
{
    _mm512_mask_storeu_epi8(p, n >= 64 ? ~0ULL : (1ULL << n) - 1, a);
}

/* VEC_WORDS codes of 8 bits */
IOPT_ALWAYS_INLINE VecInt vecw_load_u8(const void *p)
{
    return _mm512_cvtepu8_epi16(_mm256_loadu_si256(p));
}

/* the lower and the upper VEC of VEC_WORDS */
IOPT_ALWAYS_INLINE VecInt vecw_low(VecInt a)
{
    return _mm512_cvtepu16_epi32(_mm512_castsi512_si256(a));
}

IOPT_ALWAYS_INLINE VecInt vecw_high(VecInt a)
{
    return _mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64(a, 1));
}

/* Four vectors that were packed to bytes within 128 bits, one after the other. */
IOPT_ALWAYS_INLINE VecInt vecb_in_order(VecInt a)
{
    const VecInt order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    return _mm512_permutexvar_epi32(order, a);
}

/* n <= 2 times `count` <= 2 * VEC bytes, `stride` bytes apart. */
IOPT_ALWAYS_INLINE void vecb_store_wide(uint8_t *p, ptrdiff_t stride, VecInt a, const size_t n,
                                        size_t count)
{
    const uint32_t mask = (uint32_t)((1ULL << count) - 1);

    _mm256_mask_storeu_epi8(p, mask, _mm512_castsi512_si256(a));
    if (n > 1)
        _mm256_mask_storeu_epi8(p + stride, mask, _mm512_extracti64x4_epi64(a, 1));
}

/* n <= 4 times VEC bytes, `stride` bytes apart. */
IOPT_ALWAYS_INLINE void vecb_store_rows(uint8_t *p, ptrdiff_t stride, VecInt a, const size_t n)
{
    _mm_storeu_si128((void *)p, _mm512_castsi512_si128(a));
    if (n > 1)
        _mm_storeu_si128((void *)(p + stride), _mm512_extracti32x4_epi32(a, 1));
    if (n > 2)
        _mm_storeu_si128((void *)(p + 2 * stride), _mm512_extracti32x4_epi32(a, 2));
    if (n > 3)
        _mm_storeu_si128((void *)(p + 3 * stride), _mm512_extracti32x4_epi32(a, 3));
}

/* As vecb_store_rows, but only `count` <= VEC bytes of each. */
IOPT_ALWAYS_INLINE void vecb_store_some(uint8_t *p, ptrdiff_t stride, VecInt a, size_t n,
                                        size_t count)
{
    for (size_t i = 0; i < n; i++, p += stride) {
        _mm_mask_storeu_epi8(p, vec_lanes(count), _mm512_castsi512_si128(a));
        a = _mm512_shuffle_i64x2(a, a, _MM_SHUFFLE(0, 3, 2, 1));
    }
}

#elif defined(IOPT_VEC_AVX2)

IOPT_ALWAYS_INLINE VecInt vecb_load(const void *p)
{
    return _mm256_loadu_si256(p);
}

IOPT_ALWAYS_INLINE void vecb_store(void *p, VecInt a)
{
    _mm256_storeu_si256(p, a);
}

IOPT_ALWAYS_INLINE void vecb_store_part(void *p, VecInt a, size_t n)
{
    vec_bytes_store(p, _mm256_castsi256_si128(a), n);
    if (n > 16)
        vec_bytes_store((unsigned char *)p + 16, _mm256_extracti128_si256(a, 1), n - 16);
}

IOPT_ALWAYS_INLINE VecInt vecw_load_u8(const void *p)
{
    return _mm256_cvtepu8_epi16(_mm_loadu_si128(p));
}

IOPT_ALWAYS_INLINE VecInt vecw_low(VecInt a)
{
    return _mm256_cvtepu16_epi32(_mm256_castsi256_si128(a));
}

IOPT_ALWAYS_INLINE VecInt vecw_high(VecInt a)
{
    return _mm256_cvtepu16_epi32(_mm256_extracti128_si256(a, 1));
}

IOPT_ALWAYS_INLINE VecInt vecb_in_order(VecInt a)
{
    return _mm256_permutevar8x32_epi32(a, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

IOPT_ALWAYS_INLINE void vecb_store_wide(uint8_t *p, ptrdiff_t stride, VecInt a, const size_t n,
                                        size_t count)
{
    vec_bytes_store(p, _mm256_castsi256_si128(a), count);
    if (n > 1)
        vec_bytes_store(p + stride, _mm256_extracti128_si256(a, 1), count);
}

IOPT_ALWAYS_INLINE void vecb_store_rows(uint8_t *p, ptrdiff_t stride, VecInt a, const size_t n)
{
    const __m128i low = _mm256_castsi256_si128(a), high = _mm256_extracti128_si256(a, 1);

    _mm_storel_epi64((void *)p, low);
    if (n > 1)
        _mm_storeh_pd((void *)(p + stride), _mm_castsi128_pd(low));
    if (n > 2)
        _mm_storel_epi64((void *)(p + 2 * stride), high);
    if (n > 3)
        _mm_storeh_pd((void *)(p + 3 * stride), _mm_castsi128_pd(high));
}

IOPT_ALWAYS_INLINE void vecb_store_some(uint8_t *p, ptrdiff_t stride, VecInt a, size_t n,
                                        size_t count)
{
    for (size_t i = 0; i < n; i++, p += stride) {
        vec_bytes_store(p, _mm256_castsi256_si128(a), count);
        a = _mm256_permute4x64_epi64(a, _MM_SHUFFLE(0, 3, 2, 1));
    }
}

#endif

IOPT_ALWAYS_INLINE VecInt vecw_add(VecInt a, VecInt b)
{
    return VEC_INT(add_epi16)(a, b);
}

/* VEC_BYTES bytes or VEC_WORDS words, all the same */
IOPT_ALWAYS_INLINE VecInt vec_all_codes(int32_t a, const IoptS8Out type)
{
    return type == IOPT_S8_OUT_U8 ? VEC_INT(set1_epi8)((char)a) : VEC_INT(set1_epi16)((short)a);
}

/* the larger, the smaller of bytes or words */
IOPT_ALWAYS_INLINE VecInt vec_max_codes(VecInt a, VecInt b, const IoptS8Out type)
{
    return type == IOPT_S8_OUT_U8 ? VEC_INT(max_epu8)(a, b) : VEC_INT(max_epu16)(a, b);
}

IOPT_ALWAYS_INLINE VecInt vec_min_codes(VecInt a, VecInt b, const IoptS8Out type)
{
    return type == IOPT_S8_OUT_U8 ? VEC_INT(min_epu8)(a, b) : VEC_INT(min_epu16)(a, b);
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
    VecInt zero;
    Vec scale;
} VecIn;

IOPT_ALWAYS_INLINE VecIn vec_in(const IoptS8In *in)
{
    return (VecIn){ vec_int_all(in->zero), vec_all(in->scale) };
}

/* The values of VEC codes. */
IOPT_ALWAYS_INLINE Vec vec_in_values(const VecIn *in, const void *p, const IoptS8Out type)
{
    return vec_mul(vec_from_int(vec_int_sub(vec_code_load(p, type, 0), in->zero)), in->scale);
}

/* An IoptS8End, ready for use. */
typedef struct VecEnd {
    Vec lo, hi;
    VecInt zero;
} VecEnd;

IOPT_ALWAYS_INLINE VecEnd vec_ready_end(const IoptS8End *end)
{
    return (VecEnd){ vec_all(end->lo), vec_all(end->hi), vec_int_all(end->zero) };
}

/* An IoptS8End of type U8, ready for four vectors at once: words, bytes and floats. */
typedef struct VecEndOfFour {
    VecInt zero, lo;
    Vec hi;
} VecEndOfFour;

IOPT_ALWAYS_INLINE VecEndOfFour vec_ready_end_of_four(const IoptS8End *end)
{
    const int32_t lo = end->type == IOPT_S8_OUT_U8 ? (int32_t)end->lo : 0;

    return (VecEndOfFour){ vec_all_codes(end->zero, IOPT_S8_OUT_U16),
                           vec_all_codes(lo + end->zero, IOPT_S8_OUT_U8), vec_all(end->hi) };
}

/* The codes of four vectors of values, VEC_BYTES.  Below, saturation and `lo` do what clamping the
 * values would: what is too small for an integer, or NaN, becomes the least integer. */
IOPT_ALWAYS_INLINE VecInt vec_four_codes(const VecEndOfFour *end, Vec a, Vec b, Vec c, Vec d)
{
    VecInt ab =
        VEC_INT(packs_epi32)(vec_to_int(vec_min(end->hi, a)), vec_to_int(vec_min(end->hi, b)));
    VecInt cd =
        VEC_INT(packs_epi32)(vec_to_int(vec_min(end->hi, c)), vec_to_int(vec_min(end->hi, d)));

    ab = VEC_INT(adds_epi16)(ab, end->zero);
    cd = VEC_INT(adds_epi16)(cd, end->zero);
    return vecb_in_order(VEC_INT(max_epu8)(VEC_INT(packus_epi16)(ab, cd), end->lo));
}

/* Writes the first n <= VEC values. */
IOPT_ALWAYS_INLINE void vec_end_store(const VecEnd *end, void *p, Vec v, size_t n,
                                      const IoptS8Out type)
{
    if (type != IOPT_S8_OUT_F32)
        vec_code_store(p, type, 0, vec_code(v, end->lo, end->hi, end->zero), n);
    else if (n >= VEC)
        vec_store(p, vec_clamp(v, end->lo, end->hi));
    else
        vec_store_part(p, vec_clamp(v, end->lo, end->hi), vec_lanes(n));
}

#endif
