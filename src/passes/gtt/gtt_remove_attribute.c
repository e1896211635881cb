/* remove_attribute: takes an attribute from all nodes, or from those of one op. */
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

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptNodeList *list = NULL;
    IoptListNode *copy;
    const char *attribute, *op;

    *out = NULL;
    IOPT_DO(check_params(context, err));
    IOPT_DO(iopt_gtt_param_text(context, "attribute_name", "", &attribute, err));
    IOPT_DO(iopt_gtt_param_text(context, "op_name", "*", &op, err));
    IOPT_DO(iopt_list_create(in, &list, err));
    for (size_t i = 0; i < in->n_nodes; i++) {
        IOPT_DO(iopt_list_add_copy(list, in->nodes[i], &copy, err));
        if (strcmp(op, "*") == 0 || strcmp(op, copy->node->op) == 0)
            iopt_node_remove_attr(copy->node, attribute);
    }
    *out = list;
    list = NULL;
done:
    iopt_list_destroy(list);
    return status;
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
