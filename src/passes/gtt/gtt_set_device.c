/* set_device: puts every node, or every node without one, on a device. */
#include "passes/gtt/gtt_params.h"

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptNodeList *list = NULL;
    IoptListNode *copy;
    const char *device;
    bool if_default;

    *out = NULL;
    IOPT_DO(iopt_gtt_param_text(context, "device", "", &device, err));
    IOPT_DO(iopt_gtt_param_bool(context, "if_default", false, &if_default, err));
    IOPT_DO(iopt_list_create(in, &list, err));
    for (size_t i = 0; i < in->n_nodes; i++) {
        IOPT_DO(iopt_list_add_copy(list, in->nodes[i], &copy, err));
        if (!if_default || !*copy->node->device)
            IOPT_DO(iopt_list_set_device(copy, device, err));
    }
    *out = list;
    list = NULL;
done:
    iopt_list_destroy(list);
    return status;
}

static const IoptTransformParam params[] = {
    { "device", "NAME", "where nodes shall run (empty: nowhere in particular)" },
    { "if_default", "true|false", "only nodes that have no device (false)" },
    { 0 },
};

const IoptTransform iopt_transform_set_device = {
    .name = "set_device", .brief = "put nodes on a device", .params = params, .run = run
};
