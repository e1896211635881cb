/* remove_nodes: op(x, ...) -> x for nodes of the given ops, whatever else they read.
 *
 *   quirks  of several inputs only the first node is kept in the graph; control inputs of the
 *           removed node are lost; inputs and outputs (ports stripped) are never removed
 */
#include <stdlib.h>

#include "passes/gtt/gtt_names.h"
#include "passes/gtt/gtt_params.h"
#include "passes/gtt/gtt_rename.h"
#include "passes/gtt/gtt_replace.h"

typedef struct Removal {
    IoptGttRenames renames;
    bool any;
} Removal;

/* The node's own spelling of its first input node, with the port if that is how it reads it. */
static const char *find_target(const IoptListNode *node, const char *input_name)
{
    const size_t size = strlen(input_name);

    for (size_t i = 0; i < node->n_inputs; i++)
        if (strncmp(node->inputs[i], input_name, size) == 0 &&
            (node->inputs[i][size] == 0 || node->inputs[i][size] == ':'))
            return node->inputs[i];
    return input_name;
}

static IoptStatus generate(const IoptGttSite *site, void *user, IoptNodeList *made, IoptError *err)
{
    const IoptTransformContext *const context = site->context;
    const IoptListNode *const node = site->match->node, *const first = site->match->in[0].node;
    const char *const name = node->node->name;
    IoptArena *const arena = made->carrier->arena;
    Removal *const removal = user;
    IoptListNode *copy;

    if (iopt_gtt_contains_node(context->inputs, context->n_inputs, name) ||
        iopt_gtt_contains_node(context->outputs, context->n_outputs, name)) {
        iopt_gtt_say(context, "'%s' is an input or output and stays", name);
        for (size_t i = 0; i < site->n_nodes; i++)
            IOPT_TRY(iopt_list_add_copy(made, site->nodes[i], &copy, err));
        return IOPT_OK;
    }
    const char *const control = iopt_arena_printf(arena, "^%s", name);
    const char *const to_control = iopt_arena_printf(arena, "^%s", first->node->name);
    if (!control || !to_control)
        return iopt_fail_memory(err, strlen(name));
    const char *const target = find_target(node, first->node->name);
    IOPT_TRY(iopt_gtt_renames_set(&removal->renames, name, target, err));
    IOPT_TRY(iopt_gtt_renames_set(&removal->renames, control, to_control, err));
    removal->any = true;
    return iopt_list_add_copy(made, first, &copy, err);
}

/* One round over the graph, which it replaces. */
static IoptStatus run_round(IoptNodeList **graph, const IoptTransformContext *context,
                            const IoptGttPattern *pattern, bool *any, IoptError *err)
{
    Removal removal = { 0 };
    const IoptGttRule rule = { pattern, generate, &removal, true };
    IoptNodeList *replaced = NULL, *renamed = NULL;

    IoptStatus status = iopt_gtt_replace(*graph, context, &rule, &replaced, err);
    if (status == IOPT_OK)
        status = iopt_gtt_rename_inputs(replaced, &removal.renames, NULL, 0, &renamed, err);
    iopt_gtt_renames_free(&removal.renames);
    iopt_list_destroy(replaced);
    if (status != IOPT_OK)
        return status;
    iopt_list_destroy(*graph);
    *graph = renamed;
    *any = removal.any;
    return IOPT_OK;
}

static IoptStatus remove_op(IoptNodeList **graph, const IoptTransformContext *context,
                            const char *op, size_t most_inputs, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    void *block;

    IOPT_TRY(iopt_alloc(&block, most_inputs, sizeof(IoptGttPattern), err));
    IoptGttPattern *const any_nodes = block;
    for (size_t i = 0; i < most_inputs; i++)
        any_nodes[i].op = "*";
    for (size_t n = 1; n <= most_inputs; n++) {
        const IoptGttPattern pattern = { op, n, any_nodes };
        bool any = true;
        while (any)
            IOPT_DO(run_round(graph, context, &pattern, &any, err));
    }
done:
    free(block);
    return status;
}

/* No node has more data inputs than this: beyond it no pattern matches. */
static size_t count_most_inputs(const IoptNodeList *list)
{
    size_t most = 1;

    for (size_t i = 0; i < list->n_nodes; i++) {
        const size_t count = iopt_gtt_data_inputs(list->nodes[i]);
        most = count > most ? count : most;
    }
    return most;
}

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    const IoptGttParam *const ops = iopt_gtt_param(context, "op");
    IoptStatus status = IOPT_OK;
    IoptNodeList *graph;
    int32_t max_inputs;

    *out = NULL;
    if (!ops)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "remove_nodes expects at least one 'op'argument, e.g. "
                         "remove_nodes(op=Identity)");
    IOPT_TRY(iopt_gtt_param_int32(context, "max_inputs", 1, &max_inputs, err));
    IOPT_TRY(iopt_list_clone(in, &graph, err));
    const size_t most = count_most_inputs(in);
    const size_t limit = max_inputs < 1 ? 0 : (size_t)max_inputs < most ? (size_t)max_inputs : most;
    for (size_t i = 0; i < ops->n_values && status == IOPT_OK; i++)
        status = remove_op(&graph, context, ops->values[i], limit, err);
    if (status == IOPT_OK)
        *out = graph;
    else
        iopt_list_destroy(graph);
    return status;
}

static const IoptTransformParam params[] = {
    { "op", "OP", "an op whose nodes go (required; may be repeated)" },
    { "max_inputs", "N", "the most inputs that such a node may have (1)" },
    { 0 },
};

const IoptTransform iopt_transform_remove_nodes = {
    .name = "remove_nodes",
    .brief = "take out nodes that pass their first input on",
    .params = params,
    .run = run
};
