/* merge_duplicates: of nodes that compute the same from the same, one stays.
 *
 *   exactness  same bits
 *   keeps      random and stateful ops, placeholders, outputs (but others may merge into an output)
 *   source     common subexpression elimination; merge_duplicate_nodes of the Graph Transform Tool
 */
#include <stdlib.h>

#include "passes/pass.h"

enum { HASHED_BYTES = 4096 };

static uint64_t hash_tensor(const IoptTensor *tensor, uint64_t hash)
{
    hash = iopt_hash(&tensor->dtype, sizeof tensor->dtype, hash);
    hash = iopt_hash(&tensor->bytes, sizeof tensor->bytes, hash);
    if (tensor->dtype == IOPT_STRING)
        return hash;
    /* The beginning tells weights apart; equality is checked in full. */
    return iopt_hash(tensor->data, tensor->bytes < HASHED_BYTES ? tensor->bytes : HASHED_BYTES,
                     hash);
}

static uint64_t hash_node(const IoptNode *node)
{
    uint64_t hash = iopt_hash(node->op, strlen(node->op), 0);

    for (size_t i = 0; i < node->n_in; i++) {
        hash = iopt_hash(&node->in[i].node, sizeof node->in[i].node, hash);
        hash = iopt_hash(&node->in[i].port, sizeof node->in[i].port, hash);
    }
    for (size_t i = 0; i < node->n_attrs; i++) {
        const IoptAttr *const attr = &node->attrs[i];
        hash = iopt_hash(attr->name, strlen(attr->name), hash);
        if (attr->kind == IOPT_ATTR_TENSOR)
            hash = hash_tensor(attr->u.tensor, hash);
    }
    return hash;
}

static bool attrs_equal(const IoptNode *a, const IoptNode *b)
{
    if (a->n_attrs != b->n_attrs)
        return false;
    for (size_t i = 0; i < a->n_attrs; i++)
        if (!iopt_attr_equal(&a->attrs[i], &b->attrs[i]))
            return false;
    return true;
}

static bool same(const IoptNode *a, const IoptNode *b)
{
    if (strcmp(a->op, b->op) != 0 || a->n_in != b->n_in || strcmp(a->device, b->device) != 0)
        return false;
    for (size_t i = 0; i < a->n_in; i++)
        if (a->in[i].node != b->in[i].node || a->in[i].port != b->in[i].port)
            return false;
    return attrs_equal(a, b);
}

static bool may_merge(const IoptNode *node)
{
    const IoptOp *const op = iopt_op_find(node->op);

    if (!op || node->removed || node->n_control || iopt_is_input(node) ||
        (op->flags & (IOPT_OP_STATEFUL | IOPT_OP_RANDOM | IOPT_OP_CONTROL)))
        return false;
    return !iopt_op_in(node->op, "Placeholder|PlaceholderWithDefault|NoOp");
}

/* The first node seen that is the same, or NULL after `node` was put into the table. */
static IoptNode *find_twin(IoptNode **table, size_t capacity, IoptNode *node)
{
    size_t at = (size_t)hash_node(node) & (capacity - 1);

    for (; table[at]; at = (at + 1) & (capacity - 1))
        if (same(table[at], node))
            return table[at];
    table[at] = node;
    return NULL;
}

static IoptStatus merge(IoptNode *node, IoptNode *twin, IoptError *err)
{
    const size_t ports = iopt_node_n_out(node);

    for (size_t port = 0; port < ports; port++)
        IOPT_TRY(iopt_graph_replace_value((IoptValue){ node, (int)port },
                                          (IoptValue){ twin, (int)port }, err));
    IOPT_TRY(iopt_graph_replace_control(node, twin, err));
    if (node->n_uses == 0)
        iopt_graph_remove(node);
    return IOPT_OK;
}

static IoptStatus run(IoptGraph *graph, IoptPassContext *context, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    void *block = NULL;
    IoptNode **order = NULL;
    size_t capacity = 16;
    const size_t count = graph->n_nodes;

    while (capacity < count * 2)
        capacity *= 2;
    IOPT_DO(iopt_alloc(&block, capacity, sizeof(IoptNode *), err));
    IOPT_DO(iopt_graph_order(graph, &order, err));
    for (size_t i = 0; i < count; i++) {
        IoptNode *const node = order[i];
        if (!may_merge(node))
            continue;
        IoptNode *const twin = find_twin(block, capacity, node);
        if (!twin || iopt_is_output(node))
            continue;
        IOPT_DO(merge(node, twin, err));
        context->changes++;
    }
done:
    free(block);
    free(order);
    return status;
}

const IoptPass iopt_pass_merge_duplicates = {
    .name = "merge_duplicates",
    .brief = "keep one of the nodes that compute the same",
    .after = "remove_control_edges",
    .exactness = IOPT_SAME_BITS,
    .run = run,
};
