/* fuse_resize_and_conv: Conv2D(ResizeBilinear(x, size), W)
 *                       ->  FusedResizeAndPadConv2D(x, size, no paddings, W)
 *
 *   exactness  same bits
 */
#include "passes/gtt/gtt_build.h"
#include "passes/gtt/gtt_fused_conv.h"
#include "passes/gtt/gtt_replace.h"

static IoptStatus generate(const IoptGttSite *site, void *user, IoptNodeList *made, IoptError *err)
{
    const IoptGttMatch *const conv = site->match;
    const IoptFusedConv chain = { .conv = conv->node, .resize = conv->in[0].node };
    const IoptShape shape = iopt_shape(2, (const int64_t[]){ 4, 2 });
    const char *const name =
        iopt_arena_printf(made->carrier->arena, "%s_dummy_paddings", conv->node->node->name);
    IoptTensor *none;
    IoptListNode *node;

    (void)user;
    if (!name)
        return iopt_fail_memory(err, strlen(conv->node->node->name));
    IOPT_TRY(iopt_list_add_copy(made, conv->in[1].node, &node, err));
    IOPT_TRY(iopt_tensor_create(IOPT_I32, &shape, &none, err));
    IOPT_TRY(iopt_gtt_add_const(made, name, none, &node, err));
    return iopt_gtt_add_fused_conv(made, &chain, name, site->context, err);
}

static const IoptGttPattern pattern = {
    "Conv2D", 2, (const IoptGttPattern[]){ { .op = "ResizeBilinear" }, { .op = "*" } }
};

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    const IoptGttRule rule = { .pattern = &pattern, .generate = generate };

    return iopt_gtt_replace(in, context, &rule, out, err);
}

const IoptTransform iopt_transform_fuse_resize_and_conv = {
    .name = "fuse_resize_and_conv",
    .brief = "make one op of resizing and the convolution behind it",
    .run = run
};
