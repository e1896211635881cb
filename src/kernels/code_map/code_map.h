/* code_map: elementwise work on the codes of TensorFlow's quantized ops, several ops in a row.
 *
 *   x, z     rows of `channels` elements, x_stride and z_stride from row to row; z is read by SUM
 *            and PRODUCT alone.  A z_stride of 0 repeats a row
 *   y        rows like x's, y_stride from row to row; overlaps x only where it is x and has
 *            elements of the same size
 *   stages   what is done to an element v, in this order (`op` says which of them):
 *              pair     v = (x_first + x * x_step) + (z_first + z * z_step), of u8, modulo 2^32;
 *                       PRODUCT: their product
 *              shrink   v = clamp((((v * first.scale) >> 32) + first.offset) >> 16, 0, 255): in 64
 *                       bits, modulo 2^64, with arithmetic shifts
 *              real     f = base + (float)v * step
 *              affine   f = f * factor[c] + summand[c]; both NULL: left out
 *              code     v = (int32)clamp(round(f * scale) - shift, low, high): halves go away from
 *                       zero, NaN gives low; low >= -2^31, high < 2^31
 *              bias     v = v + bias[c], modulo 2^32
 *              shrink   the same with `last`
 *              limit    v = max(lo, min(hi, v))
 *   exact    the same bits in every variant: float stages round once per operation, never fused
 *   reads    nothing but the named elements
 *   source   TensorFlow's kernels of quantized ops: QuantizedToFloat, FloatToQuantized,
 *            RequantizeManyInNewRange
 */
#ifndef IOPT_KERNELS_CODE_MAP_H
#define IOPT_KERNELS_CODE_MAP_H

#include <stdbool.h>

#include "kernels/kernel.h"

typedef enum IoptCodeMapOp {
    IOPT_CODE_SHRINK,        /* s32 -> u8: shrink, limit */
    IOPT_CODE_SHRINK_BIAS,   /* s32 -> u8: shrink, real, code, bias, shrink, limit */
    IOPT_CODE_SHRINK_REAL,   /* s32 -> f32: shrink, real, affine */
    IOPT_CODE_SHRINK_RECODE, /* s32 -> u8: shrink, real, affine, code, limit */
    IOPT_CODE_BIAS,          /* u8 -> s32: real, code, bias */
    IOPT_CODE_BIAS_SHRINK,   /* u8 -> u8: real, code, bias, shrink, limit */
    IOPT_CODE_REAL,          /* u8 -> f32: real, affine */
    IOPT_CODE_RECODE,        /* u8 -> u8: real, affine, code, limit */
    IOPT_CODE_LIMIT,         /* u8 -> u8: limit */
    IOPT_CODE_LIMIT_S32,     /* s32 -> s32: limit */
    IOPT_CODE_CODE,          /* f32 -> u8: code, limit */
    IOPT_CODE_SUM,           /* u8, u8 -> s32: pair */
    IOPT_CODE_PRODUCT,
    IOPT_CODE_SUM_SHRINK, /* u8, u8 -> u8: pair, shrink (`last`), limit */
    IOPT_CODE_PRODUCT_SHRINK,
    IOPT_CODE_COUNT
} IoptCodeMapOp;

/* A ratio with 16 bits behind the point, and what is added to the product. */
typedef struct IoptCodeShrink {
    int64_t scale, offset;
} IoptCodeShrink;

typedef struct IoptCodeMapJob {
    IoptCodeMapOp op;
    size_t channels;
    ptrdiff_t x_stride, z_stride, y_stride; /* elements */
    int32_t x_first, x_step, z_first, z_step;
    IoptCodeShrink first, last;
    float base, step;
    const float *factor, *summand; /* [channels] */
    float scale, shift, low, high;
    const int32_t *bias; /* [channels] */
    int32_t lo, hi;      /* within 0 .. 255 where y is u8 */
} IoptCodeMapJob;

/* Computes the rows [row_begin, row_end). */
typedef void IoptCodeMap(const IoptCodeMapJob *job, const void *x, const uint8_t *z, void *y,
                         size_t row_begin, size_t row_end);

IoptCodeMap iopt_code_map_c, iopt_code_map_avx2, iopt_code_map_avx512;
extern const IoptKernel iopt_kernel_code_map;

/* What `op` is made of: the types of x and y (bytes of an element, and whether it is float), and
 * the stages. */
typedef struct IoptCodeStages {
    size_t x_bytes, y_bytes;
    bool x_real, y_real, pairs, multiplies, shrinks_first, reals, codes, biases, shrinks_last,
        limits;
} IoptCodeStages;

IOPT_ALWAYS_INLINE IoptCodeStages iopt_code_stages(const IoptCodeMapOp op)
{
    const bool from_wide = op == IOPT_CODE_SHRINK || op == IOPT_CODE_SHRINK_BIAS ||
                           op == IOPT_CODE_SHRINK_REAL || op == IOPT_CODE_SHRINK_RECODE;
    const bool biases =
        op == IOPT_CODE_SHRINK_BIAS || op == IOPT_CODE_BIAS || op == IOPT_CODE_BIAS_SHRINK;
    const bool recodes = op == IOPT_CODE_SHRINK_RECODE || op == IOPT_CODE_RECODE;
    const bool to_real = op == IOPT_CODE_SHRINK_REAL || op == IOPT_CODE_REAL;
    const bool shrinks_pair = op == IOPT_CODE_SUM_SHRINK || op == IOPT_CODE_PRODUCT_SHRINK;
    const bool wide_pair = op == IOPT_CODE_SUM || op == IOPT_CODE_PRODUCT;
    const bool to_wide = op == IOPT_CODE_BIAS || wide_pair || op == IOPT_CODE_LIMIT_S32;
    const bool x_real = op == IOPT_CODE_CODE;

    return (IoptCodeStages){
        .x_bytes = from_wide || x_real || op == IOPT_CODE_LIMIT_S32 ? 4 : 1,
        .y_bytes = to_real || to_wide ? 4 : 1,
        .x_real = x_real,
        .y_real = to_real,
        .pairs = wide_pair || shrinks_pair,
        .multiplies = op == IOPT_CODE_PRODUCT || op == IOPT_CODE_PRODUCT_SHRINK,
        .shrinks_first = from_wide,
        .reals = biases || recodes || to_real,
        .codes = biases || recodes || x_real,
        .biases = biases,
        .shrinks_last = op == IOPT_CODE_SHRINK_BIAS || op == IOPT_CODE_BIAS_SHRINK || shrinks_pair,
        .limits = op == IOPT_CODE_LIMIT_S32 || (!to_real && !to_wide),
    };
}

#endif
