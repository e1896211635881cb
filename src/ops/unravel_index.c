/* UnravelIndex: flat indices as coordinates in an array of given dimensions
 *
 *   in      indices, [] or [n]; dims [rank], both int32 or int64
 *   out     y [rank] or [rank,n]: coordinate d of index i at (d, i)
 *   source  TensorFlow op "UnravelIndex"
 */
#include "ops/ints.h"

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    const IoptShape *const indices = &in[0].shape;
    IoptInts dims;

    IOPT_TRY(iopt_ints_vector(node, in, 1, "dims", &dims, err));
    if (indices->rank > 1)
        return iopt_bad_inputs(node, in, err, "one index or a vector of them");
    for (int64_t i = 0; dims.known && i < dims.count; i++)
        if (dims.v[i] < 1)
            return iopt_fail(err, IOPT_BAD_MODEL, "UnravelIndex '%s': dimension %lld is %lld",
                             node->name, (long long)i, (long long)dims.v[i]);
    out[0] = iopt_fact(iopt_input_type(node, in, "Tidx"), iopt_shape_unknown());
    if (indices->rank == 0)
        out[0].shape = iopt_shape(1, &dims.count);
    else if (indices->rank == 1)
        out[0].shape = (IoptShape){ 2, { dims.count, indices->dim[0] } };
    return IOPT_OK;
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const size_t n = iopt_elems(in[0]), rank = iopt_elems(in[1]);

    for (size_t i = 0; i < n; i++) {
        const int64_t index = iopt_tensor_get_i64(in[0], i);
        int64_t rest = index;
        for (size_t d = rank; d-- > 0;) {
            const int64_t dim = iopt_tensor_get_i64(in[1], d);
            iopt_tensor_set_i64(out[0], d * n + i, dim > 0 ? rest % dim : 0);
            rest = dim > 0 ? rest / dim : -1;
        }
        if (index < 0 || rest != 0)
            return iopt_fail(err, IOPT_BAD_DATA, "UnravelIndex '%s': index %lld is outside",
                             node->name, (long long)index);
    }
    return IOPT_OK;
}

const IoptOp iopt_op_unravel_index = {
    .name = "UnravelIndex",
    .n_in = 2,
    .n_out = 1,
    .dtypes = "int32 int64",
    .flags = IOPT_OP_MAY_FAIL,
    .brief = "flat indices as coordinates",
    .infer = infer,
    .eval = eval,
};
