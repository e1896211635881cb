/* Logic on bools, and what kind of number a float is.
 *
 *   in      a, b bool, shapes that broadcast; or x, a float type
 *   out     y, bool
 *   exact
 *   source  TensorFlow ops "LogicalAnd", "LogicalOr", "LogicalNot", "IsNan", "IsInf", "IsFinite"
 */
#include <math.h>

#include "ops/elementwise.h"

static int64_t and_int(int64_t a, int64_t b)
{
    return a && b;
}

static int64_t or_int(int64_t a, int64_t b)
{
    return a || b;
}

static int64_t not_int(int64_t a)
{
    return !a;
}

static const IoptBinary logical_and_functions = { .integer = and_int };
static const IoptBinary logical_or_functions = { .integer = or_int };

IOPT_BINARY_OP(logical_and, "LogicalAnd", "bool", 0, "y = a and b");
IOPT_BINARY_OP(logical_or, "LogicalOr", "bool", 0, "y = a or b");
IOPT_UNARY_OP(logical_not, "LogicalNot", "bool", "y = not x", NULL, not_int);

static bool is_nan(double x)
{
    return isnan(x);
}

static bool is_inf(double x)
{
    return isinf(x);
}

static bool is_finite(double x)
{
    return isfinite(x);
}

#define KIND_OP(id, op_name, text)                                                 \
    static IoptStatus eval_##id(const IoptNode *node, const IoptTensor *const *in, \
                                IoptTensor *const *out, IoptError *err)            \
    {                                                                              \
        const size_t n = iopt_elems(in[0]);                                        \
        uint8_t *const y = out[0]->data;                                           \
                                                                                   \
        (void)node, (void)err;                                                     \
        for (size_t i = 0; i < n; i++)                                             \
            y[i] = id(iopt_tensor_get_f64(in[0], i));                              \
        return IOPT_OK;                                                            \
    }                                                                              \
    const IoptOp iopt_op_##id = { .name = op_name,                                 \
                                  .n_in = 1,                                       \
                                  .n_out = 1,                                      \
                                  .dtypes = IOPT_FLOAT_TYPES,                      \
                                  .brief = text,                                   \
                                  .infer = iopt_infer_same_bool,                   \
                                  .eval = eval_##id }

KIND_OP(is_nan, "IsNan", "y = x is not a number");
KIND_OP(is_inf, "IsInf", "y = x is infinite");
KIND_OP(is_finite, "IsFinite", "y = x is a finite number");
