/* rename_node: gives a node another name, in its readers' inputs, too.
 *
 *   source  TensorFlow 2; 1.15 does not have it
 */
#include "passes/gtt/gtt_names.h"
#include "passes/gtt/gtt_params.h"

static IoptStatus rename_inputs(IoptListNode *node, const char *from, const char *to,
                                IoptError *err)
{
    for (size_t i = 0; i < node->n_inputs; i++) {
        const IoptGttName name = iopt_gtt_split(node->inputs[i]);
        if (!iopt_gtt_names(node->inputs[i], from))
            continue;
        node->inputs[i] =
            iopt_arena_printf(node->node->graph->arena, "%s%s%.*s", name.control ? "^" : "", to,
                              (int)name.suffix.size, name.suffix.data);
        if (!node->inputs[i])
            return iopt_fail_memory(err, strlen(to));
    }
    return IOPT_OK;
}

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptNodeList *list = NULL;
    IoptListNode *copy;

    *out = NULL;
    if (iopt_gtt_param_count(context, "old_node_name") != 1 ||
        iopt_gtt_param_count(context, "new_node_name") != 1)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "rename_node expects exactly one 'old_node_name' and one 'new_node_name' "
                         "argument, e.g. rename_node(old_attribute_name=super/deep/output, "
                         "new_attribute_name=output)");
    const char *const from = iopt_gtt_param(context, "old_node_name")->values[0];
    const char *const to = iopt_gtt_param(context, "new_node_name")->values[0];
    IOPT_DO(iopt_list_create(in, &list, err));
    for (size_t i = 0; i < in->n_nodes; i++) {
        IOPT_DO(iopt_list_add_copy(list, in->nodes[i], &copy, err));
        if (strcmp(copy->node->name, to) == 0) {
            status =
                iopt_fail(err, IOPT_INVALID_ARGUMENT, "A node is alreading using %sas name.", to);
            goto done;
        }
        if (strcmp(copy->node->name, from) == 0)
            IOPT_DO(iopt_list_set_name(copy, to, err));
        IOPT_DO(rename_inputs(copy, from, to, err));
    }
    *out = list;
    list = NULL;
done:
    iopt_list_destroy(list);
    return status;
}

static const IoptTransformParam params[] = {
    { "old_node_name", "NAME", "the node as it is called (required)" },
    { "new_node_name", "NAME", "as it shall be called; must be free (required)" },
    { 0 },
};

const IoptTransform iopt_transform_rename_node = {
    .name = "rename_node", .brief = "give a node another name", .params = params, .run = run
};
