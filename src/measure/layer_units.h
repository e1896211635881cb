/* Units: the layers that read one value, which become float together.
 *
 * A value is rounded to eight bits as long as one of the layers that read it is in eight bits.  So
 * what its rounding costs is saved by all of them or by none; to try them one by one would blame
 * each for the whole of it, and returning one alone would gain nothing.
 */
#ifndef IOPT_MEASURE_LAYER_UNITS_H
#define IOPT_MEASURE_LAYER_UNITS_H

#include "passes/int8/quantization.h"

typedef struct IoptLayerUnit {
    size_t first, count; /* its layers: layers[first] .. layers[first + count - 1] */
    double damage, work; /* work: multiply-adds, above 0 */
} IoptLayerUnit;

/* { 0 } is none. */
typedef struct IoptLayerUnits {
    IoptLayerUnit *units; /* in the order of their first layers */
    size_t n_units;
    size_t *layers; /* of the plan */
    size_t n_layers;
} IoptLayerUnits;

/* Sorts the wanted layers of a plan into units; no damage yet. */
IOPT_MUST_USE IoptStatus iopt_layer_units_find(const IoptQuantization *plan, const bool *wanted,
                                               IoptLayerUnits *out, IoptError *err);
void iopt_layer_units_free(IoptLayerUnits *units);

/* What a layer counts for: its multiply-adds, at least one. */
double iopt_layer_work(const IoptQuantLayer *layer);

#endif
