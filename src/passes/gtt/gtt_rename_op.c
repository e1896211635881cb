/* rename_op: nodes of one op become nodes of another. */
#include "passes/gtt/gtt_copies.h"
#include "passes/gtt/gtt_params.h"

typedef struct Names {
    const char *from, *to;
} Names;

static IoptStatus rename_op(IoptListNode *node, const void *setting, IoptError *err)
{
    const Names *const names = setting;

    return strcmp(node->node->op, names->from) == 0 ? iopt_list_set_op(node, names->to, err)
                                                    : IOPT_OK;
}

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    *out = NULL;
    if (iopt_gtt_param_count(context, "old_op_name") != 1 ||
        iopt_gtt_param_count(context, "new_op_name") != 1)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "rename_op expects exactly one 'old_op_name' and 'new_op_name' argument, "
                         "e.g. rename_op(old_op_name=Mul, new_op_name=Multiply)");
    const Names names = { .from = iopt_gtt_param(context, "old_op_name")->values[0],
                          .to = iopt_gtt_param(context, "new_op_name")->values[0] };
    return iopt_gtt_change_each(in, rename_op, &names, out, err);
}

static const IoptTransformParam params[] = {
    { "old_op_name", "OP", "the op as it is called (required)" },
    { "new_op_name", "OP", "as it shall be called (required)" },
    { 0 },
};

const IoptTransform iopt_transform_rename_op = {
    .name = "rename_op", .brief = "turn nodes of one op into another", .params = params, .run = run
};
