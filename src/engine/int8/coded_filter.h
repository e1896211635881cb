/* Weights of 8 bits: found behind the nodes that make floats of them. */
#ifndef IOPT_ENGINE_CODED_FILTER_H
#define IOPT_ENGINE_CODED_FILTER_H

#include "graph/graph.h"

/* The filter of a Conv2D, DepthwiseConv2dNative or MatMul: element i of output o stands for
 * (codes[i] - zero[o]) * scale[o]. */
typedef struct IoptInt8Weights {
    IoptTensor *codes; /* int8, in the filter's shape */
    double *scale;     /* [outputs], > 0; that of the float op times nothing else */
    int32_t *zero;     /* [outputs], or NULL: all 0 */
    size_t outputs;
} IoptInt8Weights;

/* Finds the weights that input 1 of `layer` is made from:
 *
 *   Mul(Cast(int8 Const), Const)                   the scale per output or one
 *   FakeQuantWithMinMax*(weights), 8 bits or less  known weights and ranges
 *   QuantizeAndDequantize*(weights)
 *
 * *found = false, and *why (a literal), if they are something else.  The caller drops them. */
IoptStatus iopt_int8_weights_of(const IoptNode *layer, IoptInt8Weights *out, bool *found,
                                const char **why, IoptError *err);
void iopt_int8_weights_drop(IoptInt8Weights *weights);

/* The elements of a value that never changes: *tensor, and *owned to be destroyed if it had to be
 * computed now (else NULL); *tensor is NULL if it is not known. */
IoptStatus iopt_int8_known(IoptValue value, const IoptTensor **tensor, IoptTensor **owned,
                           IoptError *err);

#endif
