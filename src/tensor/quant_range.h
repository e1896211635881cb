/* Ranges of quantized values, as FakeQuantWithMinMaxVars reads them.
 *
 *   step   scale = (max - min) / (2^bits - 1)
 *   zero   clamp(round_half_away(-min / scale), 0, 2^bits - 1)
 *   value  (q - zero) * scale; the nudged range is what q = 0 and q = 2^bits - 1 stand for
 *
 * All in float32, one rounding per operation.
 */
#ifndef IOPT_TENSOR_QUANT_RANGE_H
#define IOPT_TENSOR_QUANT_RANGE_H

#include <stdbool.h>

typedef struct IoptQuantRange {
    float min, max;   /* nudged: zero is a step */
    float scale;      /* of one step */
    float zero_point; /* 0 .. 2^bits - 1 */
} IoptQuantRange;

/* The range that TensorFlow makes of min and max: bits 2 .. 16, narrow_range false.  False, with
 * *out untouched, if there is no finite step above zero: max <= min, or a bound that is no number.
 * A range that does not reach zero is moved until it does. */
bool iopt_quant_range_read(float min, float max, int bits, IoptQuantRange *out);

/* A range about min .. max, widened to hold zero, that TensorFlow's nudging leaves as it is, bit
 * for bit: the scale has so few digits that its multiples up to 2^bits are exact.  It is rounded
 * up, by less than 2^(bits - 23).  min <= max, finite.  If nothing is left (all zeros, or values
 * below 2^-100), the range is 0 .. 1, about. */
IoptQuantRange iopt_quant_range(float min, float max, int bits);

#endif
