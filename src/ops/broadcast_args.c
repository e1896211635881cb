/* BroadcastArgs: the shape that two shapes broadcast to;  BroadcastGradientArgs: the dimensions
 * that each of them is repeated along
 *
 *   in      s0, s1: shapes as vectors of int32 or int64
 *   out     BroadcastArgs: [max length];  BroadcastGradientArgs: r0, r1, lists of dimensions
 *   source  TensorFlow ops "BroadcastArgs", "BroadcastGradientArgs"
 */
#include "ops/ints.h"

/* Dimension i of the result, of one of the two shapes, counted from the front of the longer. */
static int64_t dim_at(const IoptInts *shape, int i, int rank)
{
    const int at = i - (rank - (int)shape->count);

    return at < 0 ? 1 : shape->v[at];
}

/* Both inputs; *rank = -1 while their values are not known. */
static IoptStatus read_shapes(const IoptNode *node, const IoptFact *in, IoptInts *a, IoptInts *b,
                              int *rank, IoptError *err)
{
    *rank = -1;
    IOPT_TRY(iopt_ints_vector(node, in, 0, "s0", a, err));
    IOPT_TRY(iopt_ints_vector(node, in, 1, "s1", b, err));
    if (!a->known || !b->known)
        return IOPT_OK;
    *rank = (int)(a->count > b->count ? a->count : b->count);
    for (int i = 0; i < *rank; i++) {
        const int64_t x = dim_at(a, i, *rank), y = dim_at(b, i, *rank);
        if (x != y && x != 1 && y != 1)
            return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': %lld and %lld do not broadcast",
                             node->op, node->name, (long long)x, (long long)y);
    }
    return IOPT_OK;
}

static IoptStatus infer_args(const IoptNode *node, const IoptFact *in, IoptFact *out,
                             IoptError *err)
{
    IoptInts a, b;
    int rank;

    IOPT_TRY(read_shapes(node, in, &a, &b, &rank, err));
    const int64_t n = a.count < 0 || b.count < 0 ? -1 : a.count > b.count ? a.count : b.count;
    out[0] = iopt_fact(iopt_input_type(node, in, "T"), iopt_shape(1, &n));
    return IOPT_OK;
}

static IoptStatus eval_args(const IoptNode *node, const IoptTensor *const *in,
                            IoptTensor *const *out, IoptError *err)
{
    IoptFact facts[2];
    IoptInts a, b;
    int rank;

    iopt_facts_of(in, 2, facts);
    IOPT_TRY(read_shapes(node, facts, &a, &b, &rank, err));
    for (int i = 0; i < rank; i++) {
        const int64_t x = dim_at(&a, i, rank), y = dim_at(&b, i, rank);
        iopt_tensor_set_i64(out[0], (size_t)i, x == 1 ? y : x);
    }
    return IOPT_OK;
}

/* The dimensions along which `mine` is repeated (or of size 1 anyway); none if the shapes are the
 * same. */
static int repeated_dims(const IoptInts *mine, const IoptInts *other, int rank, int64_t *dims)
{
    bool same = mine->count == other->count;
    int n = 0;

    for (int i = 0; i < rank; i++) {
        same = same && mine->v[i] == other->v[i];
        if (dim_at(mine, i, rank) == 1)
            dims[n++] = i;
    }
    return same ? 0 : n;
}

static IoptStatus infer_gradient(const IoptNode *node, const IoptFact *in, IoptFact *out,
                                 IoptError *err)
{
    int64_t dims[IOPT_INTS_MAX], n[2] = { -1, -1 };
    IoptInts a, b;
    int rank;

    IOPT_TRY(read_shapes(node, in, &a, &b, &rank, err));
    if (rank >= 0) {
        n[0] = repeated_dims(&a, &b, rank, dims);
        n[1] = repeated_dims(&b, &a, rank, dims);
    }
    for (int i = 0; i < 2; i++)
        out[i] = iopt_fact(iopt_input_type(node, in, "T"), iopt_shape(1, &n[i]));
    return IOPT_OK;
}

static IoptStatus eval_gradient(const IoptNode *node, const IoptTensor *const *in,
                                IoptTensor *const *out, IoptError *err)
{
    int64_t dims[IOPT_INTS_MAX];
    IoptFact facts[2];
    IoptInts shapes[2];
    int rank;

    iopt_facts_of(in, 2, facts);
    IOPT_TRY(read_shapes(node, facts, &shapes[0], &shapes[1], &rank, err));
    for (int port = 0; port < 2; port++) {
        const int n = repeated_dims(&shapes[port], &shapes[1 - port], rank, dims);
        for (int i = 0; i < n; i++)
            iopt_tensor_set_i64(out[port], (size_t)i, dims[i]);
    }
    return IOPT_OK;
}

const IoptOp iopt_op_broadcast_args = {
    .name = "BroadcastArgs",
    .n_in = 2,
    .n_out = 1,
    .dtypes = "int32 int64",
    .brief = "the shape that two shapes broadcast to",
    .infer = infer_args,
    .eval = eval_args,
};

const IoptOp iopt_op_broadcast_gradient_args = {
    .name = "BroadcastGradientArgs",
    .n_in = 2,
    .n_out = 2,
    .dtypes = "int32 int64",
    .brief = "the dimensions that two shapes are repeated along",
    .infer = infer_gradient,
    .eval = eval_gradient,
};
