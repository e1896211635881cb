/* From statistics to ranges, from ranges to a plan. */
#include "measure/calibration.h"

#include <math.h>
#include <stdlib.h>

#include "base/map.h"
#include "passes/scale_filter.h"
#include "platform/thread_pool.h"

void iopt_calibration_free(IoptCalibration *calibration)
{
    iopt_arena_destroy(calibration->arena);
    *calibration = (IoptCalibration){ 0 };
}

/* --- from images ------------------------------------------------------------------------------ */

static IoptStatus name_of_input(const IoptQuantization *plan, const IoptGraph *graph,
                                const IoptQuantLayer *layer, const char **out, IoptError *err)
{
    const IoptNode *const node = iopt_graph_find(graph, layer->node);

    if (!node || node->n_in == 0)
        return iopt_fail(err, IOPT_BAD_MODEL, "the graph has no layer '%s'", layer->node);
    const IoptValue value = node->in[0];
    *out = value.port ? iopt_arena_printf(plan->arena, "%s:%d", value.node->name, value.port)
                      : value.node->name;
    return *out ? IOPT_OK : iopt_fail_memory(err, strlen(value.node->name));
}

/* Watches a value, which may be watched already. */
static IoptStatus add_watch(const IoptWatch *watch, IoptWatch *watches, size_t *count,
                            IoptMap *known, IoptError *err)
{
    IoptWatch *const old = iopt_map_get(known, watch->value);

    if (old) {
        old->by_value = old->by_value || watch->by_value;
        old->by_channel = old->by_channel || watch->by_channel;
        old->channels_first = old->channels_first || watch->channels_first;
        return IOPT_OK;
    }
    watches[*count] = *watch;
    return iopt_map_set(known, watch->value, &watches[(*count)++], err);
}

static bool has_channels_first(const IoptGraph *graph, const IoptQuantLayer *layer)
{
    const IoptNode *const node = iopt_graph_find(graph, layer->node);

    return node && iopt_channel_axis(node, 4) == 1;
}

static IoptStatus list_watches(const IoptQuantization *plan, const IoptGraph *graph,
                               IoptWatch *watches, size_t *count, IoptMap *known, IoptError *err)
{
    for (size_t i = 0; i < plan->n_points; i++) {
        const IoptWatch watch = { .value = plan->points[i].value, .by_value = true };
        IOPT_TRY(add_watch(&watch, watches, count, known, err));
    }
    for (size_t i = 0; i < plan->n_layers; i++) {
        IoptWatch watch = { .by_channel = true,
                            .channels_first = has_channels_first(graph, &plan->layers[i]) };
        IOPT_TRY(name_of_input(plan, graph, &plan->layers[i], &watch.value, err));
        IOPT_TRY(add_watch(&watch, watches, count, known, err));
    }
    return IOPT_OK;
}

IoptStatus iopt_calibration_watches(const IoptQuantization *plan, const IoptGraph *graph,
                                    IoptWatch **out, size_t *count, IoptError *err)
{
    IoptMap known = { 0 };
    void *block;

    *out = NULL;
    *count = 0;
    IOPT_TRY(iopt_alloc(&block, plan->n_points + plan->n_layers, sizeof **out, err));
    const IoptStatus status = list_watches(plan, graph, block, count, &known, err);
    iopt_map_free(&known);
    if (status == IOPT_OK)
        *out = block;
    else
        free(block);
    return status;
}

/* Choosing in parallel, a point at a time. */
typedef struct Choosing {
    const IoptQuantization *plan;
    const IoptGraph *graph;
    const IoptRangeOptions *options;
    IoptMap watched; /* value -> IoptWatched */
    const IoptWatched **points;
    IoptRangeChoice *choices;
    IoptStatus *statuses;
} Choosing;

static IoptStatus choose_one(const Choosing *c, size_t i, IoptError *err)
{
    return iopt_range_choose(&c->points[i]->histogram, c->options->method, c->options->percentile,
                             c->plan->points[i].bits, &c->choices[i], err);
}

static void choose_task(void *context, size_t i)
{
    Choosing *const c = context;
    c->statuses[i] = choose_one(c, i, NULL);
}

static IoptStatus choose_ranges(Choosing *c, IoptError *err)
{
    IoptPool *pool;

    IOPT_TRY(iopt_pool_create(c->options->threads, &pool, err));
    iopt_pool_run(pool, choose_task, c, c->plan->n_points);
    iopt_pool_destroy(pool);
    for (size_t i = 0; i < c->plan->n_points; i++)
        if (c->statuses[i] != IOPT_OK) /* once more, for its text */
            return iopt_while(err, choose_one(c, i, err), "value '%s'", c->plan->points[i].value);
    return IOPT_OK;
}

static IoptStatus describe(const Choosing *c, size_t i, IoptCalibration *out, IoptError *err)
{
    const IoptWatched *const watched = c->points[i];
    const IoptHistogram *const seen = &watched->histogram;
    const IoptRangeChoice *const choice = &c->choices[i];
    const double count = seen->count ? (double)seen->count : 1;
    IoptValueRange *const range = &out->ranges[i];

    *range = (IoptValueRange){ .value = iopt_arena_text(out->arena, watched->value),
                               .bits = c->plan->points[i].bits,
                               .min = choice->range.min,
                               .max = choice->range.max,
                               .seen_min = seen->min,
                               .seen_max = seen->max,
                               .count = (double)seen->count,
                               .zeros = (double)seen->zeros,
                               .nans = (double)seen->nans,
                               .infinities = (double)seen->infinities,
                               .mean = watched->sum / count,
                               .power = watched->squares / count,
                               .sqnr_db = choice->sqnr_db,
                               .cut = choice->cut };
    range->method = iopt_range_method_name(choice->method);
    if (choice->percentile > 0)
        range->method = iopt_arena_printf(out->arena, "%s %g", range->method, choice->percentile);
    return range->value && range->method ? IOPT_OK : iopt_fail_memory(err, 64);
}

/* Means that are no numbers are left out. */
static IoptStatus keep_mean(const IoptQuantLayer *layer, const IoptWatched *watched,
                            IoptCalibration *out, IoptError *err)
{
    float *const mean = iopt_arena_alloc(out->arena, watched->channels, sizeof *mean);
    const char *const name = iopt_arena_text(out->arena, layer->node);

    if (!mean || !name)
        return iopt_fail_memory(err, watched->channels * sizeof *mean);
    for (size_t c = 0; c < watched->channels; c++) {
        mean[c] = (float)(watched->channel_sum[c] / watched->rows);
        if (!isfinite(mean[c]))
            return IOPT_OK;
    }
    out->means[out->n_means++] = (IoptChannelNumbers){ name, watched->channels, mean };
    return IOPT_OK;
}

static IoptStatus keep_means(const Choosing *c, IoptCalibration *out, IoptError *err)
{
    const char *value;

    for (size_t i = 0; i < c->plan->n_layers; i++) {
        IOPT_TRY(name_of_input(c->plan, c->graph, &c->plan->layers[i], &value, err));
        const IoptWatched *const watched = iopt_map_get(&c->watched, value);
        if (watched && watched->channels)
            IOPT_TRY(keep_mean(&c->plan->layers[i], watched, out, err));
    }
    return IOPT_OK;
}

static IoptStatus prepare(Choosing *c, const IoptStatistics *statistics, IoptCalibration *out,
                          IoptError *err)
{
    const size_t n = c->plan->n_points;

    IOPT_TRY(iopt_arena_create(&out->arena, err));
    c->points = iopt_arena_alloc(out->arena, n, sizeof *c->points);
    c->choices = iopt_arena_alloc(out->arena, n, sizeof *c->choices);
    c->statuses = iopt_arena_alloc(out->arena, n, sizeof *c->statuses);
    out->ranges = iopt_arena_alloc(out->arena, n, sizeof *out->ranges);
    out->means = iopt_arena_alloc(out->arena, c->plan->n_layers, sizeof *out->means);
    if (!c->points || !c->choices || !c->statuses || !out->ranges || !out->means)
        return iopt_fail_memory(err, n * sizeof *out->ranges);
    out->n_ranges = n;
    for (size_t i = 0; i < statistics->n_values; i++)
        IOPT_TRY(
            iopt_map_set(&c->watched, statistics->values[i].value, &statistics->values[i], err));
    for (size_t i = 0; i < n; i++) {
        c->points[i] = iopt_map_get(&c->watched, c->plan->points[i].value);
        if (!c->points[i] || !c->points[i]->by_value)
            return iopt_fail(err, IOPT_INVALID_ARGUMENT, "value '%s' was not watched",
                             c->plan->points[i].value);
    }
    return IOPT_OK;
}

IoptStatus iopt_calibration_choose(const IoptQuantization *plan, const IoptGraph *graph,
                                   const IoptStatistics *statistics,
                                   const IoptRangeOptions *options, IoptCalibration *out,
                                   IoptError *err)
{
    Choosing c = { .plan = plan, .graph = graph, .options = options };
    IoptStatus status = IOPT_OK;

    *out = (IoptCalibration){ .images = statistics->images };
    IOPT_DO(prepare(&c, statistics, out, err));
    IOPT_DO(choose_ranges(&c, err));
    for (size_t i = 0; i < plan->n_points; i++)
        IOPT_DO(describe(&c, i, out, err));
    IOPT_DO(keep_means(&c, out, err));
done:
    iopt_map_free(&c.watched);
    return status;
}

/* --- to a plan -------------------------------------------------------------------------------- */

static void note(size_t *count, const char **which, const char *value)
{
    if (++*count == 1)
        *which = value;
}

static IoptStatus fill_point(const IoptValueRange *range, IoptQuantization *plan,
                             IoptQuantPoint *point, IoptCalibrationFit *fit, IoptError *err)
{
    if (range->nans > 0 || range->infinities > 0) {
        note(&fit->infinite, &fit->infinite_value, point->value);
        point->problem = iopt_arena_printf(plan->arena, "%.0f values of it are NaN, %.0f infinite",
                                           range->nans, range->infinities);
        return point->problem ? IOPT_OK : iopt_fail_memory(err, 64);
    }
    if (range->seen_min == range->seen_max && range->count > 0) {
        const bool is_dead = range->seen_max == 0;
        note(is_dead ? &fit->dead : &fit->constant,
             is_dead ? &fit->dead_value : &fit->constant_value, point->value);
    }
    point->has_range = true;
    point->bits = range->bits;
    point->min = fmaxf(range->min, point->lowest);
    point->max = fmaxf(fminf(range->max, point->highest), point->min);
    point->mean = range->mean;
    point->power = range->power;
    fit->filled++;
    return IOPT_OK;
}

static IoptStatus fill_mean(const IoptChannelNumbers *mean, IoptQuantLayer *layer,
                            IoptCalibrationFit *fit, IoptError *err)
{
    if (layer->can_be_int8 && mean->channels != layer->in_channels)
        note(&fit->unfit, &fit->unfit_layer, layer->node);
    if (mean->channels != layer->in_channels || layer->input_mean)
        return IOPT_OK;
    IOPT_TRY(iopt_alloc((void **)&layer->input_mean, mean->channels, sizeof(float), err));
    memcpy(layer->input_mean, mean->numbers, mean->channels * sizeof(float));
    return IOPT_OK;
}

static IoptStatus fill_points(const IoptCalibration *calibration, const IoptMap *ranges,
                              IoptQuantization *plan, IoptCalibrationFit *fit, IoptError *err)
{
    for (size_t i = 0; i < plan->n_points; i++) {
        const IoptValueRange *const range = iopt_map_get(ranges, plan->points[i].value);
        if (range)
            IOPT_TRY(fill_point(range, plan, &plan->points[i], fit, err));
        else
            note(&fit->missing, &fit->missing_value, plan->points[i].value);
    }
    for (size_t i = 0; i < calibration->n_ranges; i++)
        if (iopt_quantization_find(plan, calibration->ranges[i].value) == IOPT_NO_POINT)
            note(&fit->unknown, &fit->unknown_value, calibration->ranges[i].value);
    return IOPT_OK;
}

IoptStatus iopt_calibration_fill(const IoptCalibration *calibration, IoptQuantization *plan,
                                 IoptCalibrationFit *fit, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptMap ranges = { 0 }, means = { 0 };

    *fit = (IoptCalibrationFit){ 0 };
    for (size_t i = 0; i < calibration->n_ranges; i++)
        IOPT_DO(iopt_map_set(&ranges, calibration->ranges[i].value, &calibration->ranges[i], err));
    for (size_t i = 0; i < calibration->n_means; i++)
        IOPT_DO(iopt_map_set(&means, calibration->means[i].layer, &calibration->means[i], err));
    IOPT_DO(fill_points(calibration, &ranges, plan, fit, err));
    for (size_t i = 0; i < plan->n_layers; i++) {
        const IoptChannelNumbers *const mean = iopt_map_get(&means, plan->layers[i].node);
        if (mean)
            IOPT_DO(fill_mean(mean, &plan->layers[i], fit, err));
    }
done:
    iopt_map_free(&ranges);
    iopt_map_free(&means);
    return status;
}

void iopt_calibration_widen(const IoptCalibration *calibration, IoptQuantization *plan,
                            bool *changed)
{
    *changed = false;
    for (size_t i = 0; i < calibration->n_ranges; i++) {
        const IoptValueRange *const range = &calibration->ranges[i];
        const int at = iopt_quantization_find(plan, range->value);
        IoptQuantPoint *const point = at == IOPT_NO_POINT ? NULL : &plan->points[at];
        if (!point || !point->has_range || point->settled_bits <= range->bits || range->count == 0)
            continue;
        if (point->min <= range->seen_min && point->max >= range->seen_max)
            continue;
        point->min = fminf(point->min, range->seen_min);
        point->max = fmaxf(point->max, range->seen_max);
        *changed = true;
    }
}
