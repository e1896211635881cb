/* FusedPadConv2D and FusedResizeAndPadConv2D. */
#include "passes/gtt/gtt_fused_conv.h"

#include "base/compiler.h"
#include "passes/gtt/gtt_build.h"

static IoptStatus add_inputs(const IoptFusedConv *chain, const char *paddings, IoptListNode *fused,
                             IoptError *err)
{
    const IoptListNode *const first = chain->resize ? chain->resize : chain->pad;

    if (first->n_inputs < 2)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "%s '%s': want 2 inputs; got %zu",
                         first->node->op, first->node->name, first->n_inputs);
    IOPT_TRY(iopt_list_add_input(fused, first->inputs[0], err));
    if (chain->resize)
        IOPT_TRY(iopt_list_add_input(fused, chain->resize->inputs[1], err));
    IOPT_TRY(iopt_list_add_input(fused, paddings, err));
    return iopt_list_add_input(fused, chain->conv->inputs[1], err);
}

/* Whether an attribute is there and says anything else than its default. */
static bool is_special(const IoptNode *node, const char *name)
{
    const IoptAttr *const attr = iopt_attr(node, name);

    if (!attr)
        return false;
    switch (attr->kind) {
    case IOPT_ATTR_BOOL: return attr->u.b;
    case IOPT_ATTR_STRING: return attr->u.s.size != 4 || memcmp(attr->u.s.data, "NHWC", 4) != 0;
    case IOPT_ATTR_INTS:
        for (size_t i = 0; i < attr->count; i++)
            if (attr->u.ints[i] != 1)
                return true;
        return false;
    default: return false;
    }
}

static void say_what_is_lost(const IoptFusedConv *chain, const IoptTransformContext *context)
{
    const IoptNode *const conv = chain->conv->node;
    static const char *const names[] = { "data_format", "dilations", "explicit_paddings" };

    for (size_t i = 0; i < IOPT_COUNT(names); i++)
        if (is_special(conv, names[i]))
            iopt_gtt_say(context, "Conv2D '%s' loses its attribute %s", conv->name, names[i]);
    if (chain->resize && is_special(chain->resize->node, "half_pixel_centers"))
        iopt_gtt_say(context, "ResizeBilinear '%s' loses its attribute half_pixel_centers",
                     chain->resize->node->name);
}

IoptStatus iopt_gtt_add_fused_conv(IoptNodeList *made, const IoptFusedConv *chain,
                                   const char *paddings, const IoptTransformContext *context,
                                   IoptError *err)
{
    const IoptListNode *const conv = chain->conv;
    IoptListNode *fused;

    IOPT_TRY(iopt_list_add(made, conv->node->name,
                           chain->resize ? "FusedResizeAndPadConv2D" : "FusedPadConv2D", &fused,
                           err));
    IOPT_TRY(add_inputs(chain, paddings, fused, err));
    if (chain->resize)
        IOPT_TRY(
            iopt_gtt_copy_attr(chain->resize, "align_corners", fused, "resize_align_corners", err));
    if (chain->pad)
        IOPT_TRY(iopt_gtt_copy_attr(chain->pad, "mode", fused, "mode", err));
    else
        IOPT_TRY(iopt_node_set_string(fused->node, "mode", "REFLECT", err));
    IOPT_TRY(iopt_gtt_copy_attr(conv, "T", fused, "T", err));
    IOPT_TRY(iopt_gtt_copy_attr(conv, "padding", fused, "padding", err));
    IOPT_TRY(iopt_gtt_copy_attr(conv, "strides", fused, "strides", err));
    say_what_is_lost(chain, context);
    return IOPT_OK;
}
