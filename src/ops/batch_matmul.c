/* BatchMatMul: y[...] = a[...] b[...], a product of matrices for every index of a batch.
 *
 *   in      a [..., M, K], b [..., K, N]; attributes adj_x, adj_y: a [..., K, M], b [..., N, K].
 *           The batch dimensions are equal, or broadcast from V2 on
 *   out     y [..., M, N]
 *   exact   sums in double, rounded once; integers wrap
 *   source  TensorFlow ops "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3"
 */
#include "ops/conv.h"
#include "ops/matmul.h"

static IoptShape batch_of(const IoptShape *shape)
{
    return shape->rank < 0 ? *shape : iopt_shape(shape->rank - 2, shape->dim);
}

static IoptStatus infer_batch(const IoptNode *node, const IoptFact *in, bool broadcast,
                              IoptShape *batch, IoptError *err)
{
    const IoptShape a = batch_of(&in[0].shape), b = batch_of(&in[1].shape);

    if (broadcast ? !iopt_shape_broadcast(&a, &b, batch) : !iopt_shapes_agree(&a, &b))
        return iopt_bad_inputs(node, in, err, "batch dimensions that fit");
    if (!broadcast)
        *batch = iopt_shape_merge(&a, &b);
    return IOPT_OK;
}

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, bool broadcast,
                        IoptError *err)
{
    const IoptShape *const a = &in[0].shape, *const b = &in[1].shape;
    const int ta = iopt_attr_bool(node, "adj_x", false), tb = iopt_attr_bool(node, "adj_y", false);

    out[0].dtype = iopt_attr_type(node, "Tout", in[0].dtype ? in[0].dtype : in[1].dtype);
    if ((in[0].dtype && in[1].dtype && in[0].dtype != in[1].dtype) ||
        (in[0].dtype && out[0].dtype != in[0].dtype))
        return iopt_bad_inputs(node, in, err, "two inputs of one type, which is the result's too");
    if ((a->rank >= 0 && a->rank < 2) || (b->rank >= 0 && b->rank < 2))
        return iopt_bad_inputs(node, in, err, "inputs of rank 2 or more");
    if (a->rank >= 2 && b->rank >= 2 &&
        !iopt_dims_agree(a->dim[a->rank - 1 - ta], b->dim[b->rank - 2 + tb]))
        return iopt_bad_inputs(node, in, err, "matrices a [..., %s], b [..., %s]",
                               ta ? "K, M" : "M, K", tb ? "N, K" : "K, N");
    IOPT_TRY(infer_batch(node, in, broadcast, &out[0].shape, err));
    if (out[0].shape.rank < 0)
        return IOPT_OK;
    iopt_shape_push(&out[0].shape, a->rank >= 2 ? a->dim[a->rank - 2 + ta] : -1);
    iopt_shape_push(&out[0].shape, b->rank >= 2 ? b->dim[b->rank - 1 - tb] : -1);
    return IOPT_OK;
}

static IoptStatus infer_equal(const IoptNode *node, const IoptFact *in, IoptFact *out,
                              IoptError *err)
{
    return infer(node, in, out, false, err);
}

static IoptStatus infer_v2(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    return infer(node, in, out, true, err);
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const IoptShape *const a = &in[0]->shape, *const y = &out[0]->shape;
    const IoptShape batch = batch_of(y), batch_a = batch_of(a), batch_b = batch_of(&in[1]->shape);
    const bool ta = iopt_attr_bool(node, "adj_x", false);
    const IoptMatrixProduct p = { .a = in[0],
                                  .b = in[1],
                                  .y = out[0],
                                  .m = (size_t)y->dim[y->rank - 2],
                                  .n = (size_t)y->dim[y->rank - 1],
                                  .k = (size_t)a->dim[a->rank - (ta ? 2 : 1)],
                                  .transpose_a = ta,
                                  .transpose_b = iopt_attr_bool(node, "adj_y", false) };
    IoptWalk walk;

    if (iopt_elems(out[0]) == 0)
        return IOPT_OK;
    iopt_walk_begin(&walk, &batch);
    iopt_walk_operand(&walk, 0, &batch_a);
    iopt_walk_operand(&walk, 1, &batch_b);
    const size_t count = iopt_elems(out[0]) / (p.m * p.n);
    for (size_t i = 0; i < count; i++, iopt_walk_next(&walk))
        IOPT_TRY(iopt_matrix_product(&p, (size_t)walk.offset[0] * p.m * p.k,
                                     (size_t)walk.offset[1] * p.k * p.n, i * p.m * p.n, err));
    return IOPT_OK;
}

static double macs(const IoptNode *node, const IoptFact *in, const IoptFact *out)
{
    const IoptShape *const a = &in[0].shape;
    const int ta = iopt_attr_bool(node, "adj_x", false);
    const int64_t depth = a->rank >= 2 ? a->dim[a->rank - 1 - ta] : 0;

    return depth > 0 ? iopt_known_elems(&out[0].shape) * (double)depth : 0;
}

#define BATCH_MATMUL_OP(id, op_name, rule)                                   \
    const IoptOp iopt_op_##id = { .name = op_name,                           \
                                  .n_in = 2,                                 \
                                  .n_out = 1,                                \
                                  .dtypes = IOPT_FLOAT_TYPES " int32 int64", \
                                  .flags = IOPT_OP_HALF,                     \
                                  .brief = "y = a b over a batch",           \
                                  .infer = rule,                             \
                                  .eval = eval,                              \
                                  .macs = macs }

BATCH_MATMUL_OP(batch_matmul, "BatchMatMul", infer_equal);
BATCH_MATMUL_OP(batch_matmul_v2, "BatchMatMulV2", infer_v2);
BATCH_MATMUL_OP(batch_matmul_v3, "BatchMatMulV3", infer_v2);
