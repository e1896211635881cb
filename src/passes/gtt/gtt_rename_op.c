/* rename_op: nodes of one op become nodes of another. */
#include "passes/gtt/gtt_params.h"

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptNodeList *list = NULL;
    IoptListNode *copy;

    *out = NULL;
    if (iopt_gtt_param_count(context, "old_op_name") != 1 ||
        iopt_gtt_param_count(context, "new_op_name") != 1)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "rename_op expects exactly one 'old_op_name' and 'new_op_name' argument, "
                         "e.g. rename_op(old_op_name=Mul, new_op_name=Multiply)");
    const char *const from = iopt_gtt_param(context, "old_op_name")->values[0];
    const char *const to = iopt_gtt_param(context, "new_op_name")->values[0];
    IOPT_DO(iopt_list_create(in, &list, err));
    for (size_t i = 0; i < in->n_nodes; i++) {
        IOPT_DO(iopt_list_add_copy(list, in->nodes[i], &copy, err));
        if (strcmp(copy->node->op, from) == 0)
            IOPT_DO(iopt_list_set_op(copy, to, err));
    }
    *out = list;
    list = NULL;
done:
    iopt_list_destroy(list);
    return status;
}

static const IoptTransformParam params[] = {
    { "old_op_name", "OP", "the op as it is called (required)" },
    { "new_op_name", "OP", "as it shall be called (required)" },
    { 0 },
};

const IoptTransform iopt_transform_rename_op = {
    .name = "rename_op", .brief = "turn nodes of one op into another", .params = params, .run = run
};
