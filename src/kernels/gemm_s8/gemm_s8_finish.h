/* How a tile of gemm_s8 ends, from its sums in memory: bias, the row term, scale, residual, and the
 * result of any type.  What most tiles need, codes of 8 bits or sums and nothing added, they do in
 * registers. */
#ifndef IOPT_KERNELS_GEMM_S8_FINISH_H
#define IOPT_KERNELS_GEMM_S8_FINISH_H

#include <stdbool.h>

#include "kernels/gemm_s8/gemm_s8_layout.h"
#include "kernels/vec_s8.h"

/* Some rows and columns of C. */
typedef struct Area {
    const IoptGemmS8 *gemm;
    size_t row, rows, column;
    size_t columns;      /* of C that are left from there; the sums may be wider */
    const int32_t *bias; /* of all columns, filled up with zeros */
    const float *scale;  /* the same */
} Area;

/* One vector, `column` columns from the area's first; `lanes` of it are in C. */
IOPT_ALWAYS_INLINE void finish_vector(const Area *area, size_t row, size_t column, VecInt sum,
                                      size_t lanes)
{
    const IoptGemmS8 *const gemm = area->gemm;
    const ptrdiff_t j = (ptrdiff_t)(area->column + column), r = (ptrdiff_t)row;
    const ptrdiff_t to = r * gemm->end.stride + j;

    if (gemm->row_sum)
        sum = vec_int_add(sum, vec_int_mul(vec_int_all(gemm->row_sum[row]),
                                           vec_int_load_part(gemm->b_zero + j, vec_lanes(lanes))));
    if (gemm->end.type == IOPT_S8_OUT_S32) {
        vec_int_store_part((int32_t *)gemm->c + to, sum, vec_lanes(lanes));
        return;
    }
    Vec v = vec_mul(vec_from_int(sum), vec_load(area->scale + column));
    if (gemm->residual) {
        const ptrdiff_t at = r * gemm->residual_in.stride + j;
        v = vec_add(v, gemm->residual_in.type == IOPT_S8_OUT_F32
                           ? vec_load_part((const float *)gemm->residual + at, vec_lanes(lanes))
                           : vec_code_value(&gemm->residual_in, gemm->residual, at));
    }
    vec_end(&gemm->end, gemm->c, to, v, lanes);
}

enum { NO_RESIDUAL = -1 };

/* The same for all vectors and no row term; the types are constants where it is called. */
IOPT_ALWAYS_INLINE void finish_typed(const Area *area, const int32_t *sums, size_t vectors,
                                     const int residual, const IoptS8Out type)
{
    const IoptGemmS8 *const gemm = area->gemm;
    const Vec lo = vec_all(gemm->end.lo), hi = vec_all(gemm->end.hi);
    const VecInt zero = vec_int_all(gemm->end.zero);
    const VecInt r_zero = vec_int_all(gemm->residual_in.zero);
    const Vec r_scale = vec_all(gemm->residual_in.scale);

    for (size_t i = 0; i < area->rows; i++) {
        const ptrdiff_t row = (ptrdiff_t)(area->row + i), column = (ptrdiff_t)area->column;
        const ptrdiff_t to = row * gemm->end.stride + column;
        const ptrdiff_t from = row * gemm->residual_in.stride + column;
        for (size_t v = 0; v < vectors; v++, sums += VEC) {
            const ptrdiff_t j = (ptrdiff_t)(v * VEC);
            if (v * VEC >= area->columns)
                continue;
            const size_t lanes = area->columns - v * VEC; /* VEC and more: all */
            Vec y = vec_mul(vec_from_int(vec_int_load(sums)), vec_load(area->scale + j));
            if (residual == IOPT_S8_OUT_F32) {
                y = vec_add(
                    y, vec_load_part((const float *)gemm->residual + from + j, vec_lanes(lanes)));
            } else if (residual != NO_RESIDUAL) {
                const VecInt code = vec_code_load(gemm->residual, (IoptS8Out)residual, from + j);
                y = vec_add(y, vec_mul(vec_from_int(vec_int_sub(code, r_zero)), r_scale));
            }
            if (type == IOPT_S8_OUT_F32)
                vec_store_part((float *)gemm->c + to + j, vec_clamp(y, lo, hi), vec_lanes(lanes));
            else
                vec_code_store(gemm->c, type, to + j, vec_code(y, lo, hi, zero), lanes);
        }
    }
}

/* The combinations of types that nets are made of; false for all others. */
static bool finish_common(const Area *area, const int32_t *sums, size_t vectors)
{
    const IoptGemmS8 *const gemm = area->gemm;
    const int residual = gemm->residual ? (int)gemm->residual_in.type : NO_RESIDUAL;
    const IoptS8Out type = gemm->end.type;

    if (gemm->row_sum)
        return false;
    if (residual == IOPT_S8_OUT_U8 && type == IOPT_S8_OUT_U8)
        finish_typed(area, sums, vectors, IOPT_S8_OUT_U8, IOPT_S8_OUT_U8);
    else if (residual == IOPT_S8_OUT_U16 && type == IOPT_S8_OUT_U16)
        finish_typed(area, sums, vectors, IOPT_S8_OUT_U16, IOPT_S8_OUT_U16);
    else if (residual == IOPT_S8_OUT_U8 && type == IOPT_S8_OUT_U16)
        finish_typed(area, sums, vectors, IOPT_S8_OUT_U8, IOPT_S8_OUT_U16);
    else if (residual == IOPT_S8_OUT_F32 && type == IOPT_S8_OUT_F32)
        finish_typed(area, sums, vectors, IOPT_S8_OUT_F32, IOPT_S8_OUT_F32);
    else if (residual == NO_RESIDUAL && type == IOPT_S8_OUT_U8) /* the end of a row */
        finish_typed(area, sums, vectors, NO_RESIDUAL, IOPT_S8_OUT_U8);
    else if (residual == NO_RESIDUAL && type == IOPT_S8_OUT_U16)
        finish_typed(area, sums, vectors, NO_RESIDUAL, IOPT_S8_OUT_U16);
    else if (residual == NO_RESIDUAL && type == IOPT_S8_OUT_F32)
        finish_typed(area, sums, vectors, NO_RESIDUAL, IOPT_S8_OUT_F32);
    else
        return false;
    return true;
}

/* Asks for the residual that an area will need when its sums are done. */
static inline void fetch_residual(const Area *area)
{
    const IoptGemmS8 *const gemm = area->gemm;

    if (!gemm->residual)
        return;
    const size_t bytes = iopt_s8_bytes(gemm->residual_in.type);
    for (size_t i = 0; i < area->rows; i++)
        __builtin_prefetch(
            (const char *)gemm->residual +
            ((ptrdiff_t)(area->row + i) * gemm->residual_in.stride + (ptrdiff_t)area->column) *
                (ptrdiff_t)bytes);
}

/* sums: `vectors` vectors a row, with the bias in them. */
static void finish_area(const Area *area, const int32_t *sums, size_t vectors)
{
    if (finish_common(area, sums, vectors))
        return;
    for (size_t i = 0; i < area->rows; i++)
        for (size_t v = 0; v < vectors && v * VEC < area->columns; v++) {
            const size_t left = area->columns - v * VEC;
            finish_vector(area, area->row + i, v * VEC,
                          vec_int_load(sums + (i * vectors + v) * VEC), left < VEC ? left : VEC);
        }
}

/* Whether whole tiles may end in registers. */
typedef enum Ends { ENDS_IN_MEMORY, ENDS_U8, ENDS_S32 } Ends;

static inline Ends ends_of(const IoptGemmS8 *gemm)
{
    if (gemm->residual || gemm->row_sum)
        return ENDS_IN_MEMORY;
    return gemm->end.type == IOPT_S8_OUT_U8    ? ENDS_U8
           : gemm->end.type == IOPT_S8_OUT_S32 ? ENDS_S32
                                               : ENDS_IN_MEMORY;
}

/* What tiles that end as U8 need, once. */
typedef struct SimpleEnd {
    Vec lo, hi;
    VecInt zero;
} SimpleEnd;

IOPT_ALWAYS_INLINE SimpleEnd simple_end(const IoptGemmS8 *gemm)
{
    return (SimpleEnd){ vec_all(gemm->end.lo), vec_all(gemm->end.hi), vec_int_all(gemm->end.zero) };
}

IOPT_ALWAYS_INLINE VecInt simple_code(const SimpleEnd *end, VecInt sum, Vec scale)
{
    return vec_code(vec_mul(vec_from_int(sum), scale), end->lo, end->hi, end->zero);
}

IOPT_ALWAYS_INLINE void finish_simply(const SimpleEnd *end, uint8_t *c, VecInt sum, Vec scale)
{
    vec_u8_store(c, simple_code(end, sum, scale));
}

/* Two vectors side by side. */
IOPT_ALWAYS_INLINE void finish_two(const SimpleEnd *end, uint8_t *c, VecInt sum0, VecInt sum1,
                                   Vec scale0, Vec scale1)
{
    vec_u8_store_2(c, simple_code(end, sum0, scale0), simple_code(end, sum1, scale1));
}

/* A panel's bias and scale, filled up to whole vectors. */
static void load_columns(const IoptGemmS8 *gemm, size_t column, size_t vectors, int32_t *bias,
                         float *scale)
{
    for (size_t v = 0; v < vectors; v++) {
        const size_t j = column + v * VEC;
        const VecLanes lanes = vec_lanes(j < gemm->n ? gemm->n - j : 0);
        vec_int_store(bias + v * VEC,
                      gemm->bias ? vec_int_load_part(gemm->bias + j, lanes) : vec_int_zero());
        vec_store(scale + v * VEC,
                  gemm->scale ? vec_load_part(gemm->scale + j, lanes) : vec_zero());
    }
}

#endif
