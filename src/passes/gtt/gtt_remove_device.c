/* remove_device: forgets on which device each node should run. */
#include "passes/gtt/gtt_transform.h"

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    IoptListNode *copy;

    (void)context;
    IOPT_TRY(iopt_list_create(in, out, err));
    for (size_t i = 0; i < in->n_nodes; i++) {
        const IoptStatus status = iopt_list_add_copy(*out, in->nodes[i], &copy, err);
        if (status != IOPT_OK) {
            iopt_list_destroy(*out);
            *out = NULL;
            return status;
        }
        copy->node->device = "";
    }
    return IOPT_OK;
}

const IoptTransform iopt_transform_remove_device = {
    .name = "remove_device", .brief = "forget on which device each node should run", .run = run
};
