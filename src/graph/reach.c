/* What a walk along the edges comes to, and the removal of what it does not; without recursion. */
#include <stdlib.h>

#include "graph/graph.h"

typedef struct Walker {
    bool *reached;           /* by node->index */
    const IoptNode **places; /* reached, but not yet left */
    size_t n_places;
} Walker;

static IoptStatus start(const IoptGraph *graph, Walker *walker, IoptError *err)
{
    void *reached = NULL, *places = NULL;
    IoptStatus status = IOPT_OK;

    IOPT_DO(iopt_alloc(&reached, graph->n_nodes, sizeof(bool), err));
    IOPT_DO(iopt_alloc(&places, graph->n_nodes, sizeof(IoptNode *), err));
    *walker = (Walker){ .reached = reached, .places = places };
    return IOPT_OK;
done:
    free(reached);
    return status;
}

static void go_to(Walker *walker, const IoptNode *node)
{
    if (walker->reached[node->index])
        return;
    walker->reached[node->index] = true;
    walker->places[walker->n_places++] = node;
}

static void go_to_all(Walker *walker, const IoptValue *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        go_to(walker, values[i].node);
}

/* Until there is nowhere left to go. */
static void go_on(Walker *walker, IoptReach reach)
{
    while (walker->n_places) {
        const IoptNode *const node = walker->places[--walker->n_places];
        if (reach == IOPT_REACH_READERS) {
            for (size_t i = 0; i < node->n_uses; i++)
                if (node->uses[i].slot != IOPT_CONTROL)
                    go_to(walker, node->uses[i].node);
            continue;
        }
        go_to_all(walker, node->in, node->n_in);
        for (size_t i = 0; i < node->n_control && reach == IOPT_REACH_NEEDED; i++)
            go_to(walker, node->control[i]);
    }
    free(walker->places);
}

IoptStatus iopt_graph_reach(const IoptGraph *graph, const IoptValue *from, size_t count,
                            IoptReach reach, bool **out, IoptError *err)
{
    Walker walker;

    *out = NULL;
    IOPT_TRY(start(graph, &walker, err));
    go_to_all(&walker, from, count);
    go_on(&walker, reach);
    *out = walker.reached;
    return IOPT_OK;
}

size_t iopt_graph_sweep(IoptGraph *graph)
{
    Walker walker;

    iopt_graph_compact(graph);
    if (start(graph, &walker, NULL) != IOPT_OK)
        return 0; /* nothing is removed, nothing is wrong */
    go_to_all(&walker, graph->outputs, graph->n_outputs);
    go_to_all(&walker, graph->inputs, graph->n_inputs);
    go_on(&walker, IOPT_REACH_NEEDED);
    const size_t before = graph->n_nodes;
    for (size_t i = 0; i < before; i++) {
        IoptNode *const node = graph->nodes[i];
        if (walker.reached[node->index])
            continue;
        (void)iopt_node_set_inputs(node, NULL, 0, NULL); /* taking away cannot fail */
        iopt_node_clear_controls(node);
        iopt_map_remove(&graph->by_name, node->name);
        node->removed = true;
    }
    free(walker.reached);
    iopt_graph_compact(graph);
    return before - graph->n_nodes;
}
