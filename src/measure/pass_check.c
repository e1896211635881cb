/* Comparing graphs before and after a pass. */
#include "measure/pass_check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cancel.h"
#include "measure/outputs.h"
#include "passes/training_flags.h"

enum { DEFAULT_SIZE = 224 };

struct IoptPassChecker {
    size_t threads;
    uint64_t seed;
    IoptTensor **inputs; /* drawn for the first graph, fed to all */
    size_t n_inputs;
    bool is_drawn, has_guessed_size;
    IoptOutputs first, last; /* of the first graph that ran and of the last good one */
};

IoptStatus iopt_pass_checker_create(size_t threads, uint64_t seed, IoptPassChecker **out,
                                    IoptError *err)
{
    void *block;

    *out = NULL;
    IOPT_TRY(iopt_alloc(&block, 1, sizeof **out, err));
    *out = block;
    (*out)->threads = threads;
    (*out)->seed = seed;
    return IOPT_OK;
}

static void forget_inputs(IoptPassChecker *checker)
{
    for (size_t i = 0; i < checker->n_inputs; i++)
        iopt_tensor_destroy(checker->inputs[i]);
    free(checker->inputs);
    checker->inputs = NULL;
    checker->n_inputs = 0;
    checker->is_drawn = false;
}

void iopt_pass_checker_destroy(IoptPassChecker *checker)
{
    if (!checker)
        return;
    forget_inputs(checker);
    iopt_outputs_free(&checker->first);
    iopt_outputs_free(&checker->last);
    free(checker);
}

/* --- input ----------------------------------------------------------------------------------- */

static uint64_t next_random(uint64_t *state) /* splitmix64 */
{
    uint64_t z = *state += 0x9e3779b97f4a7c15U;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    return z ^ z >> 31;
}

void iopt_fill_seeded(IoptTensor *tensor, uint64_t seed)
{
    const size_t n = iopt_elems(tensor);
    const bool is_small = tensor->dtype == IOPT_I8 || tensor->dtype == IOPT_QI8;

    if (tensor->dtype == IOPT_BOOL || tensor->dtype == IOPT_STRING)
        return; /* false, empty */
    for (size_t i = 0; i < n; i++) {
        const uint64_t bits = next_random(&seed);
        if (iopt_dtype_is_float(tensor->dtype))
            iopt_tensor_set_f64(tensor, i, (double)(bits >> 40) * 0x1p-24);
        else
            iopt_tensor_set_i64(tensor, i, (int64_t)(bits >> (is_small ? 57 : 56)));
    }
}

/* The shape of an input with everything decided; false if even the rank is unknown. */
static bool decide_shape(IoptPassChecker *checker, IoptValue value, IoptShape *out)
{
    const IoptAttr *const attr = iopt_attr(value.node, "shape");

    *out = iopt_fact_at(value).shape;
    if (out->rank < 0 && attr && attr->kind == IOPT_ATTR_SHAPE)
        *out = attr->u.shape;
    if (out->rank < 0)
        return false;
    for (int i = 0; i < out->rank; i++) {
        const bool is_side = out->rank == 4 && (i == 1 || i == 2);
        if (out->dim[i] >= 0)
            continue;
        out->dim[i] = is_side ? DEFAULT_SIZE : 1;
        checker->has_guessed_size |= is_side;
    }
    return true;
}

static IoptStatus draw_inputs(IoptPassChecker *checker, const IoptPlan *plan, IoptError *err)
{
    const size_t count = iopt_plan_inputs(plan);
    void *block;

    IOPT_TRY(iopt_alloc(&block, count, sizeof(IoptTensor *), err));
    checker->inputs = block;
    checker->is_drawn = true;
    for (size_t i = 0; i < count; i++) {
        const IoptPort *const port = iopt_plan_input(plan, i);
        if (!iopt_shape_known(&port->shape) || !iopt_dtype_bytes(port->dtype)) {
            return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                             "input '%s' is %s%s; --input-shape fixes it", port->name,
                             iopt_dtype_name(port->dtype), iopt_shape_text(&port->shape).s);
        }
        IOPT_TRY(iopt_tensor_create(port->dtype, &port->shape, &checker->inputs[i], err));
        checker->n_inputs++;
        iopt_fill_seeded(checker->inputs[i], checker->seed + i);
    }
    return IOPT_OK;
}

/* --- running --------------------------------------------------------------------------------- */

static bool has_open_flag(const IoptGraph *graph)
{
    for (size_t i = 0; i < graph->n_nodes; i++)
        if (iopt_is_training_flag(graph->nodes[i]) && !iopt_is_input(graph->nodes[i]))
            return true;
    return false;
}

static IoptStatus make_plan(IoptPassChecker *checker, const IoptGraph *graph, IoptPlan **out,
                            IoptError *err)
{
    IoptPlanOptions options = { .threads = checker->threads, .batch = 1 };
    char flags[64];
    IoptGraph *copy = NULL;
    size_t changes = 0;
    void *block = NULL;

    *out = NULL;
    IoptStatus status = iopt_alloc(&block, graph->n_inputs, sizeof(IoptInputShape), err);
    if (status == IOPT_OK && has_open_flag(graph)) {
        status = iopt_graph_clone(graph, &copy, err);
        if (status == IOPT_OK)
            status = iopt_training_flags_default(copy, flags, sizeof flags, &changes, err);
        graph = copy;
    }
    IoptInputShape *const shapes = block;
    for (size_t i = 0; status == IOPT_OK && i < graph->n_inputs; i++) {
        IoptShape shape;
        if (graph->inputs[i].port != 0 || !decide_shape(checker, graph->inputs[i], &shape))
            continue;
        shapes[options.n_shapes++] =
            (IoptInputShape){ .name = graph->inputs[i].node->name, .shape = shape };
    }
    options.shapes = shapes;
    if (status == IOPT_OK)
        status = iopt_plan_create(graph, &options, out, err);
    free(block);
    iopt_graph_destroy(copy);
    return status;
}

static bool is_random(const IoptPlan *plan)
{
    for (size_t i = 0; i < iopt_plan_steps(plan); i++) {
        const IoptOp *const op = iopt_op_find(iopt_plan_step(plan, i).op);
        if (op && (op->flags & IOPT_OP_RANDOM) && !(op->flags & IOPT_OP_REFERENCE))
            return true;
    }
    return false;
}

static IoptStatus run_plan(IoptPassChecker *checker, const IoptPlan *plan, IoptOutputs *out,
                           IoptError *err)
{
    if (!checker->is_drawn)
        IOPT_TRY(draw_inputs(checker, plan, err));
    if (iopt_plan_inputs(plan) != checker->n_inputs)
        return iopt_fail(err, IOPT_BAD_MODEL, "the graph has %zu inputs, had %zu",
                         iopt_plan_inputs(plan), checker->n_inputs);
    if (is_random(plan))
        return iopt_fail(err, IOPT_UNSUPPORTED, "random ops give another result each time");
    return iopt_outputs_compute(plan, (const IoptTensor *const *)checker->inputs, out, err);
}

static IoptStatus compute(IoptPassChecker *checker, const IoptGraph *graph, IoptOutputs *out,
                          IoptError *err)
{
    IoptPlan *plan;

    IOPT_TRY(make_plan(checker, graph, &plan, err));
    const IoptStatus status = run_plan(checker, plan, out, err);
    iopt_plan_destroy(plan);
    return status;
}

/* --- bounds ---------------------------------------------------------------------------------- */

/* How many products are summed for one output of this node; 0: it sums nothing. */
static double sum_length(const IoptNode *node)
{
    if (!iopt_op_in(node->op, "Conv2D|DepthwiseConv2dNative|Conv2DBackpropInput|MatMul|"
                              "BatchMatMul|BatchMatMulV2|_FusedConv2D|_FusedMatMul") ||
        node->n_in < 2)
        return 0;
    const IoptShape shape = iopt_fact_at(node->in[1]).shape;
    double length = 1;
    for (int i = 0; i < shape.rank; i++)
        if (i + 1 < shape.rank && shape.dim[i] > 0)
            length *= (double)shape.dim[i];
    return length;
}

double iopt_rounding_bound(const IoptGraph *graph)
{
    double lengths = 0;

    for (size_t i = 0; i < graph->n_nodes; i++)
        if (!graph->nodes[i]->removed)
            lengths += sum_length(graph->nodes[i]);
    return fmax(1e-5, 0x1p-24 * 16 * sqrt(lengths));
}

/* --- the check ------------------------------------------------------------------------------- */

/* What ends the whole run, in contrast to what makes two graphs incomparable. */
static bool is_fatal(IoptStatus status)
{
    return status == IOPT_NO_MEMORY || status == IOPT_CANCELLED;
}

/* Runs the graph before the first pass that changed something; if that does not work (it may be a
 * pass's job to make it work), `why` tells, and the next one is tried. */
static IoptStatus start(IoptPassChecker *checker, const IoptGraph *before, char *why,
                        size_t why_bytes, IoptError *err)
{
    IoptError cause = { 0 };
    const IoptStatus status = compute(checker, before, &checker->first, &cause);

    if (status == IOPT_OK)
        return iopt_outputs_share(&checker->first, &checker->last, err);
    forget_inputs(checker);
    if (!is_fatal(status)) {
        (void)snprintf(why, why_bytes, "not compared: %.230s", cause.text);
        return IOPT_OK;
    }
    if (err)
        *err = cause;
    return status;
}

static IoptStatus judge(IoptPassChecker *checker, const IoptGraph *after, IoptExactness exactness,
                        IoptOutputs *outputs, double *difference, IoptError *err)
{
    IOPT_TRY(iopt_outputs_compare(&checker->last, outputs, difference, err));
    const double bound = exactness == IOPT_LOSSY ? INFINITY : iopt_rounding_bound(after);
    if (!(*difference <= bound))
        return iopt_fail(err, IOPT_BOUND_MISSED,
                         "the outputs differ by %.2g of their largest value; allowed is %.2g",
                         *difference, bound);
    iopt_outputs_free(&checker->last);
    checker->last = *outputs;
    *outputs = (IoptOutputs){ 0 };
    return IOPT_OK;
}

IoptStatus iopt_pass_check(void *context, const IoptGraph *before, const IoptGraph *after,
                           IoptExactness exactness, double *difference, char *why, size_t why_bytes,
                           IoptError *err)
{
    IoptPassChecker *const checker = context;
    IoptOutputs outputs = { 0 };

    *difference = NAN;
    IOPT_TRY(iopt_check_cancelled(err));
    if (!checker->is_drawn) {
        IOPT_TRY(start(checker, before, why, why_bytes, err));
        if (!checker->is_drawn)
            return IOPT_OK;
    }
    IoptStatus status = iopt_while(err, compute(checker, after, &outputs, err), "does not run");
    if (status == IOPT_OK)
        status = judge(checker, after, exactness, &outputs, difference, err);
    else if (!is_fatal(status))
        status = IOPT_BOUND_MISSED;
    if (status == IOPT_OK && checker->has_guessed_size && !why[0])
        (void)snprintf(why, why_bytes, "compared at %dx%d", DEFAULT_SIZE, DEFAULT_SIZE);
    iopt_outputs_free(&outputs);
    return status;
}

double iopt_pass_checker_total(const IoptPassChecker *checker)
{
    double difference = NAN;

    if (!checker->first.count ||
        iopt_outputs_compare(&checker->first, &checker->last, &difference, NULL) != IOPT_OK)
        return NAN;
    return difference;
}
