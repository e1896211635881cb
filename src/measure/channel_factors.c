/* Factors of channels, to and from calibrations. */
#include "measure/channel_factors.h"

#include <stdlib.h>

static const float least = 1e-6f, most = 1e6f;

static IoptStatus add(IoptCalibration *out, const char *layer, float *numbers, size_t channels,
                      IoptError *err)
{
    const char *const name = iopt_arena_text(out->arena, layer);

    if (!name)
        return iopt_fail_memory(err, 0);
    out->factors[out->n_factors++] = (IoptChannelNumbers){ name, channels, numbers };
    return IOPT_OK;
}

static IoptStatus make_room(IoptCalibration *out, size_t layers, IoptError *err)
{
    if (!out->arena)
        IOPT_TRY(iopt_arena_create(&out->arena, err));
    out->n_factors = 0;
    out->factors = iopt_arena_alloc(out->arena, layers, sizeof *out->factors);
    return out->factors ? IOPT_OK : iopt_fail_memory(err, layers * sizeof *out->factors);
}

IoptStatus iopt_channel_factors_keep(const IoptGraph *graph, const IoptChannelSets *sets,
                                     const double *factor, IoptCalibration *out, IoptError *err)
{
    IOPT_TRY(make_room(out, sets->n_nodes, err));
    for (size_t i = 0; i < sets->n_nodes; i++) {
        const IoptChannels *const channels = &sets->nodes[i];
        bool any = false;
        if (!channels->is_made)
            continue;
        float *const numbers = iopt_arena_alloc(out->arena, channels->count, sizeof *numbers);
        if (!numbers)
            return iopt_fail_memory(err, channels->count * sizeof *numbers);
        for (size_t c = 0; c < channels->count; c++) {
            numbers[c] = (float)factor[sets->of[channels->first + c]];
            any = any || numbers[c] != 1;
        }
        if (any)
            IOPT_TRY(add(out, graph->nodes[i]->name, numbers, channels->count, err));
    }
    return IOPT_OK;
}

IoptStatus iopt_channel_factors_copy(const IoptCalibration *from, IoptCalibration *to,
                                     IoptError *err)
{
    IOPT_TRY(make_room(to, from->n_factors, err));
    for (size_t i = 0; i < from->n_factors; i++) {
        const IoptChannelNumbers *const one = &from->factors[i];
        float *const numbers = iopt_arena_alloc(to->arena, one->channels, sizeof *numbers);
        if (!numbers)
            return iopt_fail_memory(err, one->channels * sizeof *numbers);
        memcpy(numbers, one->numbers, one->channels * sizeof *numbers);
        IOPT_TRY(add(to, one->layer, numbers, one->channels, err));
    }
    return IOPT_OK;
}

static IoptStatus read_layer(const IoptChannelNumbers *given, const IoptChannels *channels,
                             const IoptChannelSets *sets, double *factor, bool *is_set,
                             IoptError *err)
{
    for (size_t c = 0; c < given->channels; c++) {
        const size_t set = sets->of[channels->first + c];
        const float s = given->numbers[c];
        if (!(s >= least && s <= most))
            return iopt_fail(err, IOPT_BAD_DATA,
                             "channel_factors '%s': channel %zu has %g; want %g .. %g",
                             given->layer, c, (double)s, (double)least, (double)most);
        if (sets->pinned[set] && s != 1)
            return iopt_fail(err, IOPT_BAD_DATA,
                             "channel_factors '%s': channel %zu cannot be scaled in this graph; "
                             "want 1, not %g",
                             given->layer, c, (double)s);
        if (is_set[set] && factor[set] != (double)s)
            return iopt_fail(err, IOPT_BAD_DATA,
                             "channel_factors '%s': channel %zu has %g, another layer whose "
                             "channels go together with it %g",
                             given->layer, c, (double)s, factor[set]);
        factor[set] = (double)s;
        is_set[set] = true;
    }
    return IOPT_OK;
}

IoptStatus iopt_channel_factors_read(const IoptCalibration *calibration, const IoptGraph *graph,
                                     const IoptChannelSets *sets, double *factor, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    void *is_set;

    IOPT_TRY(iopt_alloc(&is_set, sets->n_sets, sizeof(bool), err));
    for (size_t set = 0; set < sets->n_sets; set++)
        factor[set] = 1;
    for (size_t i = 0; i < calibration->n_factors; i++) {
        const IoptChannelNumbers *const given = &calibration->factors[i];
        const IoptNode *const node = iopt_graph_find(graph, given->layer);
        const IoptChannels *const channels = node ? iopt_channels_of(sets, node) : NULL;
        if (!channels || !channels->is_made)
            IOPT_DO(iopt_fail(err, IOPT_BAD_DATA,
                              "channel_factors '%s': the graph has no such layer", given->layer));
        if (channels->count != given->channels)
            IOPT_DO(iopt_fail(err, IOPT_BAD_DATA,
                              "channel_factors '%s': %zu numbers for %zu channels", given->layer,
                              given->channels, channels->count));
        IOPT_DO(read_layer(given, channels, sets, factor, is_set, err));
    }
done:
    free(is_set);
    return status;
}
