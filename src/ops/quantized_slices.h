/* What QuantizeV2 and Dequantize share: the mode, and ranges for each slice along an axis. */
#ifndef IOPT_OPS_QUANTIZED_SLICES_H
#define IOPT_OPS_QUANTIZED_SLICES_H

#include "ops/ints.h"

typedef enum IoptQuantizeMode { IOPT_MIN_COMBINED, IOPT_MIN_FIRST, IOPT_SCALED } IoptQuantizeMode;

/* Attribute `mode`. */
IoptStatus iopt_quantize_mode(const IoptNode *node, IoptQuantizeMode *out, IoptError *err);

/* Input 0 as [outer, count, inner] around attribute `axis`; count is 1 without an axis. */
typedef struct IoptSlices {
    size_t outer, count, inner;
} IoptSlices;

IoptSlices iopt_slices_of(const IoptNode *node, const IoptTensor *x);

/* Checks that inputs 1 and 2 are floats, one for each slice (without an axis the first counts);
 * *ranges is the shape of one of them. */
IoptStatus iopt_slices_check(const IoptNode *node, const IoptFact *in, IoptShape *ranges,
                             IoptError *err);

#endif
