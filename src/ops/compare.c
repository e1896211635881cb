/* Comparisons: two numbers to a bool, with broadcasting.
 *
 *   in      a, b of one type; shapes that broadcast (Equal and NotEqual take bools and strings too)
 *   out     y, bool, the broadcast shape; a NaN compares as in C.  With attribute
 *           incompatible_shape_error = false, Equal of shapes that do not broadcast is the scalar
 *           false, and NotEqual is true
 *   exact
 *   source  TensorFlow ops of the same names
 */
#include "ops/elementwise.h"

typedef enum Relation { EQUAL = 1, LESS = 2, GREATER = 4 } Relation;

static unsigned relate_doubles(double a, double b)
{
    return a < b ? LESS : a > b ? GREATER : a == b ? EQUAL : 0;
}

static unsigned relate_integers(int64_t a, int64_t b)
{
    return a < b ? LESS : a > b ? GREATER : EQUAL;
}

static unsigned relate_strings(IoptBytes a, IoptBytes b)
{
    const size_t shorter = a.size < b.size ? a.size : b.size;
    const int order = shorter ? memcmp(a.data, b.data, shorter) : 0;

    if (order == 0)
        return a.size < b.size ? LESS : a.size > b.size ? GREATER : EQUAL;
    return order < 0 ? LESS : GREATER;
}

static unsigned relate(const IoptTensor *a, size_t i, const IoptTensor *b, size_t j)
{
    if (a->dtype == IOPT_STRING)
        return relate_strings(((const IoptBytes *)a->data)[i], ((const IoptBytes *)b->data)[j]);
    if (iopt_dtype_is_float(a->dtype))
        return relate_doubles(iopt_tensor_get_f64(a, i), iopt_tensor_get_f64(b, j));
    return relate_integers(iopt_tensor_get_i64(a, i), iopt_tensor_get_i64(b, j));
}

/* y = whether the relation is one of `wanted`; `if_unordered` is the answer for a NaN. */
static IoptStatus compare(const IoptTensor *const *in, IoptTensor *out, unsigned wanted,
                          bool if_unordered)
{
    uint8_t *const y = out->data;
    const size_t n = iopt_elems(out);
    IoptWalk walk;

    iopt_walk_begin(&walk, &out->shape);
    iopt_walk_operand(&walk, 0, &in[0]->shape);
    iopt_walk_operand(&walk, 1, &in[1]->shape);
    for (size_t i = 0; i < n; i++, iopt_walk_next(&walk)) {
        const unsigned relation =
            relate(in[0], (size_t)walk.offset[0], in[1], (size_t)walk.offset[1]);
        y[i] = relation ? (relation & wanted) != 0 : if_unordered;
    }
    return IOPT_OK;
}

static bool shapes_fit(const IoptShape *a, const IoptShape *b)
{
    IoptShape both;
    return iopt_shape_broadcast(a, b, &both);
}

static IoptStatus infer_equality(const IoptNode *node, const IoptFact *in, IoptFact *out,
                                 IoptError *err)
{
    const bool refuse = iopt_attr_bool(node, "incompatible_shape_error", true);

    if (!refuse && !shapes_fit(&in[0].shape, &in[1].shape)) {
        out[0] = iopt_fact(IOPT_BOOL, iopt_shape_scalar());
        return IOPT_OK;
    }
    return iopt_infer_broadcast_bool(node, in, out, err);
}

static IoptStatus eval_equality(const IoptTensor *const *in, IoptTensor *out, bool equal)
{
    if (!shapes_fit(&in[0]->shape, &in[1]->shape)) {
        *(uint8_t *)out->data = !equal;
        return IOPT_OK;
    }
    return compare(in, out, equal ? EQUAL : LESS | GREATER, !equal);
}

static IoptStatus eval_equal(const IoptNode *node, const IoptTensor *const *in,
                             IoptTensor *const *out, IoptError *err)
{
    (void)node, (void)err;
    return eval_equality(in, out[0], true);
}

static IoptStatus eval_not_equal(const IoptNode *node, const IoptTensor *const *in,
                                 IoptTensor *const *out, IoptError *err)
{
    (void)node, (void)err;
    return eval_equality(in, out[0], false);
}

#define EQUALITY_TYPES IOPT_NUMBER_TYPES " bool string quint8 qint8 qint32"

#define EQUALITY_OP(id, op_name, text)                      \
    const IoptOp iopt_op_##id = { .name = op_name,          \
                                  .n_in = 2,                \
                                  .n_out = 1,               \
                                  .dtypes = EQUALITY_TYPES, \
                                  .brief = text,            \
                                  .flags = IOPT_OP_HALF,    \
                                  .infer = infer_equality,  \
                                  .eval = eval_##id }

#define ORDER_OP(id, op_name, wanted, text)                                        \
    static IoptStatus eval_##id(const IoptNode *node, const IoptTensor *const *in, \
                                IoptTensor *const *out, IoptError *err)            \
    {                                                                              \
        (void)node, (void)err;                                                     \
        return compare(in, out[0], wanted, false);                                 \
    }                                                                              \
    const IoptOp iopt_op_##id = { .name = op_name,                                 \
                                  .n_in = 2,                                       \
                                  .n_out = 1,                                      \
                                  .dtypes = IOPT_NUMBER_TYPES,                     \
                                  .brief = text,                                   \
                                  .flags = IOPT_OP_HALF,                           \
                                  .infer = iopt_infer_broadcast_bool,              \
                                  .eval = eval_##id }

EQUALITY_OP(equal, "Equal", "y = a == b");
EQUALITY_OP(not_equal, "NotEqual", "y = a != b");
ORDER_OP(less, "Less", LESS, "y = a < b");
ORDER_OP(less_equal, "LessEqual", LESS | EQUAL, "y = a <= b");
ORDER_OP(greater, "Greater", GREATER, "y = a > b");
ORDER_OP(greater_equal, "GreaterEqual", GREATER | EQUAL, "y = a >= b");
