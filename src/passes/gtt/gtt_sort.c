/* TensorFlow's execution order: depth first from the nodes without inputs, the last one found going
 * first; and the check that every input names a node. */
#include "passes/gtt/gtt_sort.h"

#include <stdlib.h>

#include "passes/gtt/gtt_names.h"

/* Who reads a node: chains of edges in one array, in the order they were found. */
typedef struct Edge {
    size_t reader, next; /* next is an edge's number plus one, 0 at the end */
} Edge;

typedef struct Sorter {
    const IoptNodeList *list;
    IoptMap index;
    size_t *pending; /* per node: inputs that are not there yet */
    size_t *first, *last;
    Edge *edges;
    size_t n_edges;
    size_t *stack;
    size_t n_stack;
    IoptListNode **order;
    size_t n_order;
} Sorter;

static bool is_merge(const char *op)
{
    return strcmp(op, "Merge") == 0 || strcmp(op, "RefMerge") == 0 || strcmp(op, "_XlaMerge") == 0;
}

/* A Merge goes ahead with any one of its data inputs. */
static size_t count_pending(const IoptListNode *node)
{
    if (!is_merge(node->node->op))
        return node->n_inputs;
    return node->n_inputs - iopt_gtt_data_inputs(node) + 1;
}

static void add_edge(Sorter *sorter, size_t from, size_t reader)
{
    const size_t edge = ++sorter->n_edges;

    sorter->edges[edge - 1] = (Edge){ .reader = reader };
    if (sorter->first[from])
        sorter->edges[sorter->last[from] - 1].next = edge;
    else
        sorter->first[from] = edge;
    sorter->last[from] = edge;
}

static IoptStatus find_edges(Sorter *sorter, IoptError *err)
{
    const IoptNodeList *const list = sorter->list;

    for (size_t i = 0; i < list->n_nodes; i++) {
        const IoptListNode *const node = list->nodes[i];
        sorter->pending[i] = count_pending(node);
        if (node->n_inputs == 0)
            sorter->stack[sorter->n_stack++] = i;
        for (size_t k = 0; k < node->n_inputs; k++) {
            const IoptListNode *const from = iopt_gtt_source(&sorter->index, node->inputs[k]);
            if (!from)
                return iopt_fail(err, IOPT_INVALID_ARGUMENT, "Node '%s': Unknown input node '%s'",
                                 node->node->name, node->inputs[k]);
            add_edge(sorter, from->node->index, i);
        }
    }
    return IOPT_OK;
}

static void walk(Sorter *sorter)
{
    while (sorter->n_stack) {
        const size_t at = sorter->stack[--sorter->n_stack];
        sorter->order[sorter->n_order++] = sorter->list->nodes[at];
        for (size_t edge = sorter->first[at]; edge; edge = sorter->edges[edge - 1].next) {
            const size_t reader = sorter->edges[edge - 1].reader;
            if (--sorter->pending[reader] == 0)
                sorter->stack[sorter->n_stack++] = reader;
        }
    }
}

static IoptStatus allocate(Sorter *sorter, IoptError *err)
{
    const size_t n = sorter->list->n_nodes;
    void **const blocks[] = { (void **)&sorter->pending, (void **)&sorter->first,
                              (void **)&sorter->last,    (void **)&sorter->stack,
                              (void **)&sorter->order,   (void **)&sorter->edges };
    size_t edges = 0;

    for (size_t i = 0; i < n; i++) {
        sorter->list->nodes[i]->node->index = i;
        edges += sorter->list->nodes[i]->n_inputs;
    }
    for (size_t i = 0; i < 4; i++)
        IOPT_TRY(iopt_alloc(blocks[i], n, sizeof(size_t), err));
    IOPT_TRY(iopt_alloc(blocks[4], n, sizeof(IoptListNode *), err));
    IOPT_TRY(iopt_alloc(blocks[5], edges, sizeof(Edge), err));
    return iopt_gtt_index(sorter->list, &sorter->index, err);
}

IoptStatus iopt_gtt_order(const IoptNodeList *list, IoptListNode ***out, size_t *count,
                          IoptError *err)
{
    Sorter sorter = { .list = list };

    *out = NULL;
    *count = 0;
    IoptStatus status = allocate(&sorter, err);
    if (status == IOPT_OK)
        status = find_edges(&sorter, err);
    if (status == IOPT_OK) {
        walk(&sorter);
        if (sorter.n_order < list->n_nodes)
            status = iopt_fail(err, IOPT_INVALID_ARGUMENT, "%zu nodes in a cycle",
                               list->n_nodes - sorter.n_order);
    }
    if (status == IOPT_OK || status == IOPT_INVALID_ARGUMENT) {
        *out = sorter.order;
        *count = sorter.n_order;
        sorter.order = NULL;
    }
    iopt_map_free(&sorter.index);
    free(sorter.pending);
    free(sorter.first);
    free(sorter.last);
    free(sorter.stack);
    free(sorter.order);
    free(sorter.edges);
    return status;
}

IoptStatus iopt_gtt_sort(const IoptNodeList *list, IoptNodeList **out, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptNodeList *sorted = NULL;
    IoptListNode **order, *copy;
    size_t count;

    *out = NULL;
    IOPT_DO(iopt_gtt_order(list, &order, &count, err));
    IOPT_DO(iopt_list_create(list, &sorted, err));
    for (size_t i = 0; i < count; i++)
        IOPT_DO(iopt_list_add_copy(sorted, order[i], &copy, err));
    *out = sorted;
    sorted = NULL;
done:
    iopt_list_destroy(sorted);
    free(order);
    return status;
}

IoptStatus iopt_gtt_check_valid(const IoptNodeList *list, const IoptTransformContext *context,
                                IoptError *err)
{
    IoptMap index;
    bool valid = true;

    IOPT_TRY(iopt_gtt_index(list, &index, err));
    for (size_t i = 0; i < list->n_nodes; i++)
        for (size_t k = 0; k < list->nodes[i]->n_inputs; k++) {
            const char *const input = list->nodes[i]->inputs[k];
            if (iopt_gtt_source(&index, input))
                continue;
            iopt_gtt_say(context, "Invalid input %s for node %s", input,
                         list->nodes[i]->node->name);
            valid = false;
        }
    iopt_map_free(&index);
    if (!valid)
        return iopt_fail(err, IOPT_BAD_MODEL,
                         "Invalid graph with inputs referring to nonexistent nodes");
    return IOPT_OK;
}
