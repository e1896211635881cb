/* remove_control_edges: what has to run before does not have to run at all.
 *
 *   exactness  same bits: the ops that remain have no effects
 *   keeps      everything while there is control flow in what the outputs need by data, where an
 *              edge says on which side or in which loop a node lives
 */
#include <stdio.h>
#include <stdlib.h>

#include "passes/pass.h"

static bool is_control_flow(const IoptNode *node)
{
    return iopt_op_in(node->op, "Switch|RefSwitch|Merge|RefMerge|Enter|RefEnter|Exit|RefExit|"
                                "NextIteration|RefNextIteration|LoopCond");
}

static IoptStatus run(IoptGraph *graph, IoptPassContext *context, IoptError *err)
{
    bool *needed;
    const IoptNode *flow = NULL;

    IOPT_TRY(
        iopt_graph_reach(graph, graph->outputs, graph->n_outputs, IOPT_REACH_INPUTS, &needed, err));
    for (size_t i = 0; i < graph->n_nodes && !flow; i++)
        if (needed[i] && is_control_flow(graph->nodes[i]))
            flow = graph->nodes[i];
    if (flow) {
        context->skips++;
        (void)snprintf(context->skip_text, sizeof context->skip_text,
                       "%s '%s' is control flow that stays", flow->op, flow->name);
    }
    for (size_t i = 0; i < graph->n_nodes && !flow; i++) {
        if (!needed[i] || graph->nodes[i]->n_control == 0)
            continue;
        iopt_node_clear_controls(graph->nodes[i]);
        context->changes++;
    }
    free(needed);
    return IOPT_OK;
}

const IoptPass iopt_pass_remove_control_edges = {
    .name = "remove_control_edges",
    .brief = "drop control edges, and with them Assert, Print and summaries",
    .after = "resolve_switches",
    .exactness = IOPT_SAME_BITS,
    .run = run,
};
