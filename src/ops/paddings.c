/* Paddings of Pad and MirrorPad. */
#include "ops/paddings.h"

IoptStatus iopt_padded_shape(const IoptNode *node, const IoptFact *in, IoptInts *paddings,
                             IoptShape *out, IoptError *err)
{
    const IoptShape *const x = &in[0].shape;

    *out = iopt_shape_unknown();
    IOPT_TRY(iopt_ints_pairs(node, in, 1, "paddings", paddings, err));
    const int64_t rows = paddings->count < 0 ? -1 : paddings->count / 2;
    const int64_t rank = x->rank >= 0 ? x->rank : rows;
    if (!iopt_dims_agree(rows, rank))
        return iopt_bad_inputs(node, in, err, "a pair of paddings for each dimension of x");
    if (rank < 0)
        return IOPT_OK;
    *out = iopt_shape_of_rank((int)rank);
    for (int i = 0; paddings->known && i < out->rank; i++) {
        const int64_t before = paddings->v[2 * i], after = paddings->v[2 * i + 1];
        const int64_t dim = iopt_dim_or_unknown(x, i), limit = INT64_MAX / 4;
        if (before < 0 || after < 0 || before > limit || after > limit || dim > limit)
            return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': paddings %lld and %lld of dimension %d",
                             node->op, node->name, (long long)before, (long long)after, i);
        out->dim[i] = dim < 0 ? -1 : before + dim + after;
    }
    return IOPT_OK;
}
