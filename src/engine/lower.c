/* Lowering a graph: chains, concatenations in place, one lowering per chain, results. */
#include "engine/lower.h"

#include <stdlib.h>

#include "base/compiler.h"
#include "engine/concat_in_place.h"
#include "engine/fuse.h"
#include "engine/pack_weights.h"

#define IOPT_LOWERING(name) extern const IoptLowering iopt_lowering_##name;
#include "engine/lower_list.inc"
#undef IOPT_LOWERING

static const IoptLowering *const lowerings[] = {
#define IOPT_LOWERING(name) &iopt_lowering_##name,
#include "engine/lower_list.inc"
#undef IOPT_LOWERING
};

const IoptLowering *iopt_lowering_of(const IoptNode *node)
{
    size_t i = 0;

    while (lowerings[i]->ops &&
           !(iopt_op_in(node->op, lowerings[i]->ops) && lowerings[i]->fits(node)))
        i++;
    return lowerings[i];
}

/* Numbers nodes and values. */
static IoptStatus number(IoptLower *lower, IoptError *err)
{
    const size_t n = lower->graph->n_nodes;
    size_t values = 0;

    IOPT_TRY(iopt_alloc((void **)&lower->position, n, sizeof(size_t), err));
    IOPT_TRY(iopt_alloc((void **)&lower->first_value, n, sizeof(size_t), err));
    IOPT_TRY(iopt_alloc((void **)&lower->chain, n, sizeof(IoptChain *), err));
    for (size_t i = 0; i < n; i++) {
        lower->position[lower->order[i]->index] = i;
        lower->first_value[lower->order[i]->index] = values;
        values += lower->order[i]->n_out;
    }
    return iopt_alloc((void **)&lower->values, values, sizeof(IoptLowerValue), err);
}

static IoptStatus lower_inputs(IoptLower *lower, IoptError *err)
{
    for (size_t i = 0; i < lower->graph->n_inputs; i++) {
        const IoptFact fact = iopt_fact_at(lower->graph->inputs[i]);
        size_t elems, bytes;
        /* From here on every size fits: all other values are made with buffers of their own. */
        IOPT_TRY(iopt_tensor_size(fact.dtype, &fact.shape, &elems, &bytes, err));
        IOPT_TRY(iopt_lower_alias(lower, lower->graph->inputs[i],
                                  (IoptPlace){ .base = IOPT_BASE_INPUT, .index = i }, err));
    }
    return IOPT_OK;
}

static IoptStatus lower_results(IoptLower *lower, IoptError *err)
{
    IoptPlan *plan = lower->plan;

    IOPT_TRY(iopt_lower_alloc(lower, plan->n_outputs, sizeof(IoptPlace), &plan->results, err));
    for (size_t i = 0; i < plan->n_outputs; i++)
        IOPT_TRY(iopt_lower_in(lower, lower->graph->outputs[i], &plan->results[i], err));
    if (!lower->guards)
        return IOPT_OK;
    IOPT_TRY(iopt_lower_alloc(lower, plan->n_outputs, sizeof(IoptStep), &plan->result_guards, err));
    for (size_t i = 0; i < plan->n_outputs; i++) {
        const IoptGuard guard = iopt_guard_of(lower->guards, lower->graph->outputs[i]);
        IOPT_TRY(iopt_lower_guard(lower, &guard, &plan->result_guards[i], err));
    }
    return IOPT_OK;
}

/* Whether no step is needed: nothing is computed, or it is known already. */
static bool needs_no_step(const IoptNode *node)
{
    size_t known = 0;

    while (known < node->n_out && node->facts[known].value)
        known++;
    return (node->n_out > 0 && known == node->n_out) || iopt_op_in(node->op, "Placeholder|NoOp");
}

static IoptStatus lower_chains(IoptLower *lower, IoptError *err)
{
    for (size_t i = 0; i < lower->graph->n_nodes; i++) {
        const IoptNode *const node = lower->order[i];
        const IoptChain *const chain = lower->chain[node->index];
        if (node != chain->tail || needs_no_step(node))
            continue;
        const IoptStatus status = iopt_lowering_of(chain->root)->lower(lower, chain, err);
        if (status != IOPT_OK)
            return iopt_while(err, status, "planning %s '%s'", chain->root->op, node->name);
    }
    return IOPT_OK;
}

static IoptStatus lower_ordered(IoptLower *lower, IoptError *err)
{
    IOPT_TRY(number(lower, err));
    IOPT_TRY(iopt_fuse(lower, err));
    IOPT_TRY(iopt_concat_in_place(lower, err));
    IOPT_TRY(lower_inputs(lower, err));
    IOPT_TRY(lower_chains(lower, err));
    IOPT_TRY(iopt_pack_all(lower, err));
    return lower_results(lower, err);
}

IoptStatus iopt_lower_graph(IoptPlan *plan, IoptError *err)
{
    IoptLower lower = { .plan = plan, .graph = plan->graph };

    IOPT_TRY(iopt_graph_order(plan->graph, &lower.order, err));
    const char *why;
    IoptStatus status = iopt_guards_find(plan->graph, plan->arena, &lower.guards, &why, err);
    if (status == IOPT_OK)
        status = lower_ordered(&lower, err);
    free(lower.guards);
    free(lower.order);
    free(lower.position);
    free(lower.first_value);
    free(lower.chain);
    free(lower.values);
    free(lower.packs);
    return status;
}
