/* How long each layer takes in a float graph and in the quantized one made of it. */
#ifndef IOPT_MEASURE_LAYER_TIMES_H
#define IOPT_MEASURE_LAYER_TIMES_H

#include "iopt/engine.h"
#include "passes/int8/quantization.h"

/* Milliseconds for one image, of the step that a layer is part of; NaN where that is not known. */
typedef struct IoptLayerTime {
    double before_ms, after_ms;
} IoptLayerTime;

/* Runs both graphs in turn on one batch and takes the shortest time of each step.
 *
 *   images  float [N,...], what both graphs take
 *   runs    how often, at least 1
 *   layers  out: of each layer of the plan
 *   whole   out: of the whole graphs */
IOPT_MUST_USE IoptStatus iopt_layer_times(const IoptGraph *before, const IoptGraph *after,
                                          const IoptQuantization *plan,
                                          const IoptPlanOptions *options, const IoptTensor *images,
                                          size_t runs, IoptLayerTime *layers, IoptLayerTime *whole,
                                          IoptError *err);

#endif
