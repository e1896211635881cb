/* The order in which nodes can run; without recursion. */
#include <stdlib.h>

#include "graph/graph.h"

bool iopt_op_in(const char *op, const char *alternatives)
{
    const size_t size = strlen(op);

    for (const char *at = alternatives; at; at = strchr(at, '|')) {
        at += *at == '|';
        if (strncmp(at, op, size) == 0 && (at[size] == 0 || at[size] == '|'))
            return true;
    }
    return false;
}

/* A loop's back edge does not hold up the order. */
static bool is_back_edge(const IoptNode *from, const IoptNode *to)
{
    return iopt_op_in(from->op, "NextIteration|RefNextIteration") &&
           iopt_op_in(to->op, "Merge|RefMerge");
}

/* A binary heap of node indices: the smallest first. */
static void heap_push(size_t *heap, size_t *count, size_t value)
{
    size_t at = (*count)++;

    while (at > 0 && heap[(at - 1) / 2] > value) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = value;
}

static size_t heap_pop(size_t *heap, size_t *count)
{
    const size_t top = heap[0], last = heap[--*count];
    size_t at = 0;

    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= *count)
            break;
        if (child + 1 < *count && heap[child + 1] < heap[child])
            child++;
        if (heap[child] >= last)
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = last;
    return top;
}

static size_t count_waits(const IoptNode *node)
{
    size_t waits = node->n_control;

    for (size_t i = 0; i < node->n_in; i++)
        waits += !is_back_edge(node->in[i].node, node);
    return waits;
}

/* Walks against the edges among nodes that were never ready: some node comes twice. */
static const IoptNode *find_in_cycle(const IoptGraph *graph, const size_t *waits)
{
    const IoptNode *node = NULL;

    for (size_t i = 0; i < graph->n_nodes && !node; i++)
        if (waits[i])
            node = graph->nodes[i];
    for (size_t steps = 0; node && steps < graph->n_nodes; steps++) {
        const IoptNode *next = NULL;
        for (size_t i = 0; i < node->n_in && !next; i++)
            if (waits[node->in[i].node->index] && !is_back_edge(node->in[i].node, node))
                next = node->in[i].node;
        for (size_t i = 0; i < node->n_control && !next; i++)
            if (waits[node->control[i]->index])
                next = node->control[i];
        node = next ? next : node;
    }
    return node;
}

IoptStatus iopt_graph_order(const IoptGraph *graph, IoptNode ***out, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    void *waits_block = NULL, *heap_block = NULL, *order_block = NULL;
    size_t ready = 0, done = 0;

    *out = NULL;
    IOPT_DO(iopt_alloc(&waits_block, graph->n_nodes, sizeof(size_t), err));
    IOPT_DO(iopt_alloc(&heap_block, graph->n_nodes, sizeof(size_t), err));
    IOPT_DO(iopt_alloc(&order_block, graph->n_nodes, sizeof(IoptNode *), err));
    size_t *const waits = waits_block, *const heap = heap_block;
    IoptNode **const order = order_block;
    for (size_t i = 0; i < graph->n_nodes; i++) {
        waits[i] = count_waits(graph->nodes[i]);
        if (waits[i] == 0)
            heap_push(heap, &ready, i);
    }
    while (ready) {
        IoptNode *const node = graph->nodes[heap_pop(heap, &ready)];
        order[done++] = node;
        for (size_t i = 0; i < node->n_uses; i++) {
            const IoptUse *const use = &node->uses[i];
            if (use->slot != IOPT_CONTROL && is_back_edge(node, use->node))
                continue;
            if (--waits[use->node->index] == 0)
                heap_push(heap, &ready, use->node->index);
        }
    }
    if (done < graph->n_nodes) {
        const IoptNode *const node = find_in_cycle(graph, waits);
        status = iopt_fail(err, IOPT_BAD_MODEL, "%s '%s' is part of a cycle",
                           node ? node->op : "node", node ? node->name : "?");
        goto done;
    }
    *out = order;
    order_block = NULL;
done:
    free(waits_block);
    free(heap_block);
    free(order_block);
    return status;
}
