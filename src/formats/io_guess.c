/* Guessing inputs and outputs. */
#include "formats/io_guess.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

/* Ops whose results nobody wants: they have none, belong to training's plumbing, or are codes that
 * quantize_nodes stopped reading when it merged what it had made (it leaves them in the graph). */
static bool gives_nothing(const char *op)
{
    return iopt_op_in(op, "Assert|PrintV2|SaveV2|Save|SaveSlices|MergeV2Checkpoints|"
                          "ShardedFilename|RestoreV2|Restore|WriteFile|"
                          "IsVariableInitialized|MakeIterator|InitializeTable|InitializeTableV2|"
                          "InitializeTableFromTextFile|InitializeTableFromTextFileV2|"
                          "AssignVariableOp|AssignAdd|AssignSub|AssignAddVariableOp|"
                          "AssignSubVariableOp|ScatterUpdate|ControlTrigger|QuantizeV2") ||
           iopt_has_suffix(op, "Summary") || iopt_has_suffix(op, "SummaryV2") ||
           strstr(op, "Queue") || strstr(op, "Reader") || iopt_has_prefix(op, "Apply") ||
           iopt_has_prefix(op, "ResourceApply");
}

static bool is_output_op(const IoptNode *node)
{
    return !iopt_op_in(node->op, "Const|Assign|NoOp|Placeholder");
}

static bool is_plain_input(const IoptNode *node)
{
    return iopt_is_op(node, "Placeholder");
}

static bool is_default_input(const IoptNode *node)
{
    return iopt_is_op(node, "PlaceholderWithDefault") &&
           iopt_attr_type(node, "dtype", IOPT_F32) != IOPT_BOOL;
}

static IoptStatus collect(const IoptGraph *graph, bool (*wanted)(const IoptNode *node),
                          IoptValue **out, size_t *count, IoptError *err)
{
    void *block;

    *out = NULL;
    *count = 0;
    IOPT_TRY(iopt_alloc(&block, graph->n_nodes, sizeof(IoptValue), err));
    IoptValue *const values = block;
    for (size_t i = 0; i < graph->n_nodes; i++)
        if (!graph->nodes[i]->removed && wanted(graph->nodes[i]))
            values[(*count)++] = (IoptValue){ graph->nodes[i], 0 };
    *out = values;
    return IOPT_OK;
}

IoptStatus iopt_guess_inputs(const IoptGraph *graph, IoptValue **out, size_t *count, IoptError *err)
{
    IOPT_TRY(collect(graph, is_plain_input, out, count, err));
    if (*count)
        return IOPT_OK;
    free(*out);
    return collect(graph, is_default_input, out, count, err);
}

static bool is_loose_end(const IoptNode *node)
{
    return node->n_uses == 0 && is_output_op(node);
}

/* Keeps those that pass, unless that leaves none; reached NULL: those that give a value. */
static void keep_better(IoptValue *values, size_t *count, const bool *reached)
{
    size_t kept = 0;

    for (int pass = 0; pass < 2; pass++) {
        size_t n = 0;
        for (size_t i = 0; i < *count; i++) {
            const IoptNode *const node = values[i].node;
            if (reached ? !reached[node->index] : gives_nothing(node->op))
                continue;
            if (pass == 1)
                values[n] = values[i];
            n++;
        }
        if (n == 0)
            return;
        kept = n;
    }
    *count = kept;
}

IoptStatus iopt_guess_outputs(const IoptGraph *graph, bool runnable, IoptValue **out, size_t *count,
                              IoptError *err)
{
    IoptValue *inputs;
    size_t n_inputs;
    bool *reached;

    IOPT_TRY(collect(graph, is_loose_end, out, count, err));
    if (!runnable)
        return IOPT_OK;
    keep_better(*out, count, NULL);
    IoptStatus status = iopt_guess_inputs(graph, &inputs, &n_inputs, err);
    if (status == IOPT_OK) {
        status = iopt_graph_reach(graph, inputs, n_inputs, IOPT_REACH_READERS, &reached, err);
        free(inputs);
    }
    if (status != IOPT_OK) {
        free(*out);
        *out = NULL;
        *count = 0;
        return status;
    }
    keep_better(*out, count, reached);
    free(reached);
    return IOPT_OK;
}
