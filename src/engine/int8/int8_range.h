/* What a fake quantization says of a value: codes and what they stand for. */
#ifndef IOPT_ENGINE_INT8_RANGE_H
#define IOPT_ENGINE_INT8_RANGE_H

#include "graph/graph.h"
#include "kernels/requant_s8.h"

/* Codes 0 .. top; a code q stands for (q - zero) * scale.  min and max are the values of the first
 * and the last code, as TensorFlow's float32 arithmetic gives them. */
typedef struct IoptInt8Range {
    IoptDType dtype; /* quint8 or quint16 */
    float scale, min, max;
    int32_t zero, top;
} IoptInt8Range;

/* FakeQuantWithMinMax* and QuantizeAndDequantize*. */
bool iopt_int8_is_quantizer(const IoptNode *node);

/* The range of such a node: one for the whole tensor, always the same, 2 to 16 bits; else false.
 * With narrow_range or a signed type the codes are counted from 0 all the same. */
bool iopt_int8_range_of(const IoptNode *quantizer, IoptInt8Range *range);

bool iopt_int8_range_equal(const IoptInt8Range *a, const IoptInt8Range *b);

/* The code that a value becomes, as TensorFlow's FakeQuant rounds it. */
int32_t iopt_int8_code_of(const IoptInt8Range *range, float value);

/* How an op ends whose result has this range and values lo .. hi at most (an activation). */
IoptS8End iopt_int8_range_end(const IoptInt8Range *range, float lo, float hi);

/* An operand of this range. */
IoptS8In iopt_int8_range_in(const IoptInt8Range *range);

#endif
