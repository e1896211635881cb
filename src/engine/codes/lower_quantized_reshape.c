/* QuantizedReshape: the same bytes under another shape, and the same range. */
#include "engine/codes/codes.h"

static bool fits(const IoptNode *node)
{
    (void)node;
    return true;
}

static IoptStatus lower(IoptLower *l, const IoptChain *chain, IoptError *err)
{
    IoptPlace place;

    IOPT_TRY(iopt_lower_in_dense(l, chain->root->in[0], &place, err));
    IOPT_TRY(iopt_lower_alias(l, iopt_chain_value(chain), place, err));
    return iopt_codes_keep_range(l, chain->root, 2, err);
}

const IoptLowering iopt_lowering_quantized_reshape = { .ops = "QuantizedReshape",
                                                       .fits = fits,
                                                       .lower = lower };
