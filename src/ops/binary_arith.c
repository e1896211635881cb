/* Add, subtract, multiply, compare and choose: two numbers to one, with broadcasting.
 *
 *   in      a, b of one type; shapes that broadcast (Add takes strings as well: it joins them)
 *   out     y, the broadcast shape; integers wrap
 *   exact   to the rounding of one operation
 *   source  TensorFlow ops "Add", "AddV2", "Sub", "Mul", "Maximum", "Minimum", "SquaredDifference",
 *           "MulNoNan"
 */
#include "base/text.h"
#include "ops/elementwise.h"

#define ARITHMETIC_TYPES IOPT_NUMBER_TYPES " " IOPT_COMPLEX_TYPES

static double add(double a, double b)
{
    return a + b;
}

static int64_t add_int(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static IoptComplex add_complex(IoptComplex a, IoptComplex b)
{
    return (IoptComplex){ a.re + b.re, a.im + b.im };
}

static double sub(double a, double b)
{
    return a - b;
}

static int64_t sub_int(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

static IoptComplex sub_complex(IoptComplex a, IoptComplex b)
{
    return (IoptComplex){ a.re - b.re, a.im - b.im };
}

static double mul(double a, double b)
{
    return a * b;
}

static int64_t mul_int(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a * (uint64_t)b);
}

static IoptComplex mul_complex(IoptComplex a, IoptComplex b)
{
    return (IoptComplex){ a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re };
}

static double mul_no_nan(double a, double b)
{
    return b == 0 ? 0 : a * b;
}

/* A NaN in b leaves a; a NaN in a stays. */
static double maximum(double a, double b)
{
    return a < b ? b : a;
}

static int64_t maximum_int(int64_t a, int64_t b)
{
    return a < b ? b : a;
}

static double minimum(double a, double b)
{
    return b < a ? b : a;
}

static int64_t minimum_int(int64_t a, int64_t b)
{
    return b < a ? b : a;
}

static double square(double x)
{
    return x * x;
}

static int64_t square_int(int64_t x)
{
    return mul_int(x, x);
}

static const IoptBinary add_v2_functions = { .f = add, .integer = add_int, .complex = add_complex };
static const IoptBinary sub_functions = { .f = sub, .integer = sub_int, .complex = sub_complex };
static const IoptBinary mul_functions = { .f = mul, .integer = mul_int, .complex = mul_complex };
static const IoptBinary mul_no_nan_functions = { .f = mul_no_nan };
static const IoptBinary maximum_functions = { .f = maximum, .integer = maximum_int };
static const IoptBinary minimum_functions = { .f = minimum, .integer = minimum_int };

IOPT_BINARY_OP(add_v2, "AddV2", ARITHMETIC_TYPES, 0, "y = a + b");
IOPT_BINARY_OP(sub, "Sub", ARITHMETIC_TYPES, 0, "y = a - b");
IOPT_BINARY_OP(mul, "Mul", ARITHMETIC_TYPES, 0, "y = a * b");
IOPT_BINARY_OP(mul_no_nan, "MulNoNan", IOPT_FLOAT_TYPES, 0, "y = a * b, 0 where b is 0");
IOPT_BINARY_OP(maximum, "Maximum", IOPT_NUMBER_TYPES, 0, "y = max(a, b)");
IOPT_BINARY_OP(minimum, "Minimum", IOPT_NUMBER_TYPES, 0, "y = min(a, b)");

/* Two operations, each rounded to the type of the values. */
static IoptStatus eval_squared_difference(const IoptNode *node, const IoptTensor *const *in,
                                          IoptTensor *const *out, IoptError *err)
{
    IOPT_TRY(iopt_map_binary(node, in, out[0], &sub_functions, err));
    iopt_map_unary(out[0], out[0], square, square_int);
    return IOPT_OK;
}

const IoptOp iopt_op_squared_difference = { .name = "SquaredDifference",
                                            .n_in = 2,
                                            .n_out = 1,
                                            .dtypes = IOPT_NUMBER_TYPES,
                                            .brief = "y = (a - b)^2",
                                            .infer = iopt_infer_broadcast,
                                            .eval = eval_squared_difference };

static IoptStatus join(const IoptTensor *const *in, IoptTensor *out, IoptWalk *walk, IoptText *text,
                       IoptError *err)
{
    const IoptBytes *const a = in[0]->data, *const b = in[1]->data;
    const size_t n = iopt_elems(out);
    IoptBytes *const y = out->data; /* sizes first: the bytes move while the text grows */
    IoptTensor *joined;

    for (size_t i = 0; i < n; i++, iopt_walk_next(walk)) {
        const IoptBytes left = a[walk->offset[0]], right = b[walk->offset[1]];
        iopt_text_append(text, left.data, left.size);
        iopt_text_append(text, right.data, right.size);
        y[i].size = left.size + right.size;
    }
    if (text->failed)
        return iopt_fail_memory(err, text->size);
    const char *at = text->s;
    for (size_t i = 0; i < n; at += y[i].size, i++)
        y[i].data = at;
    IOPT_TRY(iopt_tensor_strings(&out->shape, y, n, &joined, err));
    const IoptTensor old = *out;
    *out = *joined;
    *joined = old;
    iopt_tensor_destroy(joined);
    return IOPT_OK;
}

static IoptStatus eval_add(const IoptNode *node, const IoptTensor *const *in,
                           IoptTensor *const *out, IoptError *err)
{
    IoptText text = { 0 };
    IoptWalk walk;

    if (in[0]->dtype != IOPT_STRING)
        return iopt_map_binary(node, in, out[0], &add_v2_functions, err);
    iopt_walk_begin(&walk, &out[0]->shape);
    iopt_walk_operand(&walk, 0, &in[0]->shape);
    iopt_walk_operand(&walk, 1, &in[1]->shape);
    const IoptStatus status = join(in, out[0], &walk, &text, err);
    iopt_text_free(&text);
    return status;
}

const IoptOp iopt_op_add = { .name = "Add",
                             .n_in = 2,
                             .n_out = 1,
                             .dtypes = ARITHMETIC_TYPES " string",
                             .flags = IOPT_OP_HALF,
                             .brief = "y = a + b",
                             .infer = iopt_infer_broadcast,
                             .eval = eval_add };
