/* Shape, ShapeN, Size, Rank: what a value looks like, as integers
 *
 *   in      x (ShapeN: N of them), of any type
 *   out     Shape [rank]; ShapeN: one for each input; Size and Rank []
 *   attr    out_type int32 or int64 (Rank: always int32)
 *   exact   a size beyond out_type is refused
 *   source  TensorFlow ops "Shape", "ShapeN", "Size", "Rank"
 */
#include "ops/ints.h"

static IoptStatus out_type(const IoptNode *node, IoptDType *out, IoptError *err)
{
    *out = iopt_attr_type(node, "out_type", IOPT_I32);
    if (*out != IOPT_I32 && *out != IOPT_I64)
        return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': want out_type int32 or int64; got %s",
                         node->op, node->name, iopt_dtype_name(*out));
    return IOPT_OK;
}

static IoptStatus check_fits(const IoptNode *node, IoptDType type, int64_t value, IoptError *err)
{
    if (type == IOPT_I32 && value > INT32_MAX)
        return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': %lld does not fit into int32", node->op,
                         node->name, (long long)value);
    return IOPT_OK;
}

/* Shape and ShapeN. */
static IoptStatus infer_shape(const IoptNode *node, const IoptFact *in, IoptFact *out,
                              IoptError *err)
{
    IoptDType type;

    IOPT_TRY(out_type(node, &type, err));
    if (iopt_node_n_out(node) != node->n_in)
        return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': want %zu inputs; got %zu", node->op,
                         node->name, iopt_node_n_out(node), node->n_in);
    for (size_t i = 0; i < node->n_in; i++) {
        const int64_t rank = in[i].shape.rank;
        out[i] = iopt_fact(type, iopt_shape(1, &rank)); /* rank -1 is an unknown dimension too */
    }
    return IOPT_OK;
}

static IoptStatus eval_shape(const IoptNode *node, const IoptTensor *const *in,
                             IoptTensor *const *out, IoptError *err)
{
    for (size_t n = 0; n < node->n_in; n++)
        for (int i = 0; i < in[n]->shape.rank; i++) {
            IOPT_TRY(check_fits(node, out[n]->dtype, in[n]->shape.dim[i], err));
            iopt_tensor_set_i64(out[n], (size_t)i, in[n]->shape.dim[i]);
        }
    return IOPT_OK;
}

static IoptStatus infer_scalar(const IoptNode *node, const IoptFact *in, IoptFact *out,
                               IoptError *err)
{
    (void)in;
    out[0].shape = iopt_shape_scalar();
    return out_type(node, &out[0].dtype, err);
}

static IoptStatus eval_size(const IoptNode *node, const IoptTensor *const *in,
                            IoptTensor *const *out, IoptError *err)
{
    const int64_t elems = (int64_t)iopt_elems(in[0]);

    IOPT_TRY(check_fits(node, out[0]->dtype, elems, err));
    iopt_tensor_set_i64(out[0], 0, elems);
    return IOPT_OK;
}

static IoptStatus infer_rank(const IoptNode *node, const IoptFact *in, IoptFact *out,
                             IoptError *err)
{
    (void)node, (void)in, (void)err;
    out[0] = iopt_fact(IOPT_I32, iopt_shape_scalar());
    return IOPT_OK;
}

static IoptStatus eval_rank(const IoptNode *node, const IoptTensor *const *in,
                            IoptTensor *const *out, IoptError *err)
{
    (void)node, (void)err;
    iopt_tensor_set_i64(out[0], 0, in[0]->shape.rank);
    return IOPT_OK;
}

const IoptOp iopt_op_shape = { .name = "Shape",
                               .n_in = 1,
                               .n_out = 1,
                               .flags = IOPT_OP_SHAPES,
                               .brief = "the dimensions of x",
                               .infer = infer_shape,
                               .eval = eval_shape };

const IoptOp iopt_op_shape_n = { .name = "ShapeN",
                                 .n_in = IOPT_VARIADIC,
                                 .n_out = IOPT_VARIADIC,
                                 .flags = IOPT_OP_SHAPES,
                                 .brief = "the dimensions of each input",
                                 .infer = infer_shape,
                                 .eval = eval_shape };

const IoptOp iopt_op_size = { .name = "Size",
                              .n_in = 1,
                              .n_out = 1,
                              .flags = IOPT_OP_SHAPES,
                              .brief = "the number of elements of x",
                              .infer = infer_scalar,
                              .eval = eval_size };

const IoptOp iopt_op_rank = { .name = "Rank",
                              .n_in = 1,
                              .n_out = 1,
                              .flags = IOPT_OP_SHAPES,
                              .brief = "the number of dimensions of x",
                              .infer = infer_rank,
                              .eval = eval_rank };
