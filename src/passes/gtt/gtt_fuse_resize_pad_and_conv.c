/* fuse_resize_pad_and_conv: Conv2D(MirrorPad(ResizeBilinear(x, size), paddings), W)
 *                           ->  FusedResizeAndPadConv2D(x, size, paddings, W)
 *
 *   exactness  same bits
 */
#include "base/compiler.h"
#include "passes/gtt/gtt_copies.h"
#include "passes/gtt/gtt_fused_conv.h"
#include "passes/gtt/gtt_replace.h"

static IoptStatus generate(const IoptGttSite *site, void *user, IoptNodeList *made, IoptError *err)
{
    const IoptGttMatch *const conv = site->match, *const pad = &conv->in[0];
    const IoptFusedConv chain = { .conv = conv->node, .pad = pad->node, .resize = pad->in[0].node };
    const IoptListNode *const kept[] = { conv->in[1].node, pad->in[1].node };

    (void)user;
    IOPT_TRY(iopt_gtt_add_copies(made, kept, IOPT_COUNT(kept), err));
    return iopt_gtt_add_fused_conv(made, &chain, pad->node->inputs[1], site->context, err);
}

static const IoptGttPattern pattern = {
    "Conv2D", 2,
    (const IoptGttPattern[]){
        { "MirrorPad", 2, (const IoptGttPattern[]){ { .op = "ResizeBilinear" }, { .op = "*" } } },
        { .op = "*" } }
};

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    const IoptGttRule rule = { .pattern = &pattern, .generate = generate };

    return iopt_gtt_replace(in, context, &rule, out, err);
}

const IoptTransform iopt_transform_fuse_resize_pad_and_conv = {
    .name = "fuse_resize_pad_and_conv",
    .brief = "make one op of resizing, a mirrored border and the convolution behind them",
    .run = run
};
