/* remove_device: forgets on which device each node should run. */
#include "passes/gtt/gtt_transform.h"

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
        copy->node->device = "";
    }
    *out = list;
    list = NULL;
done:
    iopt_list_destroy(list);
    return status;
}

const IoptTransform iopt_transform_remove_device = {
    .name = "remove_device", .brief = "forget on which device each node should run", .run = run
};
