/* MirrorPad: a border around x that mirrors it
 *
 *   in      x; paddings [rank,2] of int32 or int64
 *   out     y, each dimension grown by its paddings
 *   attr    mode: REFLECT (the edge is not repeated) or SYMMETRIC (it is)
 *   source  TensorFlow op "MirrorPad"
 */
#include <string.h>

#include "ops/move.h"
#include "ops/paddings.h"

/* How many elements at the edge the mirror leaves out: 1 for REFLECT, 0 for SYMMETRIC. */
static IoptStatus mirror_offset(const IoptNode *node, int64_t *out, IoptError *err)
{
    const char *const mode = iopt_attr_string(node, "mode", "");

    *out = strcmp(mode, "REFLECT") == 0;
    if (!*out && strcmp(mode, "SYMMETRIC") != 0)
        return iopt_fail(err, IOPT_BAD_MODEL,
                         "MirrorPad '%s': want mode REFLECT or SYMMETRIC; got '%s'", node->name,
                         mode);
    return IOPT_OK;
}

static IoptStatus plan(const IoptNode *node, const IoptFact *in, IoptInts *paddings, IoptShape *y,
                       int64_t *offset, IoptError *err)
{
    IOPT_TRY(mirror_offset(node, offset, err));
    IOPT_TRY(iopt_padded_shape(node, in, paddings, y, err));
    for (int i = 0; paddings->known && i < y->rank; i++) {
        const int64_t dim = iopt_dim_or_unknown(&in[0].shape, i), limit = dim - *offset;
        if (dim >= 0 && (paddings->v[2 * i] > limit || paddings->v[2 * i + 1] > limit))
            return iopt_fail(err, IOPT_BAD_MODEL,
                             "MirrorPad '%s': paddings %lld and %lld of dimension %d; at most %lld",
                             node->name, (long long)paddings->v[2 * i],
                             (long long)paddings->v[2 * i + 1], i, (long long)limit);
    }
    return IOPT_OK;
}

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    IoptInts paddings;
    int64_t offset;

    out[0].dtype = iopt_input_type(node, in, "T");
    return plan(node, in, &paddings, &out[0].shape, &offset, err);
}

/* Which element of a dimension of `dim` the padded position `at` shows. */
static int64_t mirrored(int64_t at, int64_t before, int64_t dim, int64_t offset)
{
    const int64_t i = at - before;

    if (i < 0)
        return -i - 1 + offset;
    return i < dim ? i : 2 * dim - 1 - i - offset;
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const size_t bytes = iopt_dtype_bytes(in[0]->dtype);
    int64_t strides[IOPT_MAX_RANK], index[IOPT_MAX_RANK] = { 0 }, offset;
    IoptInts paddings;
    IoptFact facts[2];
    IoptShape y;

    iopt_facts_of(in, 2, facts);
    IOPT_TRY(plan(node, facts, &paddings, &y, &offset, err));
    iopt_shape_strides(&in[0]->shape, strides);
    for (size_t n = 0; n < iopt_elems(out[0]); n++) {
        int64_t from = 0;
        for (int i = 0; i < y.rank; i++)
            from += mirrored(index[i], paddings.v[2 * i], in[0]->shape.dim[i], offset) * strides[i];
        memcpy(iopt_elem_mut(out[0], (int64_t)n), iopt_elem(in[0], from), bytes);
        for (int i = y.rank - 1; i >= 0 && ++index[i] == y.dim[i]; i--)
            index[i] = 0;
    }
    return IOPT_OK;
}

const IoptOp iopt_op_mirror_pad = {
    .name = "MirrorPad",
    .n_in = 2,
    .n_out = 1,
    .brief = "a border around x that mirrors it",
    .infer = infer,
    .eval = eval,
};
