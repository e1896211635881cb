/* remove_attribute: takes an attribute from all nodes, or from those of one op. */
#include "passes/gtt/gtt_copies.h"
#include "passes/gtt/gtt_params.h"

static IoptStatus check_params(const IoptTransformContext *context, IoptError *err)
{
    const size_t ops = iopt_gtt_param_count(context, "op_name");

    if (iopt_gtt_param_count(context, "attribute_name") != 1)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "remove_attribute expects exactly one 'attribute_name' argument, e.g. "
                         "remove_attribute(op_name=Mul, attribute_name=foo)");
    if (ops > 1)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "remove_attribute expects a single op_name argument, but found %zu", ops);
    return IOPT_OK;
}

typedef struct Setting {
    const char *attribute, *op;
} Setting;

static IoptStatus remove_attribute(IoptListNode *node, const void *setting, IoptError *err)
{
    const Setting *const unwanted = setting;

    (void)err;
    if (strcmp(unwanted->op, "*") == 0 || strcmp(unwanted->op, node->node->op) == 0)
        iopt_node_remove_attr(node->node, unwanted->attribute);
    return IOPT_OK;
}

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    Setting setting;

    *out = NULL;
    IOPT_TRY(check_params(context, err));
    IOPT_TRY(iopt_gtt_param_text(context, "attribute_name", "", &setting.attribute, err));
    IOPT_TRY(iopt_gtt_param_text(context, "op_name", "*", &setting.op, err));
    return iopt_gtt_change_each(in, remove_attribute, &setting, out, err);
}

static const IoptTransformParam params[] = {
    { "attribute_name", "NAME", "the attribute to remove (required)" },
    { "op_name", "OP", "from nodes of this op only (*: of any)" },
    { 0 },
};

const IoptTransform iopt_transform_remove_attribute = { .name = "remove_attribute",
                                                        .brief = "remove an attribute from nodes",
                                                        .params = params,
                                                        .run = run };
