/* Codes where kernels want them, and ranges that stay. */
#include "engine/codes/codes.h"

IoptStatus iopt_codes_lower_in(IoptLower *lower, IoptValue value, IoptPlace *out, IoptError *err)
{
    IoptPlace from;

    IOPT_TRY(iopt_lower_in_dense(lower, value, &from, err));
    *out = from;
    if (from.base == IOPT_BASE_SLAB)
        return IOPT_OK;
    IOPT_TRY(iopt_lower_temporary_of(lower, from.dtype, from.rows, from.channels, out, err));
    out->shape = from.shape;
    return iopt_lower_copy(lower, lower->chain[value.node->index], &from, out, err);
}

IoptStatus iopt_codes_keep_range(IoptLower *lower, IoptNode *node, size_t slot, IoptError *err)
{
    IoptPlace place;

    for (size_t i = 0; i < 2; i++) {
        IOPT_TRY(iopt_lower_in(lower, node->in[slot + i], &place, err));
        IOPT_TRY(iopt_lower_alias(lower, (IoptValue){ node, (int)i + 1 }, place, err));
    }
    return IOPT_OK;
}
