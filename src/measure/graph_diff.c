/* What differs between two graphs. */
#include "measure/graph_diff.h"

#include <stdlib.h>

#include "base/text.h"

const char *iopt_diff_kind_text(IoptDiffKind kind)
{
    static const char *const texts[IOPT_DIFF_KINDS] = { "only in A", "only in B", "op", "inputs",
                                                        "attribute" };

    return texts[kind];
}

static IoptStatus add(IoptGraphDiff *diff, IoptDiffKind kind, const char *node, const char *text,
                      IoptError *err)
{
    void *items = diff->items;
    const IoptStatus status =
        iopt_grow(&items, &diff->capacity, diff->count + 1, sizeof(IoptDiff), err);

    diff->items = items;
    IOPT_TRY(status);
    if (!text)
        return iopt_fail_memory(err, sizeof(IoptDiff));
    diff->items[diff->count++] = (IoptDiff){ kind, node, text };
    diff->kinds[kind]++;
    return IOPT_OK;
}

static bool same_inputs(const IoptNode *a, const IoptNode *b)
{
    if (a->n_in != b->n_in || a->n_control != b->n_control)
        return false;
    for (size_t i = 0; i < a->n_in; i++)
        if (a->in[i].port != b->in[i].port || strcmp(a->in[i].node->name, b->in[i].node->name))
            return false;
    for (size_t i = 0; i < a->n_control; i++)
        if (strcmp(a->control[i]->name, b->control[i]->name))
            return false;
    return true;
}

static void list_inputs(const IoptNode *node, IoptText *text)
{
    for (size_t i = 0; i < node->n_in; i++) {
        iopt_text_printf(text, "%s%s", i ? ", " : "", node->in[i].node->name);
        if (node->in[i].port)
            iopt_text_printf(text, ":%d", node->in[i].port);
    }
    for (size_t i = 0; i < node->n_control; i++)
        iopt_text_printf(text, "%s^%s", i || node->n_in ? ", " : "", node->control[i]->name);
}

static IoptStatus add_inputs(IoptGraphDiff *diff, const IoptNode *a, const IoptNode *b,
                             IoptError *err)
{
    IoptText text = { 0 };

    list_inputs(a, &text);
    iopt_text_printf(&text, " -> ");
    list_inputs(b, &text);
    const char *const kept =
        text.failed ? NULL : iopt_arena_copy(diff->arena, text.s ? text.s : "", text.size);
    iopt_text_free(&text);
    return add(diff, IOPT_DIFF_INPUTS, a->name, kept, err);
}

/* Both lists are sorted by name. */
static IoptStatus compare_attrs(IoptGraphDiff *diff, const IoptNode *a, const IoptNode *b,
                                IoptError *err)
{
    size_t i = 0, k = 0;

    while (i < a->n_attrs || k < b->n_attrs) {
        const IoptAttr *const x = i < a->n_attrs ? &a->attrs[i] : NULL;
        const IoptAttr *const y = k < b->n_attrs ? &b->attrs[k] : NULL;
        const int order = !x ? 1 : !y ? -1 : strcmp(x->name, y->name);
        const char *text = NULL;
        if (order < 0)
            text = iopt_arena_printf(diff->arena, "%s: only in A", x->name);
        else if (order > 0)
            text = iopt_arena_printf(diff->arena, "%s: only in B", y->name);
        else if (!iopt_attr_equal(x, y))
            text = iopt_arena_printf(diff->arena, "%s: other value", x->name);
        if (order != 0 || !iopt_attr_equal(x, y))
            IOPT_TRY(add(diff, IOPT_DIFF_ATTR, a->name, text, err));
        i += order <= 0;
        k += order >= 0;
    }
    return IOPT_OK;
}

static IoptStatus compare_nodes(IoptGraphDiff *diff, const IoptNode *a, const IoptNode *b,
                                IoptError *err)
{
    const size_t before = diff->count;

    if (strcmp(a->op, b->op))
        IOPT_TRY(add(diff, IOPT_DIFF_OP, a->name,
                     iopt_arena_printf(diff->arena, "%s -> %s", a->op, b->op), err));
    if (!same_inputs(a, b))
        IOPT_TRY(add_inputs(diff, a, b, err));
    IOPT_TRY(compare_attrs(diff, a, b, err));
    diff->same += diff->count == before;
    return IOPT_OK;
}

IoptStatus iopt_graph_diff(const IoptGraph *a, const IoptGraph *b, IoptGraphDiff *out,
                           IoptError *err)
{
    IoptStatus status = IOPT_OK;

    *out = (IoptGraphDiff){ 0 };
    IOPT_TRY(iopt_arena_create(&out->arena, err));
    for (size_t i = 0; i < a->n_nodes; i++) {
        const IoptNode *const node = a->nodes[i], *const other = iopt_graph_find(b, node->name);
        if (other)
            IOPT_DO(compare_nodes(out, node, other, err));
        else
            IOPT_DO(add(out, IOPT_DIFF_ONLY_A, node->name, node->op, err));
    }
    for (size_t i = 0; i < b->n_nodes; i++)
        if (!iopt_graph_find(a, b->nodes[i]->name))
            IOPT_DO(add(out, IOPT_DIFF_ONLY_B, b->nodes[i]->name, b->nodes[i]->op, err));
done:
    if (status != IOPT_OK)
        iopt_graph_diff_free(out);
    return status;
}

void iopt_graph_diff_free(IoptGraphDiff *diff)
{
    iopt_arena_destroy(diff->arena);
    free(diff->items);
    *diff = (IoptGraphDiff){ 0 };
}

/* --- layers ---------------------------------------------------------------------------------- */

/* Marks (node->index) what may have no value; the nodes come in order of computation. */
static void mark_conditional(IoptNode *const *order, size_t count, bool *conditional)
{
    for (size_t i = 0; i < count; i++) {
        const IoptNode *const node = order[i];
        bool mark = iopt_op_in(node->op, "Switch|RefSwitch");
        for (size_t k = 0; k < node->n_in; k++)
            mark = mark || conditional[node->in[k].node->index];
        for (size_t k = 0; k < node->n_control; k++)
            mark = mark || conditional[node->control[k]->index];
        conditional[node->index] = mark && !iopt_op_in(node->op, "Merge|RefMerge");
    }
}

static IoptStatus find_conditional(const IoptGraph *graph, IoptNode ***order, bool **out,
                                   IoptError *err)
{
    void *block;

    *out = NULL;
    IOPT_TRY(iopt_graph_order(graph, order, err));
    const IoptStatus status = iopt_alloc(&block, graph->n_nodes, sizeof(bool), err);
    if (status != IOPT_OK) {
        free(*order);
        *order = NULL;
        return status;
    }
    *out = block;
    mark_conditional(*order, graph->n_nodes, *out);
    return IOPT_OK;
}

/* A value of floats that is computed each time. */
static bool is_layer(IoptNode *node, const bool *conditional)
{
    const IoptFact fact = iopt_fact_at((IoptValue){ node, 0 });

    return node->n_out > 0 && fact.dtype == IOPT_F32 && !fact.value && !iopt_is_input(node) &&
           !conditional[node->index] && !iopt_op_in(node->op, "Const|Placeholder");
}

IoptStatus iopt_common_layers(const IoptGraph *a, const IoptGraph *b, IoptValue **of_a,
                              IoptValue **of_b, size_t *count, IoptError *err)
{
    IoptNode **order_a = NULL, **order_b = NULL;
    bool *conditional_a = NULL, *conditional_b = NULL;
    IoptStatus status = IOPT_OK;

    *of_a = *of_b = NULL;
    *count = 0;
    IOPT_DO(find_conditional(a, &order_a, &conditional_a, err));
    IOPT_DO(find_conditional(b, &order_b, &conditional_b, err));
    IOPT_DO(iopt_alloc((void **)of_a, a->n_nodes, sizeof(IoptValue), err));
    IOPT_DO(iopt_alloc((void **)of_b, a->n_nodes, sizeof(IoptValue), err));
    for (size_t i = 0; i < a->n_nodes; i++) {
        IoptNode *const node = order_a[i], *const other = iopt_graph_find(b, node->name);
        if (!other || !is_layer(node, conditional_a) || !is_layer(other, conditional_b))
            continue;
        (*of_a)[*count] = (IoptValue){ node, 0 };
        (*of_b)[(*count)++] = (IoptValue){ other, 0 };
    }
done:
    free(order_a);
    free(order_b);
    free(conditional_a);
    free(conditional_b);
    return status;
}

bool iopt_has_other_weights(const IoptNode *a, const IoptNode *b)
{
    if (strcmp(a->op, b->op))
        return false;
    for (size_t i = 0; i < a->n_in && i < b->n_in; i++) {
        const IoptTensor *const x = iopt_fact_at(a->in[i]).value;
        const IoptTensor *const y = iopt_fact_at(b->in[i]).value;
        if (x && y && !iopt_tensor_equal(x, y))
            return true;
    }
    return false;
}
