/* Sorting layers by what they read. */
#include "measure/layer_units.h"

#include <stdlib.h>

#include "base/memory.h"

double iopt_layer_work(const IoptQuantLayer *layer)
{
    return layer->macs > 1 ? layer->macs : 1;
}

void iopt_layer_units_free(IoptLayerUnits *units)
{
    free(units->units);
    free(units->layers);
    *units = (IoptLayerUnits){ 0 };
}

/* unit_of[layer] = its unit, counted in units[]; unit_at[point] is one more, 0: none yet. */
static void number_units(const IoptQuantization *plan, const bool *wanted, size_t *unit_of,
                         size_t *unit_at, IoptLayerUnits *out)
{
    for (size_t i = 0; i < plan->n_layers; i++) {
        const IoptQuantLayer *const layer = &plan->layers[i];
        size_t *const at = layer->input == IOPT_NO_POINT ? NULL : &unit_at[layer->input];
        if (!wanted[i])
            continue;
        unit_of[i] = at && *at ? *at - 1 : out->n_units++;
        if (at)
            *at = unit_of[i] + 1;
        out->units[unit_of[i]].count++;
        out->units[unit_of[i]].work += iopt_layer_work(layer);
        out->n_layers++;
    }
}

static void fill_units(const IoptQuantization *plan, const bool *wanted, const size_t *unit_of,
                       IoptLayerUnits *out)
{
    size_t first = 0;

    for (size_t u = 0; u < out->n_units; u++) {
        out->units[u].first = first;
        first += out->units[u].count;
        out->units[u].count = 0; /* counted again while filling */
    }
    for (size_t i = 0; i < plan->n_layers; i++) {
        if (!wanted[i])
            continue;
        IoptLayerUnit *const unit = &out->units[unit_of[i]];
        out->layers[unit->first + unit->count++] = i;
    }
}

IoptStatus iopt_layer_units_find(const IoptQuantization *plan, const bool *wanted,
                                 IoptLayerUnits *out, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    void *units = NULL, *layers = NULL, *block = NULL;

    *out = (IoptLayerUnits){ 0 };
    IOPT_DO(iopt_alloc(&units, plan->n_layers, sizeof(IoptLayerUnit), err));
    out->units = units;
    IOPT_DO(iopt_alloc(&layers, plan->n_layers, sizeof(size_t), err));
    out->layers = layers;
    IOPT_DO(iopt_alloc(&block, plan->n_layers + plan->n_points, sizeof(size_t), err));
    size_t *const unit_of = block, *const unit_at = unit_of + plan->n_layers;
    number_units(plan, wanted, unit_of, unit_at, out);
    fill_units(plan, wanted, unit_of, out);
done:
    free(block);
    if (status != IOPT_OK)
        iopt_layer_units_free(out);
    return status;
}
