/* Conditions that are always the same: Switch passes its data on to one side, the other side is
 * dead, and so is what depends on it; Merge passes on the one input that lives.
 */
#include <stdlib.h>

#include "engine/prepare.h"
#include "ops/op.h"

typedef struct Resolve {
    IoptGraph *graph;
    IoptNode **order;
    bool *dead; /* by node->index: a node that never runs */
    bool changed;
} Resolve;

/* Which side of a Switch lives: 0, 1 or -1 if that is not known. */
static int live_side(const IoptNode *node)
{
    if (!iopt_op_in(node->op, "Switch|RefSwitch") || node->n_in != 2)
        return -1;
    const IoptTensor *const pred = iopt_fact_at(node->in[1]).value;
    if (!pred || pred->dtype != IOPT_BOOL || iopt_elems(pred) != 1)
        return -1;
    return iopt_tensor_get_i64(pred, 0) != 0;
}

static bool value_dead(const Resolve *r, IoptValue value)
{
    const int side = live_side(value.node);

    return r->dead[value.node->index] || (side >= 0 && value.port != side);
}

static bool any_dead(const Resolve *r, const IoptNode *node)
{
    for (size_t i = 0; i < node->n_in; i++)
        if (value_dead(r, node->in[i]))
            return true;
    for (size_t i = 0; i < node->n_control; i++)
        if (r->dead[node->control[i]->index])
            return true;
    return false;
}

static IoptStatus replace_index(const Resolve *r, IoptNode *merge, size_t live, IoptError *err)
{
    const IoptValue index = { merge, 1 };
    const char *const name = iopt_graph_unique_name(r->graph, merge->name);
    IoptTensor *value;
    IoptNode *constant;

    if (iopt_value_uses(index) == 0)
        return IOPT_OK;
    if (!name)
        return iopt_fail_memory(err, 64);
    IOPT_TRY(iopt_tensor_scalar_i32((int32_t)live, &value, err));
    IOPT_TRY(iopt_graph_add_const(r->graph, name, value, &constant, err));
    return iopt_graph_replace_value(index, (IoptValue){ constant, 0 }, err);
}

/* A Merge all of whose inputs but one are dead is that one.  (A loop's Merge keeps both.) */
static IoptStatus resolve_merge(Resolve *r, IoptNode *node, IoptError *err)
{
    size_t live = 0, count = 0;

    for (size_t i = 0; i < node->n_in; i++)
        if (!value_dead(r, node->in[i])) {
            live = i;
            count++;
        }
    r->dead[node->index] = count == 0;
    if (count != 1)
        return IOPT_OK;
    IOPT_TRY(replace_index(r, node, live, err));
    IOPT_TRY(iopt_graph_replace_value((IoptValue){ node, 0 }, node->in[live], err));
    IOPT_TRY(iopt_graph_replace_control(node, node->in[live].node, err));
    r->changed = true;
    return IOPT_OK;
}

static IoptStatus resolve_switch(Resolve *r, IoptNode *node, IoptError *err)
{
    const int side = live_side(node);

    if (side < 0 || r->dead[node->index] || iopt_value_uses((IoptValue){ node, side }) == 0)
        return IOPT_OK;
    r->changed = true;
    return iopt_graph_replace_value((IoptValue){ node, side }, node->in[0], err);
}

static IoptStatus resolve(Resolve *r, IoptError *err)
{
    const size_t count = r->graph->n_nodes;

    for (size_t i = 0; i < count; i++) {
        IoptNode *const node = r->order[i];
        if (iopt_op_in(node->op, "Merge|RefMerge"))
            IOPT_TRY(resolve_merge(r, node, err));
        else
            r->dead[node->index] = any_dead(r, node);
    }
    for (size_t i = 0; i < count; i++)
        IOPT_TRY(resolve_switch(r, r->order[i], err));
    return IOPT_OK;
}

static bool has_switch(const IoptGraph *graph)
{
    for (size_t i = 0; i < graph->n_nodes; i++)
        if (live_side(graph->nodes[i]) >= 0)
            return true;
    return false;
}

IoptStatus iopt_resolve_control(IoptGraph *graph, bool *changed, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    Resolve r = { .graph = graph };

    *changed = false;
    if (!has_switch(graph))
        return IOPT_OK;
    /* A Const may come in for each Merge. */
    IOPT_DO(iopt_alloc((void **)&r.dead, 2 * graph->n_nodes, sizeof *r.dead, err));
    IOPT_DO(iopt_graph_order(graph, &r.order, err));
    IOPT_DO(resolve(&r, err));
    *changed = r.changed;
done:
    free(r.dead);
    free(r.order);
    return status;
}
