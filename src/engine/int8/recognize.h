/* Recognizing 8-bit graphs: fake quantizations become integer ops (int8.h).
 *
 * Works on a prepared graph whose facts are inferred; constants are not folded yet, so that 8-bit
 * weights are still behind their Cast.  The rules go through the graph once, in order, and each
 * looks at values whose codes are known by then (int8_nodes.h).
 */
#ifndef IOPT_ENGINE_RECOGNIZE_H
#define IOPT_ENGINE_RECOGNIZE_H

#include "engine/int8/int8_nodes.h"
#include "iopt/engine.h"

/* Turns what it recognizes into integer ops; a graph without fake quantizations stays as it is.
 * Facts of new nodes are inferred, removed nodes are swept. */
IoptStatus iopt_int8_recognize(IoptGraph *graph, IoptPlanInt8 *counts, IoptError *err);

/* --- its rules; each tells whether it has rewritten the node ---------------------------------- */

/* Fake quantizations move up through ops that only move values, to where the values are made; the
 * second of two equal ones goes. */
IoptStatus iopt_int8_lift_quantizers(IoptGraph *graph, bool *any, IoptError *err);

/* A layer on codes with what follows it (factors, summands, residual, activation), whose result
 * `quantizer` turns into codes. */
IoptStatus iopt_int8_layer_before(IoptNode *quantizer, const IoptInt8Range *range, bool *done,
                                  IoptPlanInt8 *counts, IoptError *err);

/* A layer on codes whose result is floats. */
IoptStatus iopt_int8_layer_of(IoptNode *layer, IoptPlanInt8 *counts, IoptError *err);

/* Add and mean of codes before a quantizer. */
IoptStatus iopt_int8_arithmetic_before(IoptNode *quantizer, const IoptInt8Range *range, bool *done,
                                       IoptError *err);

/* Any other value before a quantizer, with the batch norm and activation that make it. */
IoptStatus iopt_int8_quantize(IoptNode *quantizer, const IoptInt8Range *range, IoptError *err);

/* Ops that move codes or choose among them: MaxPool, Relu, Concat, Reshape, Pad ... */
IoptStatus iopt_int8_pass_through(IoptNode *node, IoptError *err);

/* Filters that are still in 8 bits, and other constant arithmetic of any size, become Consts. */
IoptStatus iopt_unpack_weights(IoptGraph *graph, IoptError *err);

/* Whether nothing but its inputs decides when a node runs. */
static inline bool iopt_int8_is_free(const IoptNode *node)
{
    return node->n_control == 0 && !iopt_is_input(node);
}

#endif
