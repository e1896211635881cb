/* remove_control_dependencies: drops every control input. */
#include "passes/gtt/gtt_copies.h"
#include "passes/gtt/gtt_names.h"
#include "passes/gtt/gtt_transform.h"

static IoptStatus drop_controls(IoptListNode *node, const void *setting, IoptError *err)
{
    size_t kept = 0;

    (void)setting, (void)err;
    for (size_t i = 0; i < node->n_inputs; i++)
        if (!iopt_gtt_is_control(node->inputs[i]))
            node->inputs[kept++] = node->inputs[i];
    node->n_inputs = kept;
    return IOPT_OK;
}

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    (void)context;
    return iopt_gtt_change_each(in, drop_controls, NULL, out, err);
}

const IoptTransform iopt_transform_remove_control_dependencies = {
    .name = "remove_control_dependencies", .brief = "drop every control input", .run = run
};
