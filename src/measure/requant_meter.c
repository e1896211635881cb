/* Ranges of RequantizationRange nodes on images. */
#include "measure/requant_meter.h"

#include <stdlib.h>

#include "base/cancel.h"
#include "base/compiler.h"
#include "measure/calibration_images.h"
#include "measure/network.h"
#include "passes/pass.h"
#include "tensor/tensor.h"

typedef struct Job {
    const IoptRequantImages *request;
    IoptGraph *graph;  /* with the ranges as outputs: minimum and maximum of each node */
    IoptValue *ranges; /* of that graph */
    size_t n_nodes;
    IoptNetwork *network;
    IoptCalibrationImages images;
} Job;

static bool has_switch(const IoptGraph *graph)
{
    for (size_t i = 0; i < graph->n_nodes; i++)
        if (iopt_is_op(graph->nodes[i], "Switch"))
            return true;
    return false;
}

/* Leaves what the outputs need.  The side of a Switch that is never taken has no values: which one
 * it is may take some folding to see. */
static IoptStatus prune(IoptGraph *graph, IoptError *err)
{
    static const char *const passes[] = { "training_flags", "remove_identities", "fold_constants",
                                          "resolve_switches" };
    const IoptPassOptions options = { 0 };

    for (size_t i = 0; i < IOPT_COUNT(passes) && has_switch(graph); i++) {
        IoptPassContext context = { .options = &options };
        IOPT_TRY(iopt_pass_run(iopt_pass_find(passes[i]), graph, &context, err));
    }
    (void)iopt_graph_sweep(graph);
    iopt_graph_compact(graph);
    return IOPT_OK;
}

static IoptStatus find_ranges(Job *job, IoptError *err)
{
    IOPT_TRY(iopt_alloc((void **)&job->ranges, 2 * job->graph->n_nodes, sizeof *job->ranges, err));
    for (size_t i = 0; i < job->graph->n_nodes; i++) {
        IoptNode *const node = job->graph->nodes[i];
        if (!iopt_is_op(node, "RequantizationRange"))
            continue;
        job->ranges[2 * job->n_nodes] = (IoptValue){ node, 0 };
        job->ranges[2 * job->n_nodes + 1] = (IoptValue){ node, 1 };
        job->n_nodes++;
    }
    return IOPT_OK;
}

static IoptStatus record(Job *job, IoptRequantLog *out, IoptError *err)
{
    for (size_t i = 0; i < job->n_nodes; i++) {
        const char *const name = job->ranges[2 * i].node->name;
        const IoptTensor *const min = iopt_network_output(job->network, 2 * i);
        const IoptTensor *const max = iopt_network_output(job->network, 2 * i + 1);
        if (iopt_elems(min) != 1 || iopt_elems(max) != 1)
            return iopt_fail(err, IOPT_BAD_MODEL, "RequantizationRange '%s' gives no scalars",
                             name);
        IOPT_TRY(iopt_requant_log_add(out, (IoptBytes){ name, strlen(name) }, *iopt_f32(min),
                                      *iopt_f32(max), err));
    }
    return IOPT_OK;
}

static IoptStatus run_all(Job *job, IoptRequantLog *out, IoptError *err)
{
    const IoptRequantImages *const request = job->request;
    const IoptTensor *image;

    for (;;) {
        IOPT_TRY(iopt_check_cancelled(err));
        IOPT_TRY(iopt_calibration_images_next(&job->images, &image, err));
        if (!image)
            return iopt_calibration_images_judge(&job->images, err);
        IOPT_TRY(iopt_network_feed(job->network, &image, NULL, err));
        IOPT_TRY(record(job, out, err));
        if (request->progress)
            request->progress(request->context, "calibration images", job->images.images);
    }
}

static IoptStatus measure(Job *job, const IoptGraph *graph, IoptRequantLog *out, IoptError *err)
{
    IoptLoaderOptions loader = job->request->loader;
    IoptPlanOptions plan = job->request->plan;

    plan.batch = 1;
    loader.batch = 1;
    IOPT_TRY(iopt_graph_clone(graph, &job->graph, err));
    IOPT_TRY(prune(job->graph, err));
    IOPT_TRY(find_ranges(job, err));
    if (job->n_nodes == 0)
        return IOPT_OK;
    IOPT_TRY(iopt_graph_set_outputs(job->graph, job->ranges, 2 * job->n_nodes, err));
    IOPT_TRY(iopt_network_create(job->graph, &plan, &job->network, err));
    if (iopt_plan_inputs(iopt_network_plan(job->network)) != 1)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "calibration feeds one input; this graph has %zu",
                         iopt_plan_inputs(iopt_network_plan(job->network)));
    IOPT_TRY(iopt_calibration_images_open(job->request->images, &loader, &job->images, err));
    return run_all(job, out, err);
}

IoptStatus iopt_requant_measure(const IoptGraph *graph, const IoptRequantImages *images,
                                IoptRequantLog *out, IoptError *err)
{
    Job job = { .request = images };

    const IoptStatus status = measure(&job, graph, out, err);
    iopt_calibration_images_close(&job.images);
    iopt_network_destroy(job.network);
    free(job.ranges);
    iopt_graph_destroy(job.graph);
    return iopt_while(err, status, "calibration");
}
