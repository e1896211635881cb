/* Conv2D, with what follows it, as one step; groups, dilation, strides and any padding. */
#include "engine/lower_conv2d.h"

#include "engine/lower_window.h"
#include "engine/pack_weights.h"

static bool fits(const IoptNode *node)
{
    const IoptFact filter = iopt_fact_at(node->in[1]);

    return filter.value && filter.dtype == IOPT_F32 && filter.shape.rank == 4 &&
           iopt_slides_over_nhwc(node) && iopt_value_elems(node->in[1]) > 0 &&
           iopt_value_elems(node->in[0]) > 0;
}

IoptStatus iopt_conv_pack(IoptLower *lower, const IoptConv *conv, const IoptVariant *variant,
                          size_t group, const float **out, IoptError *err)
{
    const char *const filter = (const char *)conv->filter + group * conv->outputs * sizeof(float);

    return iopt_pack_gemm(lower, variant, filter, conv->groups * conv->outputs, 1,
                          iopt_conv_taps(conv) * conv->depth, conv->outputs, out, err);
}

static IoptStatus describe(IoptLower *l, const IoptChain *chain, IoptConv *conv, IoptError *err)
{
    const IoptNode *const node = chain->root;
    const IoptTensor *const filter = iopt_fact_at(node->in[1]).value;
    const int64_t *const dims = filter->shape.dim;
    const IoptValue x = chain->pad ? chain->pad->in[0] : node->in[0];

    *conv = (IoptConv){ .chain = chain, .depth = (size_t)dims[2], .filter = filter->data };
    IOPT_TRY(
        iopt_lower_window(node, chain->pad, (size_t)dims[0], (size_t)dims[1], &conv->window, err));
    IOPT_TRY(iopt_lower_in(l, x, &conv->x, err));
    conv->images = (size_t)conv->x.shape.dim[0];
    conv->groups = conv->x.channels / conv->depth;
    conv->outputs = (size_t)dims[3] / conv->groups;
    conv->places[conv->n_places++] = conv->x;
    if (!chain->residual.node)
        return iopt_lower_out(l, iopt_chain_value(chain), &conv->y, err);
    IOPT_TRY(iopt_lower_in(l, chain->residual, &conv->places[conv->n_places++], err));
    return iopt_lower_out_over(l, iopt_chain_value(chain), chain->residual, &conv->y, err);
}

static IoptStatus lower(IoptLower *l, const IoptChain *chain, IoptError *err)
{
    IoptConv conv;
    size_t tile;

    IOPT_TRY(describe(l, chain, &conv, err));
    if (iopt_conv_wants_columns(&conv))
        return iopt_lower_conv_columns(l, &conv, err);
    if (iopt_conv_wants_winograd(l, &conv, &tile))
        return iopt_lower_conv_winograd(l, &conv, tile, err);
    return iopt_lower_conv_direct(l, &conv, err);
}

const IoptLowering iopt_lowering_conv2d = {
    .ops = "Conv2D",
    .takes = IOPT_TAKES_SCALE | IOPT_TAKES_BIAS | IOPT_TAKES_RESIDUAL | IOPT_TAKES_CLAMP,
    .any_strides = true,
    .fits = fits,
    .lower = lower,
};
