/* remove_control_edges: what has to run before does not have to run at all.
 *
 *   exactness  same bits: the ops that remain have no effects
 *   keeps      everything while there is control flow in what the outputs need by data, where an
 *              edge says on which side or in which loop a node lives
 */
#include <stdio.h>
#include <stdlib.h>

#include "passes/pass.h"

/* Marks what the outputs need by data alone; *flow is a node of control flow among it, if there is.
 */
static IoptStatus mark_data(IoptGraph *graph, const IoptNode **flow, IoptError *err)
{
    void *block;
    size_t depth = 0;

    *flow = NULL;
    IOPT_TRY(iopt_alloc(&block, graph->n_nodes + graph->n_outputs, sizeof(IoptNode *), err));
    IoptNode **const stack = block;
    for (size_t i = 0; i < graph->n_nodes; i++)
        graph->nodes[i]->mark = 0;
    for (size_t i = 0; i < graph->n_outputs; i++) {
        if (!graph->outputs[i].node->mark)
            stack[depth++] = graph->outputs[i].node;
        graph->outputs[i].node->mark = 1;
    }
    while (depth) {
        const IoptNode *const node = stack[--depth];
        if (iopt_op_in(node->op, "Switch|RefSwitch|Merge|RefMerge|Enter|RefEnter|Exit|RefExit|"
                                 "NextIteration|RefNextIteration|LoopCond"))
            *flow = node;
        for (size_t i = 0; i < node->n_in; i++) {
            if (!node->in[i].node->mark)
                stack[depth++] = node->in[i].node;
            node->in[i].node->mark = 1;
        }
    }
    free(block);
    return IOPT_OK;
}

static IoptStatus run(IoptGraph *graph, IoptPassContext *context, IoptError *err)
{
    const IoptNode *flow;

    IOPT_TRY(mark_data(graph, &flow, err));
    if (flow) {
        context->skips++;
        (void)snprintf(context->skip_text, sizeof context->skip_text,
                       "%s '%s' is control flow that stays", flow->op, flow->name);
        return IOPT_OK;
    }
    for (size_t i = 0; i < graph->n_nodes; i++) {
        context->changes += graph->nodes[i]->mark && graph->nodes[i]->n_control;
        if (graph->nodes[i]->mark)
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
