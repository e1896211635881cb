/* rename_node: gives a node another name, in its readers' inputs, too.
 *
 *   source  TensorFlow 2; 1.15 does not have it
 */
#include "passes/gtt/gtt_copies.h"
#include "passes/gtt/gtt_names.h"
#include "passes/gtt/gtt_params.h"

typedef struct Names {
    const char *from, *to;
} Names;

static IoptStatus rename_node(IoptListNode *node, const void *setting, IoptError *err)
{
    const Names *const names = setting;

    if (strcmp(node->node->name, names->to) == 0)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "A node is alreading using %sas name.",
                         names->to);
    if (strcmp(node->node->name, names->from) == 0)
        IOPT_TRY(iopt_list_set_name(node, names->to, err));
    for (size_t i = 0; i < node->n_inputs; i++) {
        const char **const input = &node->inputs[i];
        if (!iopt_gtt_names(*input, names->from))
            continue;
        *input = iopt_gtt_respell(node->node->graph->arena, *input, names->to);
        if (!*input)
            return iopt_fail_memory(err, strlen(names->to));
    }
    return IOPT_OK;
}

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    *out = NULL;
    if (iopt_gtt_param_count(context, "old_node_name") != 1 ||
        iopt_gtt_param_count(context, "new_node_name") != 1)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "rename_node expects exactly one 'old_node_name' and one 'new_node_name' "
                         "argument, e.g. rename_node(old_attribute_name=super/deep/output, "
                         "new_attribute_name=output)");
    const Names names = { .from = iopt_gtt_param(context, "old_node_name")->values[0],
                          .to = iopt_gtt_param(context, "new_node_name")->values[0] };
    return iopt_gtt_change_each(in, rename_node, &names, out, err);
}

static const IoptTransformParam params[] = {
    { "old_node_name", "NAME", "the node as it is called (required)" },
    { "new_node_name", "NAME", "as it shall be called; must be free (required)" },
    { 0 },
};

const IoptTransform iopt_transform_rename_node = {
    .name = "rename_node", .brief = "give a node another name", .params = params, .run = run
};
