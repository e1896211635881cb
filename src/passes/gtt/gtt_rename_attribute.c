/* rename_attribute: gives an attribute another name; where that name is taken, the old value is
 * lost. */
#include "passes/gtt/gtt_build.h"
#include "passes/gtt/gtt_params.h"

static IoptStatus rename_attr(IoptListNode *node, const char *from, const char *to, IoptError *err)
{
    const IoptAttr *const found = iopt_attr(node->node, from);

    if (!found)
        return IOPT_OK;
    IoptAttr attr = *found;
    iopt_node_remove_attr(node->node, from);
    if (iopt_attr(node->node, to))
        return IOPT_OK;
    attr.name = to;
    return iopt_node_set_attr(node->node, &attr, err);
}

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptNodeList *list = NULL;
    IoptListNode *copy;

    *out = NULL;
    if (iopt_gtt_param_count(context, "old_attribute_name") != 1 ||
        iopt_gtt_param_count(context, "new_attribute_name") != 1)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "rename_attribute expects exactly one 'old_attribute_name' and one "
                         "'new_attribute_name' argument, e.g. "
                         "rename_attribute(old_attribute_name=foo, new_attribute_name=bar)");
    const char *const from = iopt_gtt_param(context, "old_attribute_name")->values[0];
    const char *const to = iopt_gtt_param(context, "new_attribute_name")->values[0];
    const IoptGttParam *const ops = iopt_gtt_param(context, "op_name");
    const char *const op = ops ? ops->values[0] : "*"; /* of several the first counts */
    IOPT_DO(iopt_list_create(in, &list, err));
    for (size_t i = 0; i < in->n_nodes; i++) {
        IOPT_DO(iopt_list_add_copy(list, in->nodes[i], &copy, err));
        if (strcmp(op, "*") == 0 || strcmp(op, copy->node->op) == 0)
            IOPT_DO(rename_attr(copy, from, to, err));
    }
    *out = list;
    list = NULL;
done:
    iopt_list_destroy(list);
    return status;
}

static const IoptTransformParam params[] = {
    { "old_attribute_name", "NAME", "the attribute as it is called (required)" },
    { "new_attribute_name", "NAME", "as it shall be called (required)" },
    { "op_name", "OP", "on nodes of this op only (*: of any)" },
    { 0 },
};

const IoptTransform iopt_transform_rename_attribute = { .name = "rename_attribute",
                                                        .brief = "give an attribute another name",
                                                        .params = params,
                                                        .run = run };
