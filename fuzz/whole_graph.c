/* A graph of arbitrary bytes, and running it. */
#include "whole_graph.h"

#include <string.h>

#include "formats/graphdef.h"
#include "iopt/engine.h"
#include "tensor/tensor.h"

enum { MAX_PORTS = 8, MAX_BYTES = 1 << 24 };
static const double max_macs = 1e7;

static double plan_macs(const IoptPlan *plan)
{
    double macs = 0;

    for (size_t i = 0; i < iopt_plan_steps(plan); i++)
        macs += iopt_plan_step(plan, i).macs;
    return macs;
}

static bool worth_running(const IoptPlan *plan)
{
    if (iopt_plan_interpreted(plan) || iopt_plan_inputs(plan) > MAX_PORTS ||
        iopt_plan_outputs(plan) > MAX_PORTS)
        return false;
    for (size_t i = 0; i < iopt_plan_inputs(plan); i++) { /* the plan may read little of them */
        const IoptPort *const port = iopt_plan_input(plan, i);
        size_t elems, bytes;
        if (iopt_tensor_size(port->dtype, &port->shape, &elems, &bytes, NULL) != IOPT_OK ||
            bytes > MAX_BYTES)
            return false;
    }
    return iopt_plan_bytes(plan).total <= MAX_BYTES && plan_macs(plan) <= max_macs;
}

static void run_once(const IoptPlan *plan)
{
    IoptTensor *in[MAX_PORTS] = { NULL }, *out[MAX_PORTS] = { NULL };
    IoptRun *run = NULL;
    IoptStatus status = IOPT_OK;
    IoptError err;

    for (size_t i = 0; i < iopt_plan_inputs(plan) && status == IOPT_OK; i++) {
        const IoptPort *const port = iopt_plan_input(plan, i);
        status = iopt_tensor_create(port->dtype, &port->shape, &in[i], &err);
    }
    if (status == IOPT_OK)
        status = iopt_run_create(plan, &run, &err);
    if (status == IOPT_OK)
        status = iopt_run_new(run, (const IoptTensor *const *)in, out, &err);
    iopt_run_destroy(run);
    for (size_t i = 0; i < MAX_PORTS; i++) {
        iopt_tensor_destroy(in[i]);
        iopt_tensor_destroy(out[i]);
    }
}

void fuzz_plan_and_run(const IoptGraph *graph)
{
    const IoptPlanOptions options = { .threads = 1, .batch = 2 };
    IoptPlan *plan;
    IoptError err;

    if (iopt_plan_create(graph, &options, &plan, &err) != IOPT_OK)
        return;
    if (worth_running(plan))
        run_once(plan);
    iopt_plan_destroy(plan);
}

static IoptGraph *parse(IoptBuffer *buffer)
{
    IoptGraph *graph;
    IoptError err;

    if (iopt_graphdef_parse(buffer, &graph, &err) != IOPT_OK)
        return NULL;
    if (graph->n_nodes > 0) {
        const IoptValue output = { graph->nodes[graph->n_nodes - 1], 0 };
        if (iopt_graph_set_outputs(graph, &output, 1, &err) == IOPT_OK)
            return graph;
    }
    iopt_graph_destroy(graph);
    return NULL;
}

IoptGraph *fuzz_graph(const uint8_t *data, size_t size)
{
    IoptBuffer *buffer;
    IoptError err;

    if (iopt_buffer_create(size, &buffer, &err) != IOPT_OK)
        return NULL;
    if (size)
        memcpy(iopt_buffer_data(buffer), data, size);
    IoptGraph *const graph = parse(buffer);
    iopt_buffer_unref(buffer);
    return graph;
}
