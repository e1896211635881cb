/* Where: the coordinates of the elements that are not zero
 *
 *   in      x, of any numeric type or bool, at least one dimension
 *   out     y [n, rank] of int64, in row-major order; n depends on the values of x
 *   source  TensorFlow op "Where"
 */
#include "ops/ints.h"

static bool is_set(const IoptTensor *x, size_t i)
{
    if (iopt_dtype_is_float(x->dtype))
        return iopt_tensor_get_f64(x, i) != 0;
    return iopt_tensor_get_i64(x, i) != 0;
}

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    const IoptTensor *const x = in[0].value;
    IoptShape y = { 2, { -1, in[0].shape.rank } };

    if (in[0].shape.rank == 0 || in[0].dtype == IOPT_STRING || in[0].dtype == IOPT_C64 ||
        in[0].dtype == IOPT_C128)
        return iopt_bad_inputs(node, in, err, "numbers in at least one dimension");
    if (x) {
        y.dim[0] = 0;
        for (size_t i = 0; i < iopt_elems(x); i++)
            y.dim[0] += is_set(x, i);
    }
    out[0] = iopt_fact(IOPT_I64, y);
    return IOPT_OK;
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const int rank = in[0]->shape.rank;
    int64_t *y = out[0]->data;

    (void)node, (void)err;
    for (size_t i = 0; i < iopt_elems(in[0]); i++) {
        int64_t rest = (int64_t)i;
        if (!is_set(in[0], i))
            continue;
        for (int axis = rank - 1; axis >= 0; axis--) {
            y[axis] = rest % in[0]->shape.dim[axis];
            rest /= in[0]->shape.dim[axis];
        }
        y += rank;
    }
    return IOPT_OK;
}

const IoptOp iopt_op_where = {
    .name = "Where",
    .n_in = 1,
    .n_out = 1,
    .brief = "the coordinates of the elements that are not zero",
    .infer = infer,
    .eval = eval,
};
