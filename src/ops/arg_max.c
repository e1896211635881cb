/* ArgMax, ArgMin: the place of the greatest or least along one axis.
 *
 *   in      x, rank >= 1, the axis not empty (unless the output is); axis, an int scalar
 *   out     y, of attribute output_type (int64), x without that axis
 *   exact   the first of equal values; NaN never wins, and all NaN gives 0
 *   source  TensorFlow ops of the same names
 */
#include "ops/elementwise.h"

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    const IoptShape *const x = &in[0].shape;
    int64_t wanted;
    size_t count, elems;
    int axis;

    out[0].dtype = iopt_attr_type(node, "output_type", IOPT_I64);
    if (out[0].dtype != IOPT_I64 && out[0].dtype != IOPT_I32)
        return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': want output_type int32 or int64; got %s",
                         node->op, node->name, iopt_dtype_name(out[0].dtype));
    if (x->rank == 0 || in[1].shape.rank > 0)
        return iopt_bad_inputs(node, in, err, "x of rank 1 or more, and an axis");
    if (x->rank < 0)
        return IOPT_OK;
    out[0].shape = iopt_shape_scalar();
    if (!in[1].value) {
        for (int i = 0; i + 1 < x->rank; i++)
            iopt_shape_push(&out[0].shape, -1);
        return IOPT_OK;
    }
    if (!iopt_fact_ints(&in[1], &wanted, 1, &count) || count != 1 ||
        !iopt_axis(wanted, x->rank, &axis))
        return iopt_bad_inputs(node, in, err, "an axis in -%d .. %d", x->rank, x->rank - 1);
    for (int i = 0; i < x->rank; i++)
        if (i != axis)
            iopt_shape_push(&out[0].shape, x->dim[i]);
    if (x->dim[axis] == 0 && (!iopt_shape_elems(&out[0].shape, &elems) || elems > 0))
        return iopt_bad_inputs(node, in, err, "an axis that is not empty");
    return IOPT_OK;
}

/* Whether element a beats the best one so far; NaN never does, and loses to everything. */
static bool beats(const IoptTensor *x, size_t a, size_t best, bool greatest)
{
    if (iopt_dtype_is_float(x->dtype)) {
        const double u = iopt_tensor_get_f64(x, a), v = iopt_tensor_get_f64(x, best);
        if (v != v)
            return u == u;
        return greatest ? u > v : u < v;
    }
    const int64_t u = iopt_tensor_get_i64(x, a), v = iopt_tensor_get_i64(x, best);
    return greatest ? u > v : u < v;
}

static void search(const IoptTensor *const *in, IoptTensor *out, bool greatest)
{
    const IoptTensor *const x = in[0];
    size_t outer = 1, inner = 1;
    int axis = 0;

    (void)iopt_axis(iopt_tensor_get_i64(in[1], 0), x->shape.rank, &axis);
    for (int i = 0; i < x->shape.rank; i++)
        if (i < axis)
            outer *= (size_t)x->shape.dim[i];
        else if (i > axis)
            inner *= (size_t)x->shape.dim[i];
    const size_t length = (size_t)x->shape.dim[axis];
    for (size_t o = 0; o < outer; o++)
        for (size_t k = 0; k < inner; k++) {
            const size_t base = o * length * inner + k;
            size_t best = 0;
            for (size_t i = 1; i < length; i++)
                if (beats(x, base + i * inner, base + best * inner, greatest))
                    best = i;
            iopt_tensor_set_i64(out, o * inner + k, (int64_t)best);
        }
}

#define SEARCH_OP(id, op_name, greatest, text)                                     \
    static IoptStatus eval_##id(const IoptNode *node, const IoptTensor *const *in, \
                                IoptTensor *const *out, IoptError *err)            \
    {                                                                              \
        (void)node, (void)err;                                                     \
        search(in, out[0], greatest);                                              \
        return IOPT_OK;                                                            \
    }                                                                              \
    const IoptOp iopt_op_##id = { .name = op_name,                                 \
                                  .n_in = 2,                                       \
                                  .n_out = 1,                                      \
                                  .dtypes = IOPT_NUMBER_TYPES " bool",             \
                                  .flags = IOPT_OP_HALF,                           \
                                  .brief = text,                                   \
                                  .infer = infer,                                  \
                                  .eval = eval_##id }

SEARCH_OP(arg_max, "ArgMax", true, "the place of the greatest along an axis");
SEARCH_OP(arg_min, "ArgMin", false, "the place of the least along an axis");
