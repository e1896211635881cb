/* Identity, Reshape, Squeeze, ExpandDims and their like: the same bytes under another shape.
 *
 * Nothing is done at run time, unless the value has to be somewhere else (in a concatenation) or
 * the reshape does not keep rows with gaps.
 */
#include "engine/lower.h"

static bool fits(const IoptNode *node)
{
    return node->n_in >= 1 && node->n_out >= 1;
}

static IoptStatus lower(IoptLower *l, const IoptChain *chain, IoptError *err)
{
    const IoptNode *const node = chain->root;
    const IoptShape from = iopt_shape_of(node->in[0]), *to = &node->facts[0].shape;
    IoptPlace place;

    if (from.rank > 0 && to->rank > 0 && from.dim[from.rank - 1] == to->dim[to->rank - 1])
        IOPT_TRY(iopt_lower_in(l, node->in[0], &place, err));
    else
        IOPT_TRY(iopt_lower_in_dense(l, node->in[0], &place, err));
    return iopt_lower_alias(l, iopt_chain_value(chain), place, err);
}

const IoptLowering iopt_lowering_view = {
    .ops = "Identity|Snapshot|StopGradient|PreventGradient|PlaceholderWithDefault|Reshape|"
           "Squeeze|ExpandDims",
    .any_strides = true,
    .fits = fits,
    .lower = lower,
};
