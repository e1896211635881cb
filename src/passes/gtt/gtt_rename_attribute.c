/* rename_attribute: gives an attribute another name; where that name is taken, the old value is
 * lost. */
#include "passes/gtt/gtt_copies.h"
#include "passes/gtt/gtt_params.h"

typedef struct Setting {
    const char *from, *to, *op;
} Setting;

static IoptStatus rename_attribute(IoptListNode *node, const void *setting, IoptError *err)
{
    const Setting *const names = setting;
    const IoptAttr *const found = iopt_attr(node->node, names->from);

    if (!found || (strcmp(names->op, "*") != 0 && strcmp(names->op, node->node->op) != 0))
        return IOPT_OK;
    IoptAttr attr = *found;
    iopt_node_remove_attr(node->node, names->from);
    if (iopt_attr(node->node, names->to))
        return IOPT_OK;
    attr.name = names->to;
    return iopt_node_set_attr(node->node, &attr, err);
}

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    *out = NULL;
    if (iopt_gtt_param_count(context, "old_attribute_name") != 1 ||
        iopt_gtt_param_count(context, "new_attribute_name") != 1)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "rename_attribute expects exactly one 'old_attribute_name' and one "
                         "'new_attribute_name' argument, e.g. "
                         "rename_attribute(old_attribute_name=foo, new_attribute_name=bar)");
    const IoptGttParam *const ops = iopt_gtt_param(context, "op_name");
    const Setting setting = {
        .from = iopt_gtt_param(context, "old_attribute_name")->values[0],
        .to = iopt_gtt_param(context, "new_attribute_name")->values[0],
        .op = ops ? ops->values[0] : "*", /* of several the first counts */
    };
    return iopt_gtt_change_each(in, rename_attribute, &setting, out, err);
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
