/* Refining layers, a group at a time. */
#include "measure/refine_weights.h"

#include <math.h>
#include <stdlib.h>

#include "measure/calibration.h"
#include "measure/network.h"
#include "measure/refine_collect.h"
#include "measure/trial_images.h"
#include "passes/int8/planned_layer.h"
#include "platform/thread_pool.h"

enum { DEFAULT_WINDOWS = 64, IMAGES = 64 };

static const size_t default_bytes = (size_t)512 << 20;

/* Layers of a group, each worked on by one thread; so nothing depends on their number. */
enum { SLICE = 16 }; /* layers between two calls of the progress function */

typedef struct Outcome {
    IoptStatus status;
    IoptError err;
    double gain;
} Outcome;

typedef struct Group {
    const IoptRefineRun *run;
    IoptQuantization *plan;
    IoptCollector *collectors;
    size_t count, first; /* first: of the slice that is worked on */
    const IoptNetwork *network;
    IoptPool *pool;
    Outcome outcomes[SLICE];
} Group;

/* Calls a task for every layer, a slice at a time; `report` counts what they gained, NULL is fine.
 * The first error in the order of the layers is the one that is told. */
static IoptStatus run_slices(Group *group, IoptTask *task, IoptRefineReport *report, IoptError *err)
{
    for (group->first = 0; group->first < group->count; group->first += SLICE) {
        const size_t left = group->count - group->first, n = left < SLICE ? left : SLICE;
        iopt_pool_run(group->pool, task, group, n);
        for (size_t i = 0; i < n; i++) {
            const Outcome *const outcome = &group->outcomes[i];
            if (outcome->status != IOPT_OK) {
                if (err)
                    *err = outcome->err;
                return outcome->status;
            }
            if (!report)
                continue;
            report->mean_gain_db += 10 * log10(outcome->gain);
            report->layers++;
        }
        if (report && group->run->progress)
            group->run->progress(group->run->context, "layers refined", report->layers);
    }
    return IOPT_OK;
}

static void collect_layer(void *context, size_t index)
{
    Group *const group = context;
    Outcome *const outcome = &group->outcomes[index];
    const size_t i = group->first + index;

    outcome->status = iopt_collector_add(&group->collectors[i],
                                         iopt_network_output(group->network, i), &outcome->err);
}

static void refine_layer(void *context, size_t index)
{
    Group *const group = context;
    Outcome *const outcome = &group->outcomes[index];
    IoptCollector *const c = &group->collectors[group->first + index];

    outcome->status =
        iopt_refine_layer(group->run->graph, &group->plan->layers[c->layer], group->run->techniques,
                          &c->moments, &outcome->gain, &outcome->err);
}

/* Runs the images through the graph with the collectors' inputs as outputs. */
static IoptStatus run_images(Group *group, IoptError *err)
{
    const IoptRefineRun *const run = group->run;
    IoptStatus status = IOPT_OK;
    IoptNetwork *network = NULL;
    IoptGraph *graph = NULL;
    IoptPlanOptions options = run->plan;
    void *values = NULL;

    IOPT_DO(iopt_graph_clone(run->graph, &graph, err));
    IOPT_DO(iopt_alloc(&values, group->count, sizeof(IoptValue), err));
    IoptValue *const inputs = values;
    for (size_t i = 0; i < group->count; i++) {
        const IoptCollector *const c = &group->collectors[i];
        inputs[i] = iopt_graph_find(graph, c->node->name)->in[c->layout.data];
    }
    IOPT_DO(iopt_graph_set_outputs(graph, inputs, group->count, err));
    options.batch = run->batches[0]->shape.dim[0];
    IOPT_DO(iopt_network_create(graph, &options, &network, err));
    group->network = network;
    for (size_t b = 0; b < run->n_batches; b++) {
        const IoptTensor *const in = run->batches[b];
        IOPT_DO(iopt_network_feed(network, &in, NULL, err));
        iopt_network_rest(network);
        IOPT_DO(run_slices(group, collect_layer, NULL, err));
    }
done:
    iopt_network_destroy(network);
    iopt_graph_destroy(graph);
    free(values);
    return status;
}

static IoptStatus refine_group(const IoptRefineRun *run, IoptQuantization *plan,
                               IoptCollector *collectors, size_t count, IoptRefineReport *report,
                               IoptError *err)
{
    const size_t windows = run->windows ? run->windows : DEFAULT_WINDOWS;
    Group group = { .run = run, .plan = plan, .collectors = collectors, .count = count };
    IoptStatus status = IOPT_OK;

    for (size_t i = 0; i < count; i++)
        IOPT_DO(iopt_collector_begin(&collectors[i], windows,
                                     run->seed + ((uint64_t)collectors[i].layer << 32), err));
    IOPT_DO(iopt_pool_create(run->plan.threads, &group.pool, err));
    IOPT_DO(run_images(&group, err));
    IOPT_DO(run_slices(&group, refine_layer, report, err));
done:
    iopt_pool_destroy(group.pool);
    for (size_t i = 0; i < count; i++)
        iopt_collector_free(&collectors[i]);
    return status;
}

/* Whether a layer is to be refined; *bytes of its moments.  Aligns the layer's constants in the
 * graph, which then stays as it is while threads read it. */
static bool wanted(const IoptRefineRun *run, const IoptQuantLayer *layer, IoptCollector *c,
                   size_t *bytes)
{
    *c = (IoptCollector){ .node = iopt_graph_find(run->graph, layer->node) };
    if (layer->precision != IOPT_PRECISION_INT8 || !c->node ||
        !iopt_filter_layout(c->node, &c->layout))
        return false;
    (void)iopt_planned_bias(c->node, layer->out_channels);
    iopt_moments_shape(iopt_filter_tensor(c->node, &c->layout), &c->layout, layer->in_channels,
                       &c->moments, bytes);
    return true;
}

IoptStatus iopt_refine_weights(const IoptRefineRun *run, IoptQuantization *plan,
                               IoptRefineReport *report, IoptError *err)
{
    const size_t most = run->most_bytes ? run->most_bytes : default_bytes;
    IoptStatus status = IOPT_OK;
    size_t count = 0, used = 0;
    void *block = NULL;

    *report = (IoptRefineReport){ 0 };
    if (plan->n_layers == 0 || run->n_batches == 0)
        return IOPT_OK;
    IOPT_DO(iopt_alloc(&block, plan->n_layers, sizeof(IoptCollector), err));
    IoptCollector *const collectors = block;
    for (size_t i = 0; i < plan->n_layers; i++) {
        size_t bytes;
        IoptCollector c;
        if (!wanted(run, &plan->layers[i], &c, &bytes))
            continue;
        if (bytes > most) {
            report->too_large++;
            continue;
        }
        if (used + bytes > most) {
            IOPT_DO(refine_group(run, plan, collectors, count, report, err));
            count = used = 0;
        }
        c.layer = i;
        collectors[count++] = c;
        used += bytes;
    }
    if (count)
        IOPT_DO(refine_group(run, plan, collectors, count, report, err));
    if (report->layers)
        report->mean_gain_db /= (double)report->layers;
done:
    free(block);
    return status;
}

/* So many images at a time that what all layers read of them has room in memory. */
static IoptStatus choose_batch(const IoptRefineRun *run, const IoptQuantization *plan,
                               IoptLoaderOptions *loader, IoptError *err)
{
    IoptWatch *watches;
    size_t count;

    if (loader->batch)
        return IOPT_OK; /* the graph fixes it */
    IOPT_TRY(iopt_calibration_watches(plan, run->graph, &watches, &count, err));
    const size_t batch = iopt_calibrate_batch(run->graph, watches, count);
    loader->batch = batch < IOPT_TRIAL_BATCH ? batch : IOPT_TRIAL_BATCH;
    free(watches);
    return IOPT_OK;
}

IoptStatus iopt_refine_on_images(const IoptRefineRun *run, IoptDataset *images,
                                 const IoptLoaderOptions *loader, IoptQuantization *plan,
                                 IoptRefineReport *report, IoptError *err)
{
    IoptTrialImages first = { 0 };
    IoptRefineRun on_first = *run;
    IoptLoaderOptions bounded = *loader;

    IOPT_TRY(choose_batch(run, plan, &bounded, err));
    IoptStatus status = iopt_trial_images_open(images, &bounded, 0, IMAGES, &first, err);
    on_first.batches = first.batches;
    on_first.n_batches = first.n_batches;
    if (status == IOPT_OK)
        status = iopt_refine_weights(&on_first, plan, report, err);
    iopt_trial_images_free(&first);
    return iopt_while(err, status, "refining weights");
}
