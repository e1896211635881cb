/* remove_device: forgets on which device each node should run. */
#include "passes/gtt/gtt_copies.h"
#include "passes/gtt/gtt_transform.h"

static IoptStatus remove_device(IoptListNode *node, const void *setting, IoptError *err)
{
    (void)setting, (void)err;
    node->node->device = "";
    return IOPT_OK;
}

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    (void)context;
    return iopt_gtt_change_each(in, remove_device, NULL, out, err);
}

const IoptTransform iopt_transform_remove_device = {
    .name = "remove_device", .brief = "forget on which device each node should run", .run = run
};
