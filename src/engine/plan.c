/* Making a plan: prepare, choose the way, lower, lay out the slab. */
#include "engine/plan.h"

#include <stdlib.h>

#include "base/compiler.h"
#include "engine/guard.h"
#include "engine/interpret.h"
#include "engine/lower.h"
#include "engine/memory_plan.h"
#include "engine/prepare.h"
#include "engine/verify_plan.h"
#include "ops/infer.h"
#include "platform/cpu.h"

/* Why a value cannot have a place in a slab, or NULL. */
static const char *why_not_placed(const IoptPlan *plan, const IoptNode *node, size_t port)
{
    const IoptFact *const fact = &node->facts[port];

    if (fact->value && !iopt_is_output(node))
        return NULL; /* a constant lies where it is, the texts of an Assert too */
    if (iopt_dtype_bytes(fact->dtype) == 0 || fact->dtype == IOPT_STRING)
        return iopt_arena_printf(plan->arena, "'%s:%zu' is %s", node->name, port,
                                 iopt_fact_text(fact).s);
    if (!iopt_shape_known(&fact->shape))
        return iopt_arena_printf(plan->arena, "the shape of '%s:%zu' is known only as it runs: %s",
                                 node->name, port, iopt_shape_text(&fact->shape).s);
    return NULL;
}

/* Why the graph has to be interpreted, or NULL. */
static const char *why_interpreted(const IoptPlan *plan, const IoptPlanOptions *options)
{
    IoptGuard *guards;
    const char *unguarded;

    if (options->engine == IOPT_ENGINE_REFERENCE)
        return "the reference engine was asked for";
    for (size_t i = 0; i < plan->graph->n_nodes; i++) {
        const IoptNode *const node = plan->graph->nodes[i];
        const IoptOp *const op = iopt_op_of(node);
        if (op && op->flags & IOPT_OP_CONTROL &&
            !iopt_op_in(node->op, "Switch|RefSwitch|Merge|RefMerge"))
            return iopt_arena_printf(plan->arena, "%s '%s' depends on values of the run", node->op,
                                     node->name);
        for (size_t port = 0; port < node->n_out; port++) {
            const char *const why = why_not_placed(plan, node, port);
            if (why)
                return why;
        }
    }
    if (iopt_guards_find(plan->graph, plan->arena, &guards, &unguarded, NULL) != IOPT_OK)
        return "its conditions could not be followed";
    free(guards);
    return unguarded;
}

static IoptStatus set_ports(IoptPlan *plan, const char *const *names, IoptError *err)
{
    const IoptGraph *const graph = plan->graph;

    plan->n_inputs = graph->n_inputs;
    plan->n_outputs = graph->n_outputs;
    plan->inputs = iopt_arena_alloc(plan->arena, plan->n_inputs, sizeof *plan->inputs);
    plan->outputs = iopt_arena_alloc(plan->arena, plan->n_outputs, sizeof *plan->outputs);
    if (!plan->inputs || !plan->outputs)
        return iopt_fail_memory(err, (plan->n_inputs + plan->n_outputs) * sizeof(IoptPort));
    for (size_t i = 0; i < plan->n_inputs; i++) {
        const IoptFact fact = iopt_fact_at(graph->inputs[i]);
        plan->inputs[i] = (IoptPort){ names[i], fact.dtype, fact.shape };
    }
    return IOPT_OK;
}

/* Types and shapes of the outputs; their names were taken before the graph changed. */
static void set_output_facts(IoptPlan *plan)
{
    for (size_t i = 0; i < plan->n_outputs; i++) {
        const IoptFact fact = iopt_fact_at(plan->graph->outputs[i]);
        plan->outputs[i].dtype = fact.dtype;
        plan->outputs[i].shape = fact.shape;
    }
}

static IoptStatus set_output_names(IoptPlan *plan, const IoptGraph *graph, IoptError *err)
{
    for (size_t i = 0; i < plan->n_outputs; i++) {
        const IoptValue value = graph->outputs[i];
        plan->outputs[i].name =
            iopt_arena_printf(plan->arena, "%s:%d", value.node->name, value.port);
        if (!plan->outputs[i].name)
            return iopt_fail_memory(err, 64);
    }
    return IOPT_OK;
}

static void touch(const IoptPlan *plan, const IoptPlace *places, size_t count, size_t step)
{
    for (size_t i = 0; i < count; i++) {
        if (places[i].base != IOPT_BASE_SLAB)
            continue;
        IoptSpan *const span = &plan->spans[places[i].index];
        if (span->first == SIZE_MAX)
            span->first = step;
        span->last = step;
    }
}

/* From the first step that touches a buffer to the last; results live to the end. */
static void set_lifetimes(IoptPlan *plan)
{
    for (size_t i = 0; i < plan->n_steps; i++) {
        const IoptStep *const step = &plan->steps[i];
        touch(plan, step->in, step->n_in, i);
        touch(plan, step->preds, step->n_preds, i);
        touch(plan, step->out, step->n_out, i);
    }
    touch(plan, plan->results, plan->n_outputs, plan->n_steps);
    for (size_t i = 0; plan->result_guards && i < plan->n_outputs; i++)
        touch(plan, plan->result_guards[i].preds, plan->result_guards[i].n_preds, plan->n_steps);
    for (size_t i = 0; i < plan->n_spans; i++)
        if (plan->spans[i].first == SIZE_MAX) /* an empty value that nobody touches */
            plan->spans[i].first = plan->spans[i].last = 0;
}

/* From buffer numbers to offsets in the slab. */
static void settle(const IoptPlan *plan, IoptPlace *places, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (places[i].base == IOPT_BASE_SLAB)
            places[i].offset += plan->spans[places[i].index].offset;
}

static void settle_step(const IoptPlan *plan, IoptStep *step)
{
    settle(plan, step->in, step->n_in);
    settle(plan, step->out, step->n_out);
    settle(plan, step->preds, step->n_preds);
}

static IoptStatus lay_out(IoptPlan *plan, IoptError *err)
{
    IOPT_TRY(iopt_plan_verify(plan, err));
    set_lifetimes(plan);
    IOPT_TRY(iopt_memory_plan(plan->spans, plan->n_spans, &plan->bytes.slab, err));
    for (size_t i = 0; i < plan->n_steps; i++)
        settle_step(plan, &plan->steps[i]);
    settle(plan, plan->results, plan->n_outputs);
    for (size_t i = 0; plan->result_guards && i < plan->n_outputs; i++)
        settle_step(plan, &plan->result_guards[i]);
    return IOPT_OK;
}

static size_t constant_bytes(const IoptGraph *graph)
{
    size_t bytes = 0;

    for (size_t i = 0; i < graph->n_nodes; i++) {
        const IoptTensor *const value = iopt_const_mapped(graph->nodes[i]);
        bytes += value ? value->bytes : 0;
    }
    return bytes;
}

static IoptStatus create(IoptPlan *plan, const IoptGraph *graph, const IoptPlanOptions *options,
                         IoptError *err)
{
    const char **names;

    plan->threads = options->threads ? options->threads : iopt_cpu_cores();
    plan->cpu_flags = iopt_cpu_flags() & iopt_cpu_cap(options->cpu);
    IOPT_TRY(iopt_arena_create(&plan->arena, err));
    IOPT_TRY(iopt_prepare(graph, options, &plan->graph, &names, &plan->int8, err));
    IOPT_TRY(set_ports(plan, names, err));
    IOPT_TRY(set_output_names(plan, graph, err));
    set_output_facts(plan);
    plan->interpreted = why_interpreted(plan, options);
    if (plan->interpreted) {
        plan->bytes.weights = plan->bytes.total = constant_bytes(plan->graph);
        return iopt_interpreter_create(plan, &plan->interpreter, err);
    }
    IOPT_TRY(iopt_lower_graph(plan, err));
    IOPT_TRY(lay_out(plan, err));
    plan->scratch_bytes =
        (plan->scratch_bytes + IOPT_ALIGN_BYTES - 1) / IOPT_ALIGN_BYTES * IOPT_ALIGN_BYTES;
    plan->bytes.scratch = plan->scratch_bytes * plan->threads;
    plan->bytes.total = plan->bytes.weights + plan->bytes.slab + plan->bytes.scratch;
    return IOPT_OK;
}

IoptStatus iopt_plan_create(const IoptGraph *graph, const IoptPlanOptions *options, IoptPlan **out,
                            IoptError *err)
{
    static const IoptPlanOptions defaults;
    IoptPlan *plan;

    *out = NULL;
    IOPT_TRY(iopt_alloc((void **)&plan, 1, sizeof *plan, err));
    const IoptStatus status = create(plan, graph, options ? options : &defaults, err);
    if (status == IOPT_OK)
        *out = plan;
    else
        iopt_plan_destroy(plan);
    return status;
}

void iopt_plan_destroy(IoptPlan *plan)
{
    if (!plan)
        return;
    iopt_interpreter_destroy(plan->interpreter);
    for (size_t i = 0; i < plan->n_blocks; i++)
        free(plan->blocks[i]);
    free(plan->blocks);
    free(plan->spans);
    free(plan->steps);
    iopt_graph_destroy(plan->graph);
    iopt_arena_destroy(plan->arena);
    free(plan);
}

size_t iopt_plan_inputs(const IoptPlan *plan)
{
    return plan->n_inputs;
}

size_t iopt_plan_outputs(const IoptPlan *plan)
{
    return plan->n_outputs;
}

const IoptPort *iopt_plan_input(const IoptPlan *plan, size_t i)
{
    return &plan->inputs[i];
}

const IoptPort *iopt_plan_output(const IoptPlan *plan, size_t i)
{
    return &plan->outputs[i];
}

size_t iopt_plan_threads(const IoptPlan *plan)
{
    return plan->threads;
}

IoptPlanBytes iopt_plan_bytes(const IoptPlan *plan)
{
    return plan->bytes;
}

const char *iopt_plan_interpreted(const IoptPlan *plan)
{
    return plan->interpreted;
}

IoptPlanInt8 iopt_plan_int8(const IoptPlan *plan)
{
    return plan->int8;
}

size_t iopt_plan_steps(const IoptPlan *plan)
{
    return plan->n_steps;
}

IoptStepInfo iopt_plan_step(const IoptPlan *plan, size_t i)
{
    return plan->steps[i].info;
}
