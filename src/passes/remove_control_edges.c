/* remove_control_edges: what has to run before does not have to run at all.
 *
 *   exactness  same bits: the ops that remain have no effects
 *   keeps      everything while there is control flow, where an edge says on which side or in which
 *              loop a node lives
 */
#include <stdio.h>

#include "passes/pass.h"

static const IoptNode *find_control_flow(const IoptGraph *graph)
{
    for (size_t i = 0; i < graph->n_nodes; i++)
        if (iopt_op_in(graph->nodes[i]->op, "Switch|RefSwitch|Merge|RefMerge|Enter|RefEnter|Exit|"
                                            "RefExit|NextIteration|RefNextIteration|LoopCond"))
            return graph->nodes[i];
    return NULL;
}

static IoptStatus run(IoptGraph *graph, IoptPassContext *context, IoptError *err)
{
    const IoptNode *const flow = find_control_flow(graph);

    (void)err;
    if (flow) {
        context->skips++;
        (void)snprintf(context->skip_text, sizeof context->skip_text,
                       "%s '%s' is control flow that stays", flow->op, flow->name);
        return IOPT_OK;
    }
    for (size_t i = 0; i < graph->n_nodes; i++) {
        context->changes += graph->nodes[i]->n_control != 0;
        iopt_node_clear_controls(graph->nodes[i]);
    }
    return IOPT_OK;
}

const IoptPass iopt_pass_remove_control_edges = {
    .name = "remove_control_edges",
    .brief = "drop control edges, and with them Assert, Print and summaries",
    .after = "resolve_switches",
    .exactness = IOPT_SAME_BITS,
    .run = run,
};
