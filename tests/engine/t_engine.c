/* Running graphs through the engine. */
#include "t_engine.h"

#include <stdio.h>

enum { MOST = 64 };

/* Inputs, outputs and their shapes, as a caller would state them. */
static IoptStatus choose(IoptGraph *graph, const TFeed *feeds, size_t n_feeds,
                         const IoptValue *wanted, size_t n_wanted, IoptInputShape *shapes,
                         char (*names)[512], IoptError *err)
{
    IoptValue fed[MOST];

    if (n_feeds > MOST)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "more than %d inputs", MOST);
    for (size_t i = 0; i < n_feeds; i++) {
        fed[i] = feeds[i].value;
        (void)snprintf(names[i], sizeof names[i], "%s:%d", fed[i].node->name, fed[i].port);
        shapes[i] = (IoptInputShape){ names[i], feeds[i].tensor->shape };
    }
    IOPT_TRY(iopt_graph_set_inputs(graph, fed, n_feeds, err));
    return iopt_graph_set_outputs(graph, wanted, n_wanted, err);
}

static IoptStatus run_plan(const IoptPlan *plan, const TFeed *feeds, size_t n_feeds,
                           IoptTensor **out, IoptError *err)
{
    const IoptTensor *in[MOST];
    IoptRun *run;

    for (size_t i = 0; i < n_feeds; i++)
        in[i] = feeds[i].tensor;
    IOPT_TRY(iopt_run_create(plan, &run, err));
    const IoptStatus status = iopt_run_new(run, in, out, err);
    iopt_run_destroy(run);
    return status;
}

IoptStatus t_engine_run(IoptGraph *graph, const IoptPlanOptions *options, const TFeed *feeds,
                        size_t n_feeds, const IoptValue *wanted, size_t n_wanted, IoptTensor **out,
                        IoptError *err)
{
    static char names[MOST][512];
    IoptInputShape shapes[MOST];
    IoptPlanOptions with_shapes = *options;
    IoptPlan *plan;

    IOPT_TRY(choose(graph, feeds, n_feeds, wanted, n_wanted, shapes, names, err));
    with_shapes.shapes = shapes;
    with_shapes.n_shapes = n_feeds;
    IOPT_TRY(iopt_plan_create(graph, &with_shapes, &plan, err));
    const IoptStatus status = run_plan(plan, feeds, n_feeds, out, err);
    iopt_plan_destroy(plan);
    return status;
}

IoptStatus t_engine_fast(IoptGraph *graph, const TFeed *feeds, size_t n_feeds,
                         const IoptValue *wanted, size_t n_wanted, IoptTensor **out, IoptError *err)
{
    const IoptPlanOptions options = { .threads = 1 };

    return t_engine_run(graph, &options, feeds, n_feeds, wanted, n_wanted, out, err);
}
