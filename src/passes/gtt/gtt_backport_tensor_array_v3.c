/* backport_tensor_array_v3: TensorArray*V3 -> TensorArray*V2.  The flow that V3 gives as its second
 * output becomes a constant. */
#include "passes/gtt/gtt_build.h"
#include "passes/gtt/gtt_rename.h"
#include "passes/gtt/gtt_replace.h"

/* "TensorArrayV3" -> "TensorArrayV2" */
static IoptStatus to_v2(IoptListNode *node, IoptError *err)
{
    char *const op = iopt_arena_text(node->node->graph->arena, node->node->op);

    if (!op)
        return iopt_fail_memory(err, strlen(node->node->op));
    op[strlen(op) - 1] = '2';
    node->node->op = op;
    return IOPT_OK;
}

static IoptStatus generate_array(const IoptGttSite *site, void *user, IoptNodeList *made,
                                 IoptError *err)
{
    IoptArena *const arena = made->carrier->arena;
    const char *const name = site->match->node->node->name;
    const char *const flow = iopt_arena_printf(arena, "%s/replacement_flow_node", name);
    const char *const port = iopt_arena_printf(arena, "%s:1", name);
    IoptListNode *node;

    if (!flow || !port)
        return iopt_fail_memory(err, strlen(name));
    IOPT_TRY(iopt_list_add_copy(made, site->match->node, &node, err));
    IOPT_TRY(to_v2(node, err));
    IOPT_TRY(iopt_gtt_add_const_f32(made, flow, 1.0F, &node, err));
    return iopt_gtt_renames_set(user, port, flow, err);
}

static IoptStatus generate_reader(const IoptGttSite *site, void *user, IoptNodeList *made,
                                  IoptError *err)
{
    IoptListNode *node;

    (void)user;
    IOPT_TRY(iopt_list_add_copy(made, site->match->node, &node, err));
    return to_v2(node, err);
}

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    static const IoptGttPattern array = { .op = "TensorArrayV3|TensorArrayGradV3" };
    static const IoptGttPattern reader = {
        .op = "TensorArrayWriteV3|TensorArrayReadV3|TensorArrayGatherV3|TensorArrayScatterV3|"
              "TensorArrayConcatV3|TensorArraySplitV3|TensorArraySizeV3|TensorArrayCloseV3"
    };
    IoptStatus status = IOPT_OK;
    IoptGttRenames renames = { 0 };
    const IoptGttRule array_rule = { &array, generate_array, &renames, true };
    const IoptGttRule reader_rule = { &reader, generate_reader, NULL, true };
    IoptNodeList *arrays = NULL, *renamed = NULL;

    *out = NULL;
    IOPT_DO(iopt_gtt_replace(in, context, &array_rule, &arrays, err));
    IOPT_DO(iopt_gtt_rename_inputs(arrays, &renames, NULL, 0, &renamed, err));
    IOPT_DO(iopt_gtt_replace(renamed, context, &reader_rule, out, err));
done:
    iopt_gtt_renames_free(&renames);
    iopt_list_destroy(arrays);
    iopt_list_destroy(renamed);
    return status;
}

const IoptTransform iopt_transform_backport_tensor_array_v3 = {
    .name = "backport_tensor_array_v3", .brief = "turn TensorArray*V3 ops into V2", .run = run
};
