/* The graph's life: making, cloning, destroying, adding and removing nodes, finding them. */
#include "graph/graph.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

IoptStatus iopt_graph_create(IoptGraph **out, IoptError *err)
{
    void *block;

    *out = NULL;
    IOPT_TRY(iopt_alloc(&block, 1, sizeof(IoptGraph), err));
    IoptGraph *graph = block;
    const IoptStatus status = iopt_arena_create(&graph->arena, err);
    if (status != IOPT_OK)
        free(graph);
    else
        *out = graph;
    return status;
}

void iopt_graph_destroy(IoptGraph *graph)
{
    if (!graph)
        return;
    for (size_t i = 0; i < graph->n_nodes; i++)
        free(graph->nodes[i]->uses);
    for (size_t i = 0; i < graph->n_tensors; i++)
        iopt_tensor_destroy(((IoptTensor **)graph->tensors)[i]);
    free(graph->tensors);
    free(graph->nodes);
    free(graph->inputs);
    free(graph->outputs);
    iopt_map_free(&graph->by_name);
    iopt_buffer_unref(graph->file);
    iopt_arena_destroy(graph->arena);
    free(graph);
}

IoptStatus iopt_graph_own(IoptGraph *graph, IoptTensor *taken, IoptError *err)
{
    const IoptStatus status = iopt_grow(&graph->tensors, &graph->tensors_capacity,
                                        graph->n_tensors + 1, sizeof(IoptTensor *), err);

    if (status != IOPT_OK) {
        iopt_tensor_destroy(taken);
        return status;
    }
    ((IoptTensor **)graph->tensors)[graph->n_tensors++] = taken;
    return IOPT_OK;
}

IoptNode *iopt_graph_find(const IoptGraph *graph, const char *name)
{
    return iopt_map_get(&graph->by_name, name);
}

/* The nearest of the graph's names, for "did you mean". */
static const char *nearest_name(const IoptGraph *graph, const char *name)
{
    size_t best = strlen(name) / 3 + 2;
    const char *nearest = NULL;

    for (size_t i = 0; i < graph->n_nodes && best > 1; i++) {
        const size_t distance = iopt_edit_distance(name, graph->nodes[i]->name, best);
        if (distance < best) {
            best = distance;
            nearest = graph->nodes[i]->name;
        }
    }
    /* A user often types the last part of a scoped name. */
    for (size_t i = 0; i < graph->n_nodes && !nearest; i++) {
        const char *const slash = strrchr(graph->nodes[i]->name, '/');
        if (slash && strcmp(slash + 1, name) == 0)
            nearest = graph->nodes[i]->name;
    }
    return nearest;
}

IoptStatus iopt_graph_find_value(const IoptGraph *graph, const char *text, IoptValue *out,
                                 IoptError *err)
{
    char name[1024];
    const char *const colon = strrchr(text, ':');
    size_t size = strlen(text);
    long port = 0;

    *out = (IoptValue){ 0 };
    if (colon && colon[1]) {
        char *end;
        port = strtol(colon + 1, &end, 10);
        if (*end || port < 0 || port > 65535)
            return iopt_fail(err, IOPT_INVALID_ARGUMENT, "'%s': want NODE or NODE:PORT", text);
        size = (size_t)(colon - text);
    }
    if (size == 0 || size >= sizeof name)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "'%s': want NODE or NODE:PORT", text);
    memcpy(name, text, size);
    name[size] = 0;
    IoptNode *const node = iopt_graph_find(graph, name);
    if (!node) {
        const char *const nearest = nearest_name(graph, name);
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "the graph has no node '%s'%s%s%s", name,
                         nearest ? "; did you mean '" : "", nearest ? nearest : "",
                         nearest ? "'?" : "");
    }
    *out = (IoptValue){ node, (int)port };
    return IOPT_OK;
}

IoptStatus iopt_graph_add(IoptGraph *graph, const char *name, const char *op, IoptNode **out,
                          IoptError *err)
{
    void *nodes = graph->nodes;

    *out = NULL;
    if (iopt_graph_find(graph, name))
        return iopt_fail(err, IOPT_BAD_MODEL, "two nodes are called '%s'", name);
    IOPT_TRY(
        iopt_grow(&nodes, &graph->nodes_capacity, graph->n_nodes + 1, sizeof(IoptNode *), err));
    graph->nodes = nodes;
    IoptNode *const node = iopt_arena_alloc(graph->arena, 1, sizeof *node);
    if (!node)
        return iopt_fail_memory(err, sizeof *node);
    node->name = iopt_arena_text(graph->arena, name);
    node->op = iopt_arena_text(graph->arena, op);
    if (!node->name || !node->op)
        return iopt_fail_memory(err, strlen(name) + strlen(op));
    node->device = "";
    node->graph = graph;
    IOPT_TRY(iopt_map_set(&graph->by_name, node->name, node, err));
    node->index = graph->n_nodes;
    graph->nodes[graph->n_nodes++] = node;
    *out = node;
    return IOPT_OK;
}

const char *iopt_graph_unique_name(IoptGraph *graph, const char *base)
{
    if (!iopt_graph_find(graph, base))
        return iopt_arena_text(graph->arena, base);
    for (;;) {
        char *const name = iopt_arena_printf(graph->arena, "%s_%zu", base, ++graph->next_name);
        if (!name || !iopt_graph_find(graph, name))
            return name;
    }
}

IoptStatus iopt_graph_rename(IoptNode *node, const char *name, IoptError *err)
{
    IoptGraph *const graph = node->graph;

    if (strcmp(node->name, name) == 0)
        return IOPT_OK;
    if (iopt_graph_find(graph, name))
        return iopt_fail(err, IOPT_BAD_MODEL, "two nodes are called '%s'", name);
    char *const copy = iopt_arena_text(graph->arena, name);
    if (!copy)
        return iopt_fail_memory(err, strlen(name));
    IOPT_TRY(iopt_map_set(&graph->by_name, copy, node, err));
    iopt_map_remove(&graph->by_name, node->name);
    node->name = copy;
    return IOPT_OK;
}

static IoptStatus set_values(IoptValue **list, size_t *n, const IoptValue *values, size_t count,
                             IoptError *err)
{
    void *block;

    IOPT_TRY(iopt_alloc(&block, count, sizeof(IoptValue), err));
    if (count)
        memcpy(block, values, count * sizeof *values);
    free(*list);
    *list = block;
    *n = count;
    return IOPT_OK;
}

IoptStatus iopt_graph_set_inputs(IoptGraph *graph, const IoptValue *values, size_t count,
                                 IoptError *err)
{
    return set_values(&graph->inputs, &graph->n_inputs, values, count, err);
}

IoptStatus iopt_graph_set_outputs(IoptGraph *graph, const IoptValue *values, size_t count,
                                  IoptError *err)
{
    return set_values(&graph->outputs, &graph->n_outputs, values, count, err);
}

static IoptBytes copy_bytes(IoptGraph *graph, IoptBytes bytes, bool *failed)
{
    char *const data = bytes.size ? iopt_arena_copy(graph->arena, bytes.data, bytes.size) : NULL;

    *failed = *failed || (bytes.size && !data);
    return (IoptBytes){ data, data ? bytes.size : 0 };
}

static IoptStatus clone_attrs(const IoptNode *from, IoptNode *to, IoptError *err)
{
    for (size_t i = 0; i < from->n_attrs; i++) {
        IoptAttr attr = from->attrs[i];
        IoptTensor *shared;
        attr.aligned = NULL;
        if (attr.kind == IOPT_ATTR_TENSOR && to->graph != from->graph) {
            IOPT_TRY(iopt_tensor_share(from->attrs[i].u.tensor, &shared, err));
            attr.u.tensor = shared;
            IOPT_TRY(iopt_graph_own(to->graph, shared, err));
        }
        IOPT_TRY(iopt_node_set_attr(to, &attr, err));
    }
    return IOPT_OK;
}

static IoptStatus clone_node(const IoptNode *from, IoptGraph *to, IoptError *err)
{
    IoptNode *node;
    bool failed = false;

    IOPT_TRY(iopt_graph_add(to, from->name, from->op, &node, err));
    node->device = *from->device ? iopt_arena_text(to->arena, from->device) : "";
    node->unknown = copy_bytes(to, from->unknown, &failed);
    if (failed || !node->device)
        return iopt_fail_memory(err, from->unknown.size);
    IOPT_TRY(clone_attrs(from, node, err));
    if (!from->facts)
        return IOPT_OK;
    node->facts = iopt_arena_alloc(to->arena, from->n_out, sizeof(IoptFact));
    if (!node->facts)
        return iopt_fail_memory(err, from->n_out * sizeof(IoptFact));
    node->n_out = from->n_out;
    for (size_t i = 0; i < from->n_out; i++) {
        IoptTensor *shared;
        node->facts[i] = from->facts[i];
        node->facts[i].value = NULL;
        if (!from->facts[i].value)
            continue;
        IOPT_TRY(iopt_tensor_share(from->facts[i].value, &shared, err));
        node->facts[i].value = shared;
        IOPT_TRY(iopt_graph_own(to, shared, err));
    }
    return IOPT_OK;
}

/* Every node of `graph` has its twin at the same index. */
static IoptStatus clone_links(const IoptGraph *from, IoptGraph *to, IoptError *err)
{
    for (size_t i = 0; i < from->n_nodes; i++) {
        const IoptNode *const node = from->nodes[i];
        for (size_t k = 0; k < node->n_in; k++) {
            const IoptValue value = { to->nodes[node->in[k].node->index], node->in[k].port };
            IOPT_TRY(iopt_node_add_input(to->nodes[i], value, err));
        }
        for (size_t k = 0; k < node->n_control; k++)
            IOPT_TRY(iopt_node_add_control(to->nodes[i], to->nodes[node->control[k]->index], err));
    }
    IOPT_TRY(iopt_graph_set_inputs(to, from->inputs, from->n_inputs, err));
    IOPT_TRY(iopt_graph_set_outputs(to, from->outputs, from->n_outputs, err));
    for (size_t i = 0; i < to->n_inputs; i++)
        to->inputs[i].node = to->nodes[to->inputs[i].node->index];
    for (size_t i = 0; i < to->n_outputs; i++)
        to->outputs[i].node = to->nodes[to->outputs[i].node->index];
    return IOPT_OK;
}

IoptStatus iopt_graph_clone(const IoptGraph *graph, IoptGraph **out, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptGraph *clone = NULL;
    bool failed = false;

    *out = NULL;
    IOPT_DO(iopt_graph_create(&clone, err));
    clone->file = iopt_buffer_ref(graph->file); /* raw bytes of attributes point into it */
    clone->next_name = graph->next_name;
    clone->has_library = graph->has_library;
    clone->internal_ops = graph->internal_ops;
    clone->versions = copy_bytes(clone, graph->versions, &failed);
    clone->library = copy_bytes(clone, graph->library, &failed);
    clone->unknown = copy_bytes(clone, graph->unknown, &failed);
    if (failed) {
        status = iopt_fail_memory(err, graph->library.size);
        goto done;
    }
    for (size_t i = 0; i < graph->n_nodes; i++)
        IOPT_DO(clone_node(graph->nodes[i], clone, err));
    IOPT_DO(clone_links(graph, clone, err));
    *out = clone;
    clone = NULL;
done:
    iopt_graph_destroy(clone);
    return status;
}

static bool is_useless(const IoptNode *node)
{
    return node->n_uses == 0 && !node->removed && !iopt_is_output(node) && !iopt_is_input(node);
}

/* The nodes still to go are a list through their marks: no recursion, no allocation that fails. */
void iopt_graph_remove(IoptNode *node)
{
    IoptNode *next = node;

    assert(node->n_uses == 0 && !iopt_is_output(node));
    node->removed = true;
    node->mark = 0;
    while (next) {
        IoptNode *const gone = next;
        const IoptValue *const in = gone->in;
        IoptNode *const *const control = gone->control;
        const size_t n_in = gone->n_in, n_control = gone->n_control;
        next = (IoptNode *)(uintptr_t)gone->mark;
        (void)iopt_node_set_inputs(gone, NULL, 0, NULL); /* taking away cannot fail */
        iopt_node_clear_controls(gone);
        if (iopt_graph_find(gone->graph, gone->name) == gone)
            iopt_map_remove(&gone->graph->by_name, gone->name);
        for (size_t i = 0; i < n_in + n_control; i++) {
            IoptNode *const input = i < n_in ? in[i].node : control[i - n_in];
            if (!is_useless(input))
                continue;
            input->removed = true;
            input->mark = (uint64_t)(uintptr_t)next;
            next = input;
        }
    }
}

void iopt_graph_compact(IoptGraph *graph)
{
    size_t kept = 0;

    for (size_t i = 0; i < graph->n_nodes; i++) {
        IoptNode *const node = graph->nodes[i];
        if (!node->removed) {
            node->index = kept;
            graph->nodes[kept++] = node;
            continue;
        }
        free(node->uses);
        node->uses = NULL;
        node->uses_capacity = 0;
        node->index = SIZE_MAX;
    }
    graph->n_nodes = kept;
}
