/* One layer of a plan in its graph: its bias, its step, its weights as they are rounded. */
#ifndef IOPT_PASSES_INT8_PLANNED_LAYER_H
#define IOPT_PASSES_INT8_PLANNED_LAYER_H

#include "passes/int8/int8_bias.h"
#include "passes/int8/quantization.h"

/* The scale of a step of what the layer reads. */
double iopt_planned_step(const IoptQuantLayer *layer);

/* The constant that is added to each output channel; borrowed, NULL if there is none. */
const IoptTensor *iopt_planned_bias(const IoptNode *node, size_t channels);

/* Whether a bias makes up for what the layer's rounded weights shift on average.  A bias of its own
 * is not made where refined weights leave next to nothing to make up for: it would be one more node
 * and a vector in the file. */
bool iopt_planned_corrects(const IoptNode *node, const IoptQuantLayer *layer,
                           const IoptInt8Options *options, bool is_refined);

/* The layer's weights: refined ones if it has them, else rounded to the nearest, with scales large
 * enough for its bias.  `node` is the layer's in the planned graph. */
IoptStatus iopt_planned_weights(const IoptNode *node, const IoptFilterLayout *layout,
                                const IoptQuantLayer *layer, const IoptInt8Options *options,
                                IoptInt8Weights *out, IoptError *err);

#endif
