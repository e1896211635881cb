/* Collecting the moments of what one layer multiplies its filter with. */
#ifndef IOPT_MEASURE_REFINE_COLLECT_H
#define IOPT_MEASURE_REFINE_COLLECT_H

#include "passes/int8/refine_layer.h"

/* The caller sets layer, node, layout, and groups and taps of the moments; the rest is zero. */
typedef struct IoptCollector {
    size_t layer; /* of the plan */
    const IoptNode *node;
    IoptFilterLayout layout;
    IoptMoments moments;
    size_t windows, images; /* windows per image; images seen */
    uint64_t seed;
    float *rows; /* [windows][groups][taps] */
} IoptCollector;

IoptStatus iopt_collector_begin(IoptCollector *collector, size_t windows, uint64_t seed,
                                IoptError *err);
void iopt_collector_free(IoptCollector *collector); /* twice is fine */

/* Adds windows of the layer's input on some images: all of them if there are so few, else drawn by
 * the seed and the number of the image. */
IoptStatus iopt_collector_add(IoptCollector *collector, const IoptTensor *x, IoptError *err);

#endif
