/* set_device: puts every node, or every node without one, on a device. */
#include "passes/gtt/gtt_copies.h"
#include "passes/gtt/gtt_params.h"

typedef struct Setting {
    const char *device;
    bool if_default;
} Setting;

static IoptStatus set_device(IoptListNode *node, const void *setting, IoptError *err)
{
    const Setting *const wanted = setting;

    if (wanted->if_default && *node->node->device)
        return IOPT_OK;
    return iopt_list_set_device(node, wanted->device, err);
}

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    Setting setting;

    *out = NULL;
    IOPT_TRY(iopt_gtt_param_text(context, "device", "", &setting.device, err));
    IOPT_TRY(iopt_gtt_param_bool(context, "if_default", false, &setting.if_default, err));
    return iopt_gtt_change_each(in, set_device, &setting, out, err);
}

static const IoptTransformParam params[] = {
    { "device", "NAME", "where nodes shall run (empty: nowhere in particular)" },
    { "if_default", "true|false", "only nodes that have no device (false)" },
    { 0 },
};

const IoptTransform iopt_transform_set_device = {
    .name = "set_device", .brief = "put nodes on a device", .params = params, .run = run
};
