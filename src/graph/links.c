/* Edges: inputs, control inputs and the use lists on their other side. */
#include <stdlib.h>

#include "graph/graph.h"

static IoptStatus add_use(IoptNode *of, IoptNode *by, int slot, IoptError *err)
{
    void *uses = of->uses;

    IOPT_TRY(iopt_grow(&uses, &of->uses_capacity, of->n_uses + 1, sizeof(IoptUse), err));
    of->uses = uses;
    of->uses[of->n_uses++] = (IoptUse){ by, slot };
    return IOPT_OK;
}

static void remove_use(IoptNode *of, const IoptNode *by, int slot)
{
    for (size_t i = of->n_uses; i-- > 0;)
        if (of->uses[i].node == by && of->uses[i].slot == slot) {
            of->uses[i] = of->uses[--of->n_uses];
            return;
        }
}

/* Arrays of links grow in the arena: to powers of two, so that little is left behind. */
static void *grow_in_arena(IoptGraph *graph, const void *items, size_t count, size_t size)
{
    if (count != 0 && (count & (count - 1)) != 0)
        return (void *)(uintptr_t)items; /* there is room until the next power of two */
    void *const more = iopt_arena_alloc(graph->arena, count ? count * 2 : 1, size);
    if (more && count)
        memcpy(more, items, count * size);
    return more;
}

IoptStatus iopt_node_add_input(IoptNode *node, IoptValue value, IoptError *err)
{
    IoptValue *const in = grow_in_arena(node->graph, node->in, node->n_in, sizeof *in);

    if (!in)
        return iopt_fail_memory(err, node->n_in * sizeof *in);
    node->in = in;
    IOPT_TRY(add_use(value.node, node, (int)node->n_in, err));
    node->in[node->n_in++] = value;
    return IOPT_OK;
}

IoptStatus iopt_node_set_input(IoptNode *node, size_t slot, IoptValue value, IoptError *err)
{
    if (value.node != node->in[slot].node) {
        IOPT_TRY(add_use(value.node, node, (int)slot, err));
        remove_use(node->in[slot].node, node, (int)slot);
    }
    node->in[slot] = value;
    return IOPT_OK;
}

IoptStatus iopt_node_set_inputs(IoptNode *node, const IoptValue *values, size_t count,
                                IoptError *err)
{
    for (size_t i = 0; i < node->n_in; i++)
        remove_use(node->in[i].node, node, (int)i);
    node->in = NULL;
    node->n_in = 0;
    for (size_t i = 0; i < count; i++)
        IOPT_TRY(iopt_node_add_input(node, values[i], err));
    return IOPT_OK;
}

IoptStatus iopt_node_add_control(IoptNode *node, IoptNode *before, IoptError *err)
{
    for (size_t i = 0; i < node->n_control; i++)
        if (node->control[i] == before)
            return IOPT_OK;
    IoptNode **const control =
        grow_in_arena(node->graph, node->control, node->n_control, sizeof(IoptNode *));
    if (!control)
        return iopt_fail_memory(err, node->n_control * sizeof(IoptNode *));
    node->control = control;
    IOPT_TRY(add_use(before, node, IOPT_CONTROL, err));
    node->control[node->n_control++] = before;
    return IOPT_OK;
}

void iopt_node_remove_control(IoptNode *node, IoptNode *before)
{
    size_t kept = 0;

    for (size_t i = 0; i < node->n_control; i++)
        if (node->control[i] != before)
            node->control[kept++] = node->control[i];
    if (kept == node->n_control)
        return;
    node->n_control = kept;
    remove_use(before, node, IOPT_CONTROL);
}

void iopt_node_clear_controls(IoptNode *node)
{
    for (size_t i = 0; i < node->n_control; i++)
        remove_use(node->control[i], node, IOPT_CONTROL);
    node->control = NULL;
    node->n_control = 0;
}

IoptStatus iopt_graph_replace_value(IoptValue from, IoptValue to, IoptError *err)
{
    IoptGraph *const graph = from.node->graph;

    for (size_t i = from.node->n_uses; i-- > 0;) {
        /* An edge that moves away is replaced by the last one, which has been looked at. */
        const IoptUse use = from.node->uses[i];
        if (use.slot == IOPT_CONTROL || use.node->in[use.slot].port != from.port)
            continue;
        IOPT_TRY(iopt_node_set_input(use.node, (size_t)use.slot, to, err));
    }
    for (size_t i = 0; i < graph->n_outputs; i++)
        if (graph->outputs[i].node == from.node && graph->outputs[i].port == from.port)
            graph->outputs[i] = to;
    return IOPT_OK;
}

IoptStatus iopt_graph_replace_control(IoptNode *from, IoptNode *to, IoptError *err)
{
    for (size_t i = from->n_uses; i-- > 0;) {
        IoptNode *const user = from->uses[i].node;
        if (from->uses[i].slot != IOPT_CONTROL)
            continue;
        if (user != to)
            IOPT_TRY(iopt_node_add_control(user, to, err));
        iopt_node_remove_control(user, from);
    }
    return IOPT_OK;
}

size_t iopt_node_uses(const IoptNode *node)
{
    size_t uses = node->n_uses;

    for (size_t i = 0; i < node->graph->n_outputs; i++)
        uses += node->graph->outputs[i].node == node;
    return uses;
}

size_t iopt_value_uses(IoptValue value)
{
    size_t uses = 0;

    for (size_t i = 0; i < value.node->n_uses; i++) {
        const IoptUse *const use = &value.node->uses[i];
        uses += use->slot != IOPT_CONTROL && use->node->in[use->slot].port == value.port;
    }
    const IoptGraph *const graph = value.node->graph;
    for (size_t i = 0; i < graph->n_outputs; i++)
        uses += graph->outputs[i].node == value.node && graph->outputs[i].port == value.port;
    return uses;
}

bool iopt_is_output(const IoptNode *node)
{
    for (size_t i = 0; i < node->graph->n_outputs; i++)
        if (node->graph->outputs[i].node == node)
            return true;
    return false;
}

bool iopt_is_input(const IoptNode *node)
{
    for (size_t i = 0; i < node->graph->n_inputs; i++)
        if (node->graph->inputs[i].node == node)
            return true;
    return false;
}
