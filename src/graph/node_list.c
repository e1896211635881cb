/* A GraphDef as a list. */
#include "graph/node_list.h"

#include <stdio.h>
#include <stdlib.h>

struct IoptListShare {
    size_t lists;
};

IoptStatus iopt_list_create(const IoptNodeList *like, IoptNodeList **out, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    void *block = NULL, *share = NULL;
    IoptGraph *carrier = NULL;

    *out = NULL;
    IOPT_DO(iopt_alloc(&block, 1, sizeof(IoptNodeList), err));
    IoptNodeList *const list = block;
    if (like) {
        list->carrier = like->carrier;
        list->share = like->share;
    } else {
        IOPT_DO(iopt_alloc(&share, 1, sizeof(struct IoptListShare), err));
        IOPT_DO(iopt_graph_create(&carrier, err));
        list->carrier = carrier;
        list->share = share;
    }
    list->share->lists++;
    *out = list;
done:
    if (status != IOPT_OK) {
        free(block);
        free(share);
    }
    return status;
}

void iopt_list_destroy(IoptNodeList *list)
{
    if (!list)
        return;
    if (--list->share->lists == 0) {
        iopt_graph_destroy(list->carrier);
        free(list->share);
    }
    free(list->nodes);
    free(list);
}

static IoptStatus append(IoptNodeList *list, IoptListNode *node, IoptError *err)
{
    void *nodes = list->nodes;

    IOPT_TRY(iopt_grow(&nodes, &list->nodes_capacity, list->n_nodes + 1, sizeof node, err));
    list->nodes = nodes;
    list->nodes[list->n_nodes++] = node;
    return IOPT_OK;
}

IoptStatus iopt_list_add(IoptNodeList *list, const char *name, const char *op, IoptListNode **out,
                         IoptError *err)
{
    IoptArena *const arena = list->carrier->arena;
    IoptListNode *const node = iopt_arena_alloc(arena, 1, sizeof *node);

    *out = NULL;
    if (!node || !(node->node = iopt_arena_alloc(arena, 1, sizeof *node->node)))
        return iopt_fail_memory(err, sizeof *node);
    node->node->graph = list->carrier;
    node->node->device = "";
    node->node->index = SIZE_MAX;
    IOPT_TRY(iopt_list_set_name(node, name, err));
    IOPT_TRY(iopt_list_set_op(node, op, err));
    IOPT_TRY(append(list, node, err));
    *out = node;
    return IOPT_OK;
}

/* An array of its own with the same attributes; what they point to belongs to the carrier and is
 * never changed in place. */
static IoptStatus share_attrs(const IoptNode *from, IoptNode *to, IoptError *err)
{
    size_t room = 8;

    if (from->n_attrs == 0)
        return IOPT_OK;
    while (room < from->n_attrs)
        room *= 2; /* as iopt_node_set_attr makes room */
    IoptAttr *const attrs = iopt_arena_alloc(to->graph->arena, room, sizeof *attrs);
    if (!attrs)
        return iopt_fail_memory(err, room * sizeof *attrs);
    memcpy(attrs, from->attrs, from->n_attrs * sizeof *attrs);
    to->attrs = attrs;
    to->n_attrs = from->n_attrs;
    return IOPT_OK;
}

IoptStatus iopt_list_add_copy(IoptNodeList *list, const IoptListNode *node, IoptListNode **out,
                              IoptError *err)
{
    IOPT_TRY(iopt_list_add(list, node->node->name, node->node->op, out, err));
    (*out)->node->device = node->node->device;
    (*out)->node->unknown = node->node->unknown;
    IOPT_TRY(share_attrs(node->node, (*out)->node, err));
    if (node->n_inputs == 0)
        return IOPT_OK;
    const char **const inputs =
        iopt_arena_alloc(list->carrier->arena, node->n_inputs, sizeof *inputs);
    if (!inputs)
        return iopt_fail_memory(err, node->n_inputs * sizeof *inputs);
    memcpy(inputs, node->inputs, node->n_inputs * sizeof *inputs); /* the texts stay shared */
    (*out)->inputs = inputs;
    (*out)->n_inputs = (*out)->inputs_capacity = node->n_inputs;
    return IOPT_OK;
}

IoptStatus iopt_list_move_all(IoptNodeList *list, IoptNodeList *from, IoptError *err)
{
    void *nodes = list->nodes;

    IOPT_TRY(iopt_grow(&nodes, &list->nodes_capacity, list->n_nodes + from->n_nodes,
                       sizeof(IoptListNode *), err));
    list->nodes = nodes;
    for (size_t i = 0; i < from->n_nodes; i++)
        list->nodes[list->n_nodes++] = from->nodes[i];
    from->n_nodes = 0;
    return IOPT_OK;
}

IoptStatus iopt_list_clone(const IoptNodeList *list, IoptNodeList **out, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptNodeList *clone = NULL;
    IoptListNode *copy;

    *out = NULL;
    IOPT_DO(iopt_list_create(list, &clone, err));
    clone->versions = list->versions;
    clone->library = list->library;
    clone->has_versions = list->has_versions;
    clone->has_library = list->has_library;
    clone->unknown = list->unknown;
    for (size_t i = 0; i < list->n_nodes; i++)
        IOPT_DO(iopt_list_add_copy(clone, list->nodes[i], &copy, err));
    *out = clone;
    clone = NULL;
done:
    iopt_list_destroy(clone);
    return status;
}

static IoptStatus set_text(const IoptListNode *node, const char *text, const char **out,
                           IoptError *err)
{
    char *const copy = iopt_arena_text(node->node->graph->arena, text);

    if (!copy)
        return iopt_fail_memory(err, strlen(text));
    *out = copy;
    return IOPT_OK;
}

static IoptStatus make_room(IoptListNode *node, IoptError *err)
{
    if (node->n_inputs == node->inputs_capacity) {
        const size_t capacity = node->n_inputs ? 2 * node->n_inputs : 4;
        const char **const inputs =
            iopt_arena_alloc(node->node->graph->arena, capacity, sizeof *inputs);
        if (!inputs)
            return iopt_fail_memory(err, capacity * sizeof *inputs);
        if (node->n_inputs)
            memcpy(inputs, node->inputs, node->n_inputs * sizeof *inputs);
        node->inputs = inputs;
        node->inputs_capacity = capacity;
    }
    return IOPT_OK;
}

IoptStatus iopt_list_add_input(IoptListNode *node, const char *input, IoptError *err)
{
    return iopt_list_add_input_bytes(node, (IoptBytes){ input, strlen(input) }, err);
}

IoptStatus iopt_list_add_input_bytes(IoptListNode *node, IoptBytes input, IoptError *err)
{
    IOPT_TRY(make_room(node, err));
    const char *const copy = iopt_arena_copy(node->node->graph->arena, input.data, input.size);
    if (!copy)
        return iopt_fail_memory(err, input.size);
    node->inputs[node->n_inputs++] = copy;
    return IOPT_OK;
}

IoptStatus iopt_list_set_input(IoptListNode *node, size_t i, const char *input, IoptError *err)
{
    return set_text(node, input, &node->inputs[i], err);
}

void iopt_list_clear_inputs(IoptListNode *node)
{
    node->n_inputs = 0;
}

IoptStatus iopt_list_set_name(IoptListNode *node, const char *name, IoptError *err)
{
    return set_text(node, name, &node->node->name, err);
}

IoptStatus iopt_list_set_op(IoptListNode *node, const char *op, IoptError *err)
{
    return set_text(node, op, &node->node->op, err);
}

IoptStatus iopt_list_set_device(IoptListNode *node, const char *device, IoptError *err)
{
    return set_text(node, device, &node->node->device, err);
}

/* --- to a graph and back ---------------------------------------------------------------------- */

static IoptStatus copy_attrs(const IoptNode *from, IoptNode *to, IoptError *err)
{
    for (size_t i = 0; i < from->n_attrs; i++) {
        IoptAttr attr = from->attrs[i];
        IoptTensor *shared;
        attr.aligned = NULL;
        if (attr.kind == IOPT_ATTR_TENSOR) {
            IOPT_TRY(iopt_tensor_share(from->attrs[i].u.tensor, &shared, err));
            attr.u.tensor = shared;
            IOPT_TRY(iopt_graph_own(to->graph, shared, err));
        }
        IOPT_TRY(iopt_node_set_attr(to, &attr, err));
    }
    return IOPT_OK;
}

static IoptStatus copy_bytes(IoptGraph *to, IoptBytes from, IoptBytes *out, IoptError *err)
{
    *out = (IoptBytes){ 0 };
    if (!from.size)
        return IOPT_OK;
    out->data = iopt_arena_copy(to->arena, from.data, from.size);
    if (!out->data)
        return iopt_fail_memory(err, from.size);
    out->size = from.size;
    return IOPT_OK;
}

static IoptStatus link_input(IoptGraph *graph, IoptNode *node, const char *text, IoptError *err)
{
    IoptValue from;

    if (iopt_graph_find_value(graph, text + (*text == '^'), &from, NULL) != IOPT_OK)
        return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': its input '%s' is not in the graph",
                         node->op, node->name, text);
    if (*text == '^')
        return iopt_node_add_control(node, from.node, err);
    return iopt_node_add_input(node, from, err);
}

IoptStatus iopt_list_link(const IoptNodeList *list, IoptGraph **out, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptGraph *graph = NULL;
    IoptNode *node;

    *out = NULL;
    IOPT_DO(iopt_graph_create(&graph, err));
    graph->file = iopt_buffer_ref(list->carrier->file);
    for (size_t i = 0; i < list->n_nodes; i++) {
        const IoptNode *const from = list->nodes[i]->node;
        IOPT_DO(iopt_graph_add(graph, from->name, from->op, &node, err));
        node->device = iopt_arena_text(graph->arena, from->device);
        if (!node->device) {
            status = iopt_fail_memory(err, strlen(from->device));
            goto done;
        }
        IOPT_DO(copy_bytes(graph, from->unknown, &node->unknown, err));
        IOPT_DO(copy_attrs(from, node, err));
    }
    for (size_t i = 0; i < list->n_nodes; i++)
        for (size_t k = 0; k < list->nodes[i]->n_inputs; k++)
            IOPT_DO(link_input(graph, graph->nodes[i], list->nodes[i]->inputs[k], err));
    IOPT_DO(copy_bytes(graph, list->versions, &graph->versions, err));
    IOPT_DO(copy_bytes(graph, list->library, &graph->library, err));
    IOPT_DO(copy_bytes(graph, list->unknown, &graph->unknown, err));
    graph->has_library = list->has_library;
    IOPT_DO(iopt_graph_verify(graph, err));
    *out = graph;
    graph = NULL;
done:
    iopt_graph_destroy(graph);
    return status;
}

static IoptStatus spell_inputs(const IoptNode *node, IoptListNode *to, IoptError *err)
{
    char text[1200];

    for (size_t i = 0; i < node->n_in; i++) {
        if (node->in[i].port == 0)
            (void)snprintf(text, sizeof text, "%s", node->in[i].node->name);
        else
            (void)snprintf(text, sizeof text, "%s:%d", node->in[i].node->name, node->in[i].port);
        IOPT_TRY(iopt_list_add_input(to, text, err));
    }
    for (size_t i = 0; i < node->n_control; i++) {
        (void)snprintf(text, sizeof text, "^%s", node->control[i]->name);
        IOPT_TRY(iopt_list_add_input(to, text, err));
    }
    return IOPT_OK;
}

IoptStatus iopt_list_from_graph(const IoptGraph *graph, IoptNodeList **out, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptNodeList *list = NULL;
    IoptListNode *to;

    *out = NULL;
    IOPT_DO(iopt_list_create(NULL, &list, err));
    list->carrier->file = iopt_buffer_ref(graph->file);
    for (size_t i = 0; i < graph->n_nodes; i++) {
        const IoptNode *const from = graph->nodes[i];
        IOPT_DO(iopt_list_add(list, from->name, from->op, &to, err));
        IOPT_DO(iopt_list_set_device(to, from->device, err));
        IOPT_DO(copy_bytes(list->carrier, from->unknown, &to->node->unknown, err));
        IOPT_DO(copy_attrs(from, to->node, err));
        IOPT_DO(spell_inputs(from, to, err));
    }
    IOPT_DO(copy_bytes(list->carrier, graph->versions, &list->versions, err));
    IOPT_DO(copy_bytes(list->carrier, graph->library, &list->library, err));
    IOPT_DO(copy_bytes(list->carrier, graph->unknown, &list->unknown, err));
    list->has_versions = graph->versions.size != 0;
    list->has_library = graph->has_library;
    *out = list;
    list = NULL;
done:
    iopt_list_destroy(list);
    return status;
}
