/* Following conditions through the graph: a Switch adds one, a Merge of its two sides takes it
 * away, any other node has all those of its inputs and control inputs.
 */
#include "engine/guard.h"

#include <stdlib.h>

typedef struct Find {
    IoptGuard *guards;
    IoptArena *arena;
    const char *why;
} Find;

static bool is_switch(const IoptNode *node)
{
    return iopt_op_in(node->op, "Switch|RefSwitch");
}

static bool same_condition(const IoptCondition *a, const IoptCondition *b)
{
    return a->pred.node == b->pred.node && a->pred.port == b->pred.port && a->side == b->side;
}

static bool has_condition(const IoptGuard *guard, const IoptCondition *condition)
{
    for (size_t i = 0; i < guard->n; i++)
        if (same_condition(&guard->condition[i], condition))
            return true;
    return false;
}

static bool add_condition(IoptGuard *guard, const IoptCondition *condition)
{
    if (has_condition(guard, condition))
        return true;
    if (guard->n == IOPT_MOST_CONDITIONS)
        return false;
    guard->condition[guard->n++] = *condition;
    return true;
}

static bool add_all(IoptGuard *guard, const IoptGuard *more)
{
    for (size_t i = 0; i < more->n; i++)
        if (!add_condition(guard, &more->condition[i]))
            return false;
    return true;
}

/* A condition is asked for under several names. */
static IoptValue pred_of(const IoptNode *node)
{
    IoptValue pred = node->in[1];

    while (iopt_is_op(pred.node, "Identity"))
        pred = pred.node->in[0];
    return pred;
}

IoptGuard iopt_guard_of(const IoptGuard *guards, IoptValue value)
{
    IoptGuard guard = guards[value.node->index];

    if (is_switch(value.node)) {
        const IoptCondition side = { pred_of(value.node), value.port == 1 };
        if (!has_condition(&guard, &side) && guard.n < IOPT_MOST_CONDITIONS)
            guard.condition[guard.n++] = side;
    }
    return guard;
}

/* The conditions of `a` that `b` has too, and in *rest those that it has not. */
static IoptGuard common(const IoptGuard *a, const IoptGuard *b, IoptGuard *rest)
{
    IoptGuard both = { 0 };

    rest->n = 0;
    for (size_t i = 0; i < a->n; i++) {
        IoptGuard *const to = has_condition(b, &a->condition[i]) ? &both : rest;
        to->condition[to->n++] = a->condition[i];
    }
    return both;
}

static void guard_merge(Find *f, const IoptNode *node)
{
    IoptGuard rest[2] = { 0 };

    if (node->n_in == 2) {
        const IoptGuard a = iopt_guard_of(f->guards, node->in[0]);
        const IoptGuard b = iopt_guard_of(f->guards, node->in[1]);
        f->guards[node->index] = common(&a, &b, &rest[0]);
        (void)common(&b, &a, &rest[1]);
    }
    const IoptCondition *const x = &rest[0].condition[0], *const y = &rest[1].condition[0];
    if (rest[0].n == 1 && rest[1].n == 1 && x->side != y->side && x->pred.node == y->pred.node &&
        x->pred.port == y->pred.port)
        return;
    f->why = iopt_arena_printf(f->arena, "%s '%s' joins more than the two sides of a condition",
                               node->op, node->name);
}

static void guard_node(Find *f, const IoptNode *node)
{
    IoptGuard *const guard = &f->guards[node->index];
    bool fits = true;

    if (iopt_op_in(node->op, "Merge|RefMerge")) {
        guard_merge(f, node);
    } else {
        for (size_t i = 0; i < node->n_in; i++) {
            const IoptGuard in = iopt_guard_of(f->guards, node->in[i]);
            fits = fits && add_all(guard, &in);
        }
    }
    for (size_t i = 0; i < node->n_control; i++)
        fits = fits && add_all(guard, &f->guards[node->control[i]->index]);
    if (!fits || (is_switch(node) && guard->n == IOPT_MOST_CONDITIONS))
        f->why = iopt_arena_printf(f->arena, "'%s' is nested too deeply in conditions", node->name);
}

IoptStatus iopt_guards_find(const IoptGraph *graph, IoptArena *arena, IoptGuard **out,
                            const char **why, IoptError *err)
{
    Find f = { .arena = arena };
    IoptNode **order;
    bool any = false;

    *out = NULL;
    *why = NULL;
    for (size_t i = 0; i < graph->n_nodes; i++)
        any |= iopt_op_in(graph->nodes[i]->op, "Switch|RefSwitch|Merge|RefMerge");
    if (!any)
        return IOPT_OK;
    IOPT_TRY(iopt_graph_order(graph, &order, err));
    const IoptStatus status = iopt_alloc((void **)&f.guards, graph->n_nodes, sizeof *f.guards, err);
    for (size_t i = 0; status == IOPT_OK && !f.why && i < graph->n_nodes; i++)
        guard_node(&f, order[i]);
    free(order);
    *why = f.why;
    *out = f.guards;
    return status;
}
