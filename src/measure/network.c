/* Plan, run and outputs in one. */
#include "measure/network.h"

#include <stdlib.h>
#include <string.h>

#include "platform/clock.h"
#include "tensor/tensor.h"

/* One plan with what it takes to run it. */
typedef struct Bound {
    IoptPlan *plan;
    IoptRun *run;
    IoptTensor **out;
    int64_t batch; /* first dimension of the first input; -1: any */
    bool fixed;    /* the outputs' shapes are known, so they are made once */
} Bound;

struct IoptNetwork {
    const IoptGraph *graph;
    IoptPlanOptions options;
    Bound whole, rest; /* rest: for the last batch; no plan until it is needed */
    const Bound *last;
    IoptTensor *padded; /* a last batch, filled up to what the graph fixes; NULL until needed */
};

static void drop_outputs(Bound *bound)
{
    for (size_t i = 0; bound->out && i < iopt_plan_outputs(bound->plan); i++) {
        iopt_tensor_destroy(bound->out[i]);
        bound->out[i] = NULL;
    }
}

static void unbind(Bound *bound)
{
    drop_outputs(bound);
    free(bound->out);
    iopt_run_destroy(bound->run);
    iopt_plan_destroy(bound->plan);
    *bound = (Bound){ 0 };
}

static bool outputs_are_fixed(const IoptPlan *plan)
{
    if (iopt_plan_interpreted(plan))
        return false;
    for (size_t i = 0; i < iopt_plan_outputs(plan); i++)
        if (!iopt_shape_known(&iopt_plan_output(plan, i)->shape))
            return false;
    return true;
}

static int64_t batch_of(const IoptShape *shape)
{
    return shape->rank > 0 ? shape->dim[0] : -1;
}

static IoptStatus bind(const IoptNetwork *network, int64_t batch, Bound *bound, IoptError *err)
{
    IoptPlanOptions options = network->options;
    void *block;

    options.batch = batch;
    IOPT_TRY(iopt_plan_create(network->graph, &options, &bound->plan, err));
    IOPT_TRY(iopt_run_create(bound->plan, &bound->run, err));
    const size_t n = iopt_plan_outputs(bound->plan);
    IOPT_TRY(iopt_alloc(&block, n, sizeof(IoptTensor *), err));
    bound->out = block;
    bound->batch =
        iopt_plan_inputs(bound->plan) ? batch_of(&iopt_plan_input(bound->plan, 0)->shape) : -1;
    bound->fixed = outputs_are_fixed(bound->plan);
    for (size_t i = 0; bound->fixed && i < n; i++) {
        const IoptPort *const port = iopt_plan_output(bound->plan, i);
        IOPT_TRY(iopt_tensor_create(port->dtype, &port->shape, &bound->out[i], err));
    }
    return IOPT_OK;
}

IoptStatus iopt_network_create(const IoptGraph *graph, const IoptPlanOptions *options,
                               IoptNetwork **out, IoptError *err)
{
    void *block;

    *out = NULL;
    IOPT_TRY(iopt_alloc(&block, 1, sizeof(IoptNetwork), err));
    IoptNetwork *const network = block;
    network->graph = graph;
    network->options = *options;
    network->last = &network->whole;
    const IoptStatus status = bind(network, options->batch, &network->whole, err);
    if (status == IOPT_OK)
        *out = network;
    else
        iopt_network_destroy(network);
    return status;
}

void iopt_network_destroy(IoptNetwork *network)
{
    if (!network)
        return;
    unbind(&network->whole);
    unbind(&network->rest);
    iopt_tensor_destroy(network->padded);
    free(network);
}

const IoptPlan *iopt_network_plan(const IoptNetwork *network)
{
    return network->whole.plan;
}

IoptRun *iopt_network_run(IoptNetwork *network)
{
    return network->whole.run;
}

const IoptTensor *iopt_network_output(const IoptNetwork *network, size_t i)
{
    return network->last->out[i];
}

void iopt_network_rest(IoptNetwork *network)
{
    if (network->last->run)
        iopt_run_rest(network->last->run);
}

/* Whether the images are those of the plan, but fewer. */
static bool can_pad(const IoptNetwork *network, const IoptTensor *in)
{
    const IoptPort *const port = iopt_plan_input(network->whole.plan, 0);
    IoptShape shape = in->shape;

    if (iopt_plan_inputs(network->whole.plan) != 1 || in->dtype != port->dtype ||
        in->dtype == IOPT_STRING || batch_of(&shape) < 1 || batch_of(&shape) > port->shape.dim[0])
        return false;
    shape.dim[0] = port->shape.dim[0];
    return iopt_shape_equal(&shape, &port->shape);
}

static IoptStatus pad(IoptNetwork *network, const IoptTensor *in, IoptError *err)
{
    const IoptPort *const port = iopt_plan_input(network->whole.plan, 0);
    const size_t bytes = in->bytes / (size_t)in->shape.dim[0];

    if (!network->padded)
        IOPT_TRY(iopt_tensor_create(port->dtype, &port->shape, &network->padded, err));
    char *const data = network->padded->data;
    memcpy(data, in->data, in->bytes);
    for (size_t at = in->bytes; at < network->padded->bytes; at += bytes)
        memcpy(data + at, (const char *)in->data + in->bytes - bytes, bytes);
    return IOPT_OK;
}

/* The plan for `in`; *padded is what it takes instead, or NULL. */
static IoptStatus choose(IoptNetwork *network, const IoptTensor *const *in, Bound **out,
                         const IoptTensor **padded, IoptError *err)
{
    const int64_t batch =
        iopt_plan_inputs(network->whole.plan) ? batch_of(&in[0]->shape) : network->whole.batch;

    *padded = NULL;
    *out = &network->whole;
    if (network->whole.batch < 0 || batch == network->whole.batch)
        return IOPT_OK;
    const bool is_fixed = network->rest.plan && network->rest.batch == network->whole.batch;
    if (!network->rest.plan || (network->rest.batch != batch && !is_fixed)) {
        unbind(&network->rest);
        const IoptStatus status = bind(network, batch, &network->rest, err);
        if (status != IOPT_OK)
            unbind(&network->rest);
        IOPT_TRY(iopt_while(err, status, "a last batch of %lld", (long long)batch));
    }
    if (network->rest.batch != batch && can_pad(network, in[0])) {
        IOPT_TRY(pad(network, in[0], err));
        *padded = network->padded;
        return IOPT_OK;
    }
    *out = &network->rest;
    return IOPT_OK;
}

IoptStatus iopt_network_feed(IoptNetwork *network, const IoptTensor *const *in, uint64_t *ns,
                             IoptError *err)
{
    const IoptTensor *padded;
    Bound *bound = NULL;
    IoptStatus status;

    network->last = &network->whole;
    IOPT_TRY(choose(network, in, &bound, &padded, err));
    in = padded ? &padded : in;
    network->last = bound;
    if (!bound->fixed)
        drop_outputs(bound);
    const uint64_t start = iopt_now_ns();
    status = bound->fixed ? iopt_run(bound->run, in, bound->out, err)
                          : iopt_run_new(bound->run, in, bound->out, err);
    if (ns)
        *ns = iopt_now_ns() - start;
    return status;
}

IoptStatus iopt_network_image_shape(const IoptNetwork *network, IoptImageShape *out, IoptError *err)
{
    const IoptPlan *const plan = network->whole.plan;

    if (iopt_plan_inputs(plan) != 1)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "images go into one input; this graph has %zu (--inputs chooses, --set "
                         "gives the others a value)",
                         iopt_plan_inputs(plan));
    const IoptPort *const in = iopt_plan_input(plan, 0), *const result = iopt_plan_output(plan, 0);
    const IoptFact fed = iopt_fact(in->dtype, in->shape);
    const IoptFact made = iopt_fact(result->dtype, result->shape);
    if (in->dtype != IOPT_F32 || in->shape.rank != 4 || in->shape.dim[1] < 1 ||
        in->shape.dim[2] < 1 || in->shape.dim[3] < 1)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "input '%s' is %s; images want float [N,H,W,C]", in->name,
                         iopt_fact_text(&fed).s);
    int64_t classes = result->shape.rank >= 2;
    for (int i = 1; i < result->shape.rank; i++)
        classes = result->shape.dim[i] > 0 ? classes * result->shape.dim[i] : 0;
    if (result->dtype != IOPT_F32 || classes < 1 || result->shape.dim[0] != in->shape.dim[0])
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "output '%s' is %s; want float [N,classes] (--outputs chooses)",
                         result->name, iopt_fact_text(&made).s);
    *out = (IoptImageShape){ (size_t)in->shape.dim[1], (size_t)in->shape.dim[2],
                             (size_t)in->shape.dim[3], (size_t)classes };
    return IOPT_OK;
}
