/* Cross: the cross product of vectors of three.
 *
 *   in      a, b [..., 3], of one type and shape
 *   out     y, like a
 *   exact   computed in double (integers wrap), rounded once
 *   source  TensorFlow op "Cross"
 */
#include "ops/elementwise.h"

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    const IoptShape both = iopt_shape_merge(&in[0].shape, &in[1].shape);

    if (!iopt_shapes_agree(&in[0].shape, &in[1].shape) || both.rank == 0 ||
        (both.rank > 0 && !iopt_dims_agree(both.dim[both.rank - 1], 3)) ||
        (in[0].dtype && in[1].dtype && in[0].dtype != in[1].dtype))
        return iopt_bad_inputs(node, in, err, "a and b [..., 3] of one type and shape");
    out[0] = iopt_fact(in[0].dtype ? in[0].dtype : in[1].dtype, both);
    return IOPT_OK;
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const size_t n = iopt_elems(out[0]);
    const IoptTensor *const a = in[0], *const b = in[1];

    (void)node, (void)err;
    for (size_t i = 0; i < n; i++) {
        const size_t base = i - i % 3, j = base + (i % 3 + 1) % 3, k = base + (i % 3 + 2) % 3;
        if (iopt_dtype_is_float(a->dtype))
            iopt_tensor_set_f64(out[0], i,
                                iopt_tensor_get_f64(a, j) * iopt_tensor_get_f64(b, k) -
                                    iopt_tensor_get_f64(a, k) * iopt_tensor_get_f64(b, j));
        else
            iopt_tensor_set_i64(out[0], i,
                                (int64_t)((uint64_t)iopt_tensor_get_i64(a, j) *
                                              (uint64_t)iopt_tensor_get_i64(b, k) -
                                          (uint64_t)iopt_tensor_get_i64(a, k) *
                                              (uint64_t)iopt_tensor_get_i64(b, j)));
    }
    return IOPT_OK;
}

const IoptOp iopt_op_cross = { .name = "Cross",
                               .n_in = 2,
                               .n_out = 1,
                               .dtypes = IOPT_NUMBER_TYPES,
                               .flags = IOPT_OP_HALF,
                               .brief = "the cross product of vectors of three",
                               .infer = infer,
                               .eval = eval };
