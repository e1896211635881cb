/* remove_noops: a node whose output is its input, in type, shape and every bit, goes.
 *
 *   in         Reshape, Squeeze, ExpandDims to the same shape; Transpose without a change of order;
 *              Pad by nothing; Cast to the same type; Concat of one; Split into one; whole Slice;
 *              Tile once; Mul or RealDiv by one; Sub of zero; resizing to the same size; Relu of
 *              Relu
 *   exactness  same bits
 */
#include <math.h>

#include "passes/bypass.h"
#include "passes/pass.h"

enum { ANY, ROOT, N_SLOTS };

static const IoptPattern pattern[N_SLOTS] = {
    [ROOT] = { .op =
                   "Reshape|Squeeze|ExpandDims|Transpose|Pad|PadV2|MirrorPad|Cast|Concat|ConcatV2|"
                   "AddN|Split|SplitV|Slice|StridedSlice|Tile|BroadcastTo|Mul|RealDiv|Sub|"
                   "ResizeBilinear|ResizeNearestNeighbor|SpaceToBatchND|BatchToSpaceND|Relu|"
                   "Relu6" },
};

/* Equal, and known but for at most one dimension, which must then be equal too. */
static bool same_shape(const IoptFact *a, const IoptFact *b)
{
    int unknown = 0;

    if (a->shape.rank < 0 || !iopt_shape_equal(&a->shape, &b->shape))
        return false;
    for (int i = 0; i < a->shape.rank; i++)
        unknown += a->shape.dim[i] < 0;
    return unknown <= 1;
}

static bool all_equal(const IoptFact *fact, double value)
{
    if (!fact->value || fact->value->dtype == IOPT_STRING)
        return false;
    for (size_t i = 0; i < iopt_elems(fact->value); i++)
        if (iopt_tensor_get_f64(fact->value, i) != value ||
            signbit(iopt_tensor_get_f64(fact->value, i)))
            return false;
    return true;
}

static bool is_identity_order(const IoptFact *perm)
{
    if (!perm->value)
        return false;
    for (size_t i = 0; i < iopt_elems(perm->value); i++)
        if (iopt_tensor_get_i64(perm->value, i) != (int64_t)i)
            return false;
    return true;
}

static bool is_idempotent(const IoptNode *node)
{
    const char *const below = node->in[0].node->op;
    return strcmp(node->op, below) == 0 ||
           (iopt_is_op(node, "Relu") && strcmp(below, "Relu6") == 0);
}

/* The shape that a Reshape gives: its fact, or, where the target is the Shape of some value, the
 * fact of that value. */
static IoptFact target_of(const IoptNode *node)
{
    const IoptNode *const target = node->n_in > 1 ? node->in[1].node : NULL;

    if (iopt_is_op(node, "Reshape") && target && iopt_is_op(target, "Shape") && target->n_in == 1)
        return iopt_fact_at(target->in[0]);
    return iopt_fact_at((IoptValue){ (IoptNode *)(uintptr_t)node, 0 });
}

/* Which input the node hands through, or -1. */
static int handed_through(const IoptNode *node)
{
    const IoptFact out = target_of(node);
    const IoptFact x = iopt_fact_at(node->in[0]);
    const IoptFact second = node->n_in > 1 ? iopt_fact_at(node->in[1]) : (IoptFact){ 0 };
    const bool same = same_shape(&x, &out);

    if (iopt_op_in(node->op, "Relu|Relu6"))
        return is_idempotent(node) ? 0 : -1;
    if (iopt_is_op(node, "Cast"))
        return x.dtype && x.dtype == out.dtype ? 0 : -1;
    if (iopt_op_in(node->op, "ConcatV2|SplitV"))
        return node->n_in == (iopt_is_op(node, "ConcatV2") ? 2u : 3u) && node->n_out == 1 ? 0 : -1;
    if (iopt_op_in(node->op, "Concat|Split"))
        return node->n_in == 2 && node->n_out == 1 ? 1 : -1;
    if (iopt_is_op(node, "AddN"))
        return node->n_in == 1 ? 0 : -1;
    if (iopt_is_op(node, "Transpose"))
        return is_identity_order(&second) ? 0 : -1;
    if (iopt_op_in(node->op, "Pad|PadV2|MirrorPad"))
        return all_equal(&second, 0) ? 0 : -1;
    if (iopt_is_op(node, "Tile"))
        return all_equal(&second, 1) ? 0 : -1;
    if (!same)
        return iopt_is_op(node, "Mul") && node->n_in == 2 && all_equal(&x, 1) &&
                       same_shape(&second, &out)
                   ? 1
                   : -1;
    if (iopt_op_in(node->op, "Mul|RealDiv"))
        return all_equal(&second, 1) ? 0 : -1;
    if (iopt_is_op(node, "Sub"))
        return all_equal(&second, 0) ? 0 : -1;
    if (iopt_is_op(node, "StridedSlice")) {
        const IoptFact strides = iopt_fact_at(node->in[node->n_in - 1]);
        return all_equal(&strides, 1) && iopt_shape_known(&x.shape) ? 0 : -1;
    }
    if (iopt_op_in(node->op, "SpaceToBatchND|BatchToSpaceND")) {
        const IoptFact edges = iopt_fact_at(node->in[node->n_in - 1]);
        return all_equal(&second, 1) && all_equal(&edges, 0) ? 0 : -1;
    }
    if (iopt_op_in(node->op, "ResizeBilinear|ResizeNearestNeighbor|Slice"))
        return x.dtype == out.dtype && iopt_shape_known(&x.shape) ? 0 : -1;
    return 0; /* Reshape, Squeeze, ExpandDims, BroadcastTo: the same shape is all there is */
}

static IoptStatus rewrite(IoptEdit *edit, IoptNode *const *at, IoptError *err)
{
    IoptNode *const node = at[ROOT];
    const int input = node->n_in ? handed_through(node) : -1;

    return input < 0 ? IOPT_OK : iopt_bypass(edit, node, (size_t)input, err);
}

const IoptPass iopt_pass_remove_noops = {
    .name = "remove_noops",
    .brief = "drop Reshape, Transpose, Pad, Cast, ... that change nothing",
    .after = "fold_constants",
    .exactness = IOPT_SAME_BITS,
    .pattern = pattern,
    .n_pattern = N_SLOTS,
    .rewrite = rewrite,
};
