/* Timing layers: a layer is found among a plan's steps by walking from its node to the node that
 * the step is named after. */
#include "measure/layer_times.h"

#include <math.h>
#include <stdlib.h>

#include "measure/network.h"

enum { MAX_HOPS = 16 }; /* from a filter to the end of its fused step */

typedef struct Side {
    const IoptGraph *graph;
    IoptNetwork *network;
    double *ms; /* of each step, the shortest so far */
    double whole_ms;
    IoptMap steps; /* node -> place of its step, plus one */
} Side;

static IoptStatus open_side(Side *side, const IoptPlanOptions *options, int64_t batch,
                            IoptError *err)
{
    IoptPlanOptions planned = *options;
    void *block;

    planned.batch = batch;
    IOPT_TRY(iopt_network_create(side->graph, &planned, &side->network, err));
    const IoptPlan *const plan = iopt_network_plan(side->network);
    const size_t count = iopt_plan_steps(plan);
    IOPT_TRY(iopt_alloc(&block, count, sizeof(double), err));
    side->ms = block;
    side->whole_ms = HUGE_VAL;
    for (size_t i = 0; i < count; i++) {
        side->ms[i] = HUGE_VAL;
        IOPT_TRY(iopt_map_set(&side->steps, iopt_plan_step(plan, i).node,
                              (void *)(uintptr_t)(i + 1), err));
    }
    return IOPT_OK;
}

static void close_side(Side *side)
{
    iopt_map_free(&side->steps);
    free(side->ms);
    iopt_network_destroy(side->network);
}

static IoptStatus run_side(Side *side, const IoptTensor *images, IoptError *err)
{
    IoptRun *const run = iopt_network_run(side->network);
    uint64_t ns;

    iopt_run_set_profile(run, true);
    IOPT_TRY(iopt_network_feed(side->network, &images, &ns, err));
    side->whole_ms = fmin(side->whole_ms, (double)ns * 1e-6);
    for (size_t i = 0; i < iopt_plan_steps(iopt_network_plan(side->network)); i++)
        side->ms[i] = fmin(side->ms[i], (double)iopt_run_step_ns(run, i) * 1e-6);
    iopt_network_rest(side->network);
    return IOPT_OK;
}

/* The only node that reads this one, or NULL. */
static const IoptNode *only_reader(const IoptNode *node)
{
    const IoptNode *reader = NULL;

    for (size_t i = 0; i < node->n_uses; i++) {
        if (node->uses[i].slot == IOPT_CONTROL)
            continue;
        if (reader && reader != node->uses[i].node)
            return NULL;
        reader = node->uses[i].node;
    }
    return reader;
}

static double layer_ms(const Side *side, const char *layer)
{
    const IoptNode *node = iopt_graph_find(side->graph, layer);

    for (int i = 0; node && i < MAX_HOPS; i++, node = only_reader(node)) {
        const size_t step = (size_t)(uintptr_t)iopt_map_get(&side->steps, node->name);
        if (step)
            return side->ms[step - 1];
    }
    return NAN;
}

static IoptStatus measure(Side *before, Side *after, const IoptPlanOptions *options,
                          const IoptTensor *images, size_t runs, IoptError *err)
{
    const int64_t batch = images->shape.dim[0];

    IOPT_TRY(open_side(before, options, batch, err));
    IOPT_TRY(open_side(after, options, batch, err));
    for (size_t i = 0; i <= runs; i++) { /* the first one warms up */
        if (i == 1)
            before->whole_ms = after->whole_ms = HUGE_VAL;
        IOPT_TRY(run_side(before, images, err));
        IOPT_TRY(run_side(after, images, err));
    }
    return IOPT_OK;
}

IoptStatus iopt_layer_times(const IoptGraph *before, const IoptGraph *after,
                            const IoptQuantization *plan, const IoptPlanOptions *options,
                            const IoptTensor *images, size_t runs, IoptLayerTime *layers,
                            IoptLayerTime *whole, IoptError *err)
{
    const double per_image = 1.0 / (double)images->shape.dim[0];
    Side old = { .graph = before }, new = { .graph = after };

    const IoptStatus status = measure(&old, &new, options, images, runs, err);
    if (status == IOPT_OK) {
        for (size_t i = 0; i < plan->n_layers; i++)
            layers[i] = (IoptLayerTime){ layer_ms(&old, plan->layers[i].node) * per_image,
                                         layer_ms(&new, plan->layers[i].node) * per_image };
        *whole = (IoptLayerTime){ old.whole_ms * per_image, new.whole_ms *per_image };
    }
    close_side(&old);
    close_side(&new);
    return status;
}
