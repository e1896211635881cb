/* Codes, and how kernels on codes end: an integer or a value becomes a code of the result.
 *
 * A code q, of 8 or 16 bits, stands for the value (q - zero) * scale.  Kernels whose name ends in
 * _s8 multiply codes by signed 8-bit weights; those in _u8 only look at codes.
 *
 *   exact    every product, sum and conversion is float32, rounded once, never fused; so all
 *            variants of a kernel give the same bits (cmake/flags.cmake forbids contraction)
 *   reads    kernels on codes may read, but not use, IOPT_S8_SPARE_BYTES - 1 bytes behind the last
 *            element of an operand of codes: its buffer has that many spare bytes.  Operands in
 *            float and results are touched at their elements only
 */
#ifndef IOPT_KERNELS_REQUANT_S8_H
#define IOPT_KERNELS_REQUANT_S8_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

enum { IOPT_S8_SPARE_BYTES = 64 };

/* The type of what a kernel writes, and of codes (or floats) that it reads. */
typedef enum IoptS8Out {
    IOPT_S8_OUT_U8,
    IOPT_S8_OUT_U16,
    IOPT_S8_OUT_F32,
    IOPT_S8_OUT_S32 /* bare sums; only where a header says so */
} IoptS8Out;

/* An operand of codes: (float)(q - zero) * scale. */
typedef struct IoptS8In {
    IoptS8Out type;   /* U8 or U16 */
    ptrdiff_t stride; /* elements from row to row or from pixel to pixel */
    int32_t zero;
    float scale;
} IoptS8In;

/* A result.  U8, U16: rne(clamp(v, lo, hi)) + zero, where lo and hi are integers (an activation is
 * in them) with 0 <= lo + zero and hi + zero <= 255 or 65535; NaN gives lo + zero.
 * F32: clamp(v, lo, hi), NaN stays NaN; -INFINITY and INFINITY for none. */
typedef struct IoptS8End {
    IoptS8Out type;
    ptrdiff_t stride; /* elements */
    float lo, hi;
    int32_t zero; /* not used for F32 */
} IoptS8End;

IOPT_ALWAYS_INLINE size_t iopt_s8_bytes(IoptS8Out type)
{
    return type == IOPT_S8_OUT_U8 ? 1 : type == IOPT_S8_OUT_U16 ? 2 : 4;
}

/* To the nearest integer, ties to even, for |v| <= 2^22: the sum has no bits below 1. */
IOPT_ALWAYS_INLINE int32_t iopt_s8_round(float v)
{
    return (int32_t)((v + 12582912.0F) - 12582912.0F);
}

/* Code i of an array of U8 or U16. */
IOPT_ALWAYS_INLINE int32_t iopt_s8_code(const void *codes, IoptS8Out type, ptrdiff_t i)
{
    return type == IOPT_S8_OUT_U8 ? ((const uint8_t *)codes)[i] : ((const uint16_t *)codes)[i];
}

/* The value of that code. */
IOPT_ALWAYS_INLINE float iopt_s8_value(const IoptS8In *in, const void *codes, ptrdiff_t i)
{
    return (float)(iopt_s8_code(codes, in->type, i) - in->zero) * in->scale;
}

/* Writes element i of a result. */
IOPT_ALWAYS_INLINE void iopt_s8_end(const IoptS8End *end, void *y, ptrdiff_t i, float v)
{
    if (end->type == IOPT_S8_OUT_F32) {
        ((float *)y)[i] = v < end->lo ? end->lo : v > end->hi ? end->hi : v;
        return;
    }
    const float clamped = v > end->lo ? v < end->hi ? v : end->hi : end->lo;
    const int32_t code = iopt_s8_round(clamped) + end->zero;
    if (end->type == IOPT_S8_OUT_U8)
        ((uint8_t *)y)[i] = (uint8_t)code;
    else
        ((uint16_t *)y)[i] = (uint16_t)code;
}

#endif
