/* OneHot: on_value at the index, off_value elsewhere, along a new axis of `depth`
 *
 *   in      indices of uint8, int32 or int64; depth, one int32; on_value, off_value: scalars
 *   out     y: indices.shape with `depth` put in at the axis, type of on_value
 *   attr    axis (-1: the last)
 *   exact   an index outside 0 .. depth-1 gives off_value everywhere
 *   source  TensorFlow op "OneHot"
 */
#include "ops/ints.h"
#include "ops/move.h"

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    const IoptShape *const indices = &in[0].shape;
    const int64_t wanted = iopt_attr_int(node, "axis", -1);
    IoptShape y = iopt_shape_scalar();
    IoptInts depth;
    int axis;

    IOPT_TRY(iopt_ints_scalar(node, in, 1, "depth", &depth, err));
    if ((depth.known && depth.v[0] < 0) || !iopt_may_have_rank(&in[2], 0) ||
        !iopt_may_have_rank(&in[3], 0) ||
        (in[2].dtype && in[3].dtype && in[2].dtype != in[3].dtype))
        return iopt_bad_inputs(node, in, err, "depth >= 0 and two scalars of one type");
    out[0].dtype = iopt_input_type(node, &in[2], "T");
    if (indices->rank < 0)
        return IOPT_OK;
    if (indices->rank == IOPT_MAX_RANK || !iopt_axis(wanted, indices->rank + 1, &axis))
        return iopt_bad_inputs(node, in, err, "indices with room for axis %lld", (long long)wanted);
    for (int i = 0; i <= indices->rank; i++) {
        if (i == axis)
            iopt_shape_push(&y, depth.known ? depth.v[0] : -1);
        if (i < indices->rank)
            iopt_shape_push(&y, indices->dim[i]);
    }
    out[0].shape = y;
    return IOPT_OK;
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const IoptShape *const y = &out[0]->shape;
    const size_t elem_bytes = iopt_dtype_bytes(out[0]->dtype);
    const int64_t n = (int64_t)iopt_elems(in[0]);
    int64_t inner = 1;
    int axis = 0;

    (void)err;
    (void)iopt_axis(iopt_attr_int(node, "axis", -1), y->rank, &axis); /* infer has checked it */
    const int64_t depth = y->dim[axis];
    for (int i = axis + 1; i < y->rank; i++)
        inner *= y->dim[i];
    iopt_move_fill(out[0]->data, iopt_elems(out[0]), in[3]->data, elem_bytes);
    for (int64_t i = 0; i < n; i++) {
        const int64_t at = iopt_tensor_get_i64(in[0], (size_t)i);
        if (at >= 0 && at < depth)
            iopt_move_fill(iopt_elem_mut(out[0], (i / inner * depth + at) * inner + i % inner), 1,
                           in[2]->data, elem_bytes);
    }
    return IOPT_OK;
}

const IoptOp iopt_op_one_hot = {
    .name = "OneHot",
    .n_in = 4,
    .n_out = 1,
    .dtypes = "uint8 int8 int32 int64",
    .brief = "one value at the index, another elsewhere",
    .infer = infer,
    .eval = eval,
};
