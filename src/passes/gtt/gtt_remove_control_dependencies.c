/* remove_control_dependencies: drops every control input. */
#include "passes/gtt/gtt_names.h"
#include "passes/gtt/gtt_transform.h"

static void drop_controls(IoptListNode *node)
{
    size_t kept = 0;

    for (size_t i = 0; i < node->n_inputs; i++)
        if (!iopt_gtt_is_control(node->inputs[i]))
            node->inputs[kept++] = node->inputs[i];
    node->n_inputs = kept;
}

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptNodeList *list = NULL;
    IoptListNode *copy;

    (void)context;
    *out = NULL;
    IOPT_DO(iopt_list_create(in, &list, err));
    for (size_t i = 0; i < in->n_nodes; i++) {
        IOPT_DO(iopt_list_add_copy(list, in->nodes[i], &copy, err));
        drop_controls(copy);
    }
    *out = list;
    list = NULL;
done:
    iopt_list_destroy(list);
    return status;
}

const IoptTransform iopt_transform_remove_control_dependencies = {
    .name = "remove_control_dependencies", .brief = "drop every control input", .run = run
};
