/* Select: y = c ? a : b, element by element.
 *
 *   in      c bool; a, b of one type.  Select: a and b of one shape, c of that shape, a scalar, or
 *           a vector that chooses whole rows of the first dimension.  SelectV2: all three broadcast
 *   out     y, of the type of a and b
 *   exact
 *   source  TensorFlow ops "Select", "SelectV2"
 */
#include "ops/elementwise.h"

static IoptStatus check_types(const IoptNode *node, const IoptFact *in, IoptFact *out,
                              IoptError *err)
{
    const IoptDType a = in[1].dtype, b = in[2].dtype;

    out[0].dtype = a ? a : b;
    if (a && b && a != b)
        return iopt_bad_inputs(node, in, err, "bool, and two inputs of one type");
    return IOPT_OK;
}

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    const IoptShape *const c = &in[0].shape, *const a = &in[1].shape, *const b = &in[2].shape;

    IOPT_TRY(check_types(node, in, out, err));
    if (!iopt_shapes_agree(a, b))
        return iopt_bad_inputs(node, in, err, "two values of one shape to choose from");
    out[0].shape = iopt_shape_merge(a, b);
    const bool vector = c->rank == 1 && out[0].shape.rank != 1;
    if (c->rank < 0 || c->rank == 0)
        return IOPT_OK;
    if (vector && out[0].shape.rank > 0 && !iopt_dims_agree(c->dim[0], out[0].shape.dim[0]))
        return iopt_bad_inputs(node, in, err, "one condition per row");
    if (out[0].shape.rank == 0 || (!vector && !iopt_shapes_agree(c, &out[0].shape)))
        return iopt_bad_inputs(node, in, err, "a condition of the values' shape");
    return IOPT_OK;
}

static IoptStatus infer_v2(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    IoptShape both;

    IOPT_TRY(check_types(node, in, out, err));
    if (!iopt_shape_broadcast(&in[1].shape, &in[2].shape, &both) ||
        !iopt_shape_broadcast(&in[0].shape, &both, &out[0].shape))
        return iopt_bad_inputs(node, in, err, "shapes that broadcast");
    return IOPT_OK;
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const uint8_t *const c = in[0]->data;
    const size_t n = iopt_elems(out[0]), conditions = iopt_elems(in[0]);
    const size_t bytes = iopt_dtype_bytes(out[0]->dtype);

    (void)node, (void)err;
    for (size_t i = 0; i < n; i++) {
        const size_t k = i / (n / conditions);
        memcpy((char *)out[0]->data + i * bytes,
               (const char *)(c[k] ? in[1] : in[2])->data + i * bytes, bytes);
    }
    return IOPT_OK;
}

static IoptStatus eval_v2(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                          IoptError *err)
{
    const uint8_t *const c = in[0]->data;
    const size_t n = iopt_elems(out[0]), bytes = iopt_dtype_bytes(out[0]->dtype);
    IoptWalk walk;

    (void)node, (void)err;
    iopt_walk_begin(&walk, &out[0]->shape);
    for (int k = 0; k < 3; k++)
        iopt_walk_operand(&walk, k, &in[k]->shape);
    for (size_t i = 0; i < n; i++, iopt_walk_next(&walk)) {
        const int k = c[walk.offset[0]] ? 1 : 2;
        memcpy((char *)out[0]->data + i * bytes,
               (const char *)in[k]->data + (size_t)walk.offset[k] * bytes, bytes);
    }
    return IOPT_OK;
}

const IoptOp iopt_op_select = { .name = "Select",
                                .n_in = 3,
                                .n_out = 1,
                                .dtypes = "bool",
                                .brief = "y = c ? a : b",
                                .infer = infer,
                                .eval = eval };
const IoptOp iopt_op_select_v2 = { .name = "SelectV2",
                                   .n_in = 3,
                                   .n_out = 1,
                                   .dtypes = "bool",
                                   .brief = "y = c ? a : b, broadcast",
                                   .infer = infer_v2,
                                   .eval = eval_v2 };
