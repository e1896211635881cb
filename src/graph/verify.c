/* Whether a graph holds together: links and use lists agree, names are unique, there is no cycle.
 */
#include <stdlib.h>

#include "graph/graph.h"

static size_t count_uses(const IoptNode *of, const IoptNode *by, int slot)
{
    size_t count = 0;

    for (size_t i = 0; i < of->n_uses; i++)
        count += of->uses[i].node == by && of->uses[i].slot == slot;
    return count;
}

static IoptStatus check_edge(const IoptGraph *graph, const IoptNode *node, const IoptNode *from,
                             IoptError *err)
{
    if (!from || from->graph != graph || from->index >= graph->n_nodes ||
        graph->nodes[from->index] != from)
        return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s' reads '%s', which is not in the graph",
                         node->op, node->name, from ? from->name : "nothing");
    return IOPT_OK;
}

/* A long use list would make the exact check quadratic: then the totals speak for it. */
enum { LONG_LIST = 64 };

static IoptStatus check_node(const IoptGraph *graph, const IoptNode *node, size_t *edges,
                             IoptError *err)
{
    if (iopt_graph_find(graph, node->name) != node)
        return iopt_fail(err, IOPT_BAD_MODEL, "the name '%s' does not find its node", node->name);
    for (size_t i = 0; i < node->n_in; i++) {
        const IoptNode *const from = node->in[i].node;
        IOPT_TRY(check_edge(graph, node, from, err));
        if (node->in[i].port < 0)
            return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s' reads output %d of '%s'", node->op,
                             node->name, node->in[i].port, from->name);
        if (from->n_uses < LONG_LIST && count_uses(from, node, (int)i) != 1)
            return iopt_fail(err, IOPT_BAD_MODEL, "'%s' does not know its reader '%s'", from->name,
                             node->name);
    }
    for (size_t i = 0; i < node->n_control; i++)
        IOPT_TRY(check_edge(graph, node, node->control[i], err));
    *edges += node->n_in + node->n_control;
    return IOPT_OK;
}

IoptStatus iopt_graph_verify(const IoptGraph *graph, IoptError *err)
{
    IoptNode **order;
    size_t edges = 0, uses = 0;

    for (size_t i = 0; i < graph->n_nodes; i++) {
        if (graph->nodes[i]->index != i)
            return iopt_fail(err, IOPT_BAD_MODEL, "'%s' does not know its place",
                             graph->nodes[i]->name);
        IOPT_TRY(check_node(graph, graph->nodes[i], &edges, err));
        uses += graph->nodes[i]->n_uses;
    }
    if (edges != uses)
        return iopt_fail(err, IOPT_BAD_MODEL, "%zu edges have %zu entries in the use lists", edges,
                         uses);
    for (size_t i = 0; i < graph->n_outputs; i++)
        if (graph->outputs[i].node->index >= graph->n_nodes)
            return iopt_fail(err, IOPT_BAD_MODEL, "output '%s' is not in the graph",
                             graph->outputs[i].node->name);
    IOPT_TRY(iopt_graph_order(graph, &order, err));
    free(order);
    return IOPT_OK;
}
