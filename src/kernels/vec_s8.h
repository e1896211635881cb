/* Vectors of codes, VEC lanes each: the vector form of requant_s8.h.  The including file chooses
 * the instruction set as for vec_f32.h.
 *
 * vec_code_load reads whole vectors (the spare bytes of requant_s8.h); stores and everything on
 * float and int32 touch only the lanes named.
 */
#ifndef IOPT_KERNELS_VEC_S8_H
#define IOPT_KERNELS_VEC_S8_H

#include "kernels/requant_s8.h"
#include "kernels/vec_s32.h"

#if defined(IOPT_VEC_AVX512)

/* 2 * VEC bytes as words of 16 bits */
IOPT_ALWAYS_INLINE VecInt vec_words_load(const uint8_t *p)
{
    return _mm512_cvtepu8_epi16(_mm256_loadu_si256((const void *)p));
}

/* The first n < 2 * VEC; the others are 0, and not read. */
IOPT_ALWAYS_INLINE VecInt vec_words_load_part(const uint8_t *p, size_t n)
{
    return _mm512_cvtepu8_epi16(_mm256_maskz_loadu_epi8((1U << n) - 1, p));
}

/* *sum += a.  gcc 12 copies the sums of a tile about, or spills them, if it sees what they are for:
 * products take a tenth more time then. */
IOPT_ALWAYS_INLINE void vec_int_add_to(VecInt *sum, VecInt a)
{
    __asm__("vpaddd %1, %0, %0" : "+v"(*sum) : "v"(a));
}

/* Bit i: lanes i are equal. */
IOPT_ALWAYS_INLINE uint32_t vec_int_equal(VecInt a, VecInt b)
{
    return _mm512_cmpeq_epi32_mask(a, b);
}

IOPT_ALWAYS_INLINE VecInt vec_u16_load(const uint16_t *p)
{
    return _mm512_cvtepu16_epi32(_mm256_loadu_si256((const void *)p));
}

/* vec_u8_store of two vectors. */
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
IOPT_ALWAYS_INLINE void vec_u16_store_part(uint16_t *p, VecInt a, size_t count)
{
    _mm256_mask_storeu_epi16(p, vec_lanes(count), _mm512_cvtepi32_epi16(a));
}

#elif defined(IOPT_VEC_AVX2)

IOPT_ALWAYS_INLINE VecInt vec_words_load(const uint8_t *p)
{
    return _mm256_cvtepu8_epi16(_mm_loadu_si128((const void *)p));
}

IOPT_ALWAYS_INLINE VecInt vec_words_load_part(const uint8_t *p, size_t n)
{
    uint64_t half[2] = { 0 };
    size_t to = n & 8;

    if (to)
        memcpy(half, p, 8);
    for (size_t part = 4, bits = 0; part > 0; part /= 2) {
        uint32_t bytes = 0;
        if (n & part) {
            memcpy(&bytes, p + to, part);
            half[n / 8] |= (uint64_t)bytes << bits;
            to += part;
            bits += 8 * part;
        }
    }
    return _mm256_cvtepu8_epi16(_mm_set_epi64x((long long)half[1], (long long)half[0]));
}

IOPT_ALWAYS_INLINE void vec_int_add_to(VecInt *sum, VecInt a)
{
    __asm__("vpaddd %1, %0, %0" : "+x"(*sum) : "x"(a));
}

IOPT_ALWAYS_INLINE uint32_t vec_int_equal(VecInt a, VecInt b)
{
    return (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(a, b)));
}

IOPT_ALWAYS_INLINE VecInt vec_u16_load(const uint16_t *p)
{
    return _mm256_cvtepu16_epi32(_mm_loadu_si128((const void *)p));
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

IOPT_ALWAYS_INLINE void vec_u16_store_part(uint16_t *p, VecInt a, size_t count)
{
    vec_bytes_store((unsigned char *)p, vec_narrow(a), 2 * count);
}

#endif

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
