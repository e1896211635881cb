/* Quantized numbers: a code q of a type with `bits` bits stands for a real number between the two
 * ends of a range, which travels beside the codes as two float scalars.
 *
 * TensorFlow converts in two ways that differ in the last bit, and each op is defined by the one it
 * uses: single numbers in double (iopt_code_*), arrays in float (IoptToReal, IoptToCode).  All of
 * it is one rounding per operation, no fused multiply-add; the bits are those of TensorFlow 1.15.
 */
#ifndef IOPT_OPS_QUANTIZED_H
#define IOPT_OPS_QUANTIZED_H

#include "kernels/code_map/code_map.h"
#include "ops/ints.h"

/* The smallest code stands for min, the largest for max. */
typedef struct IoptRange {
    float min, max;
} IoptRange;

/* What a quantized type can hold. */
typedef struct IoptCodes {
    int bits;
    int64_t low, high;
} IoptCodes;

IoptCodes iopt_codes(IoptDType type);

static inline bool iopt_is_symmetric(IoptDType type) /* has codes below zero */
{
    return iopt_codes(type).low < 0;
}

/* The range in inputs `slot` and `slot + 1`, of which the first element counts. */
IoptRange iopt_range_of(const IoptTensor *const *in, size_t slot);

/* Writes a range to outputs `port` and `port + 1`. */
void iopt_range_put(IoptTensor *const *out, size_t port, IoptRange range);

/* Checks that inputs slot .. slot + count - 1 are floats of one element. */
IoptStatus iopt_ranges_check(const IoptNode *node, const IoptFact *in, size_t slot, size_t count,
                             IoptError *err);

/* Facts of a quantized result: codes at port 0, the range at ports 1 and 2. */
void iopt_quantized_facts(IoptFact *out, IoptDType type, IoptShape shape);

/* The same for a result of 8 bits, as attribute out_type says: quint8 or qint8. */
IoptStatus iopt_requantized_facts(const IoptNode *node, IoptShape shape, IoptFact *out,
                                  IoptError *err);

/* --- single numbers, in double ------------------------------------------------------------ */

/* The code of a real number: not clamped to the type, and clamped. */
int64_t iopt_code_unclamped(IoptDType type, float real, IoptRange range);
int64_t iopt_code_of(IoptDType type, float real, IoptRange range);

/* The real number of a code. */
float iopt_code_real(IoptDType type, int64_t code, IoptRange range);

/* The code of zero, as int32; outside the type's codes if the range does not hold zero. */
int32_t iopt_zero_code(IoptDType type, IoptRange range);

/* The range of qint32 codes that are products of codes of `a` and `b`. */
IoptRange iopt_product_range(IoptDType a_type, IoptRange a, IoptDType b_type, IoptRange b);

/* --- arrays, in float ---------------------------------------------------------------------- */

/* real = base + code * scale */
typedef struct IoptToReal {
    float base, scale;
} IoptToReal;

IoptToReal iopt_to_real(IoptDType type, IoptRange range);

static inline float iopt_real(const IoptToReal *to, int64_t code)
{
    return to->base + (float)code * to->scale;
}

/* code = clamp(round(real * scale) - shift) */
typedef struct IoptToCode {
    float scale, shift, low, high;
} IoptToCode;

IoptToCode iopt_to_code(IoptDType type, IoptRange range);
int64_t iopt_code(const IoptToCode *to, float real);

/* How qint32 codes become quint8 codes: multiplication by a ratio with 16 bits behind the point. */
IoptCodeShrink iopt_code_shrink(IoptRange from, IoptRange to);

/* y = the codes of x, which stand for range `from`, in range `to`.  qint32 to quint8 goes by fixed
 * point, everything else by real numbers. */
void iopt_requantize(const IoptTensor *x, IoptRange from, IoptTensor *y, IoptRange to);

/* --- ranges of results ---------------------------------------------------------------------- */

/* RequantizationRange: what the smallest and the largest code that occur stand for; zero is inside
 * from above. */
IoptRange iopt_taken_range(IoptDType type, int64_t lowest, int64_t highest, IoptRange range);

/* QuantizeV2: the range given, with zero in it and wide enough; refuses max < min. */
IoptStatus iopt_quantize_range(const IoptNode *node, IoptRange given, IoptRange *out,
                               IoptError *err);

/* Dequantize of quint8 with one range, in the node's mode. */
IoptToReal iopt_dequantize_quint8(const IoptNode *node, IoptRange range);

/* QuantizedBiasAdd and QuantizedAdd: qint32 in which the sum has room. */
IoptRange iopt_bias_range(IoptRange x, IoptRange bias);
IoptRange iopt_sum_range(IoptRange x, IoptRange y);

/* A quint8 code q in a qint32 range: zero + q * step, before it is clamped to int32. */
typedef struct IoptWiden {
    int64_t zero, step;
} IoptWiden;

IoptWiden iopt_widen(IoptRange from, IoptRange to);

/* Sums and products of int32 as the processor makes them: modulo 2^32. */
static inline int32_t iopt_wrap_i32(uint64_t value)
{
    return (int32_t)(uint32_t)value;
}

#endif
