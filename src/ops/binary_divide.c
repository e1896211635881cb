/* Division in all its forms, power, and functions of two numbers.
 *
 *   in      a, b of one type; shapes that broadcast
 *   out     y, the broadcast shape
 *   fails   on integer division by zero and on integers to a negative power (IOPT_BAD_DATA)
 *   source  TensorFlow ops of the same names: Div truncates integers, FloorDiv and FloorMod round
 *           down (the remainder has the divisor's sign), Mod and TruncateMod keep the dividend's
 *           sign; FloorDiv of floats rounds the quotient before it takes the floor
 */
#include <math.h>

#include "ops/elementwise.h"

static const char *refuse_zero(int64_t a, int64_t b)
{
    (void)a;
    return b == 0 ? "integer division by zero" : NULL;
}

static const char *refuse_negative_power(int64_t a, int64_t b)
{
    (void)a;
    return b < 0 ? "an integer to a negative integer power" : NULL;
}

static double divide(double a, double b)
{
    return a / b;
}

/* INT64_MIN / -1 wraps to itself, like the other integer types. */
static int64_t divide_int(int64_t a, int64_t b)
{
    return b == -1 ? (int64_t)(0 - (uint64_t)a) : a / b;
}

static int64_t truncate_mod_int(int64_t a, int64_t b)
{
    return b == -1 ? 0 : a % b;
}

static double floor_div(double a, double b)
{
    return floor(a / b);
}

static double floor_div_f32(double a, double b)
{
    return floor((double)(float)(a / b));
}

static int64_t floor_div_int(int64_t a, int64_t b)
{
    const int64_t quotient = divide_int(a, b);
    return truncate_mod_int(a, b) != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

static double floor_mod(double a, double b)
{
    const double rest = fmod(a, b);
    return (a < 0) == (b < 0) ? rest : fmod(rest + b, b);
}

static double floor_mod_f32(double a, double b)
{
    const double rest = fmod(a, b);
    return (a < 0) == (b < 0) ? rest : fmod((double)(float)(rest + b), b);
}

static int64_t floor_mod_int(int64_t a, int64_t b)
{
    const int64_t rest = truncate_mod_int(a, b);
    return rest != 0 && (a < 0) != (b < 0) ? rest + b : rest;
}

static double div_no_nan(double a, double b)
{
    return b == 0 ? 0 : a / b;
}

static double xdivy(double a, double b)
{
    return a == 0 ? 0 : a / b;
}

static double xlogy(double a, double b)
{
    return a == 0 ? 0 : a * log(b);
}

static double next_after_f32(double a, double b)
{
    return (double)nextafterf((float)a, (float)b);
}

static int64_t pow_int(int64_t a, int64_t b)
{
    uint64_t power = 1, square = (uint64_t)a;

    for (; b > 0; b >>= 1, square *= square)
        if (b & 1)
            power *= square;
    return (int64_t)power;
}

static const IoptBinary div_functions = { .f = divide,
                                          .integer = divide_int,
                                          .refuse = refuse_zero };
static const IoptBinary real_div_functions = { .f = divide };
static const IoptBinary truncate_div_functions = { .integer = divide_int, .refuse = refuse_zero };
static const IoptBinary floor_div_functions = {
    .f = floor_div, .f32 = floor_div_f32, .integer = floor_div_int, .refuse = refuse_zero
};
static const IoptBinary floor_mod_functions = {
    .f = floor_mod, .f32 = floor_mod_f32, .integer = floor_mod_int, .refuse = refuse_zero
};
static const IoptBinary mod_functions = { .f = fmod,
                                          .integer = truncate_mod_int,
                                          .refuse = refuse_zero };
static const IoptBinary truncate_mod_functions = { .f = fmod,
                                                   .integer = truncate_mod_int,
                                                   .refuse = refuse_zero };
static const IoptBinary div_no_nan_functions = { .f = div_no_nan };
static const IoptBinary xdivy_functions = { .f = xdivy };
static const IoptBinary xlogy_functions = { .f = xlogy };
static const IoptBinary atan2_functions = { .f = atan2 };
static const IoptBinary next_after_functions = { .f = nextafter, .f32 = next_after_f32 };
static const IoptBinary pow_functions = { .f = pow,
                                          .integer = pow_int,
                                          .refuse = refuse_negative_power };

IOPT_BINARY_OP(div, "Div", IOPT_NUMBER_TYPES, IOPT_OP_MAY_FAIL, "y = a / b, integers truncate");
IOPT_BINARY_OP(real_div, "RealDiv", IOPT_FLOAT_TYPES, 0, "y = a / b");
IOPT_BINARY_OP(truncate_div, "TruncateDiv", IOPT_INT_TYPES, IOPT_OP_MAY_FAIL,
               "y = a / b, toward zero");
IOPT_BINARY_OP(floor_div, "FloorDiv", IOPT_NUMBER_TYPES, IOPT_OP_MAY_FAIL, "y = floor(a / b)");
IOPT_BINARY_OP(floor_mod, "FloorMod", IOPT_NUMBER_TYPES, IOPT_OP_MAY_FAIL,
               "y = a - floor(a / b) * b");
IOPT_BINARY_OP(mod, "Mod", IOPT_NUMBER_TYPES, IOPT_OP_MAY_FAIL, "y = a - trunc(a / b) * b");
IOPT_BINARY_OP(truncate_mod, "TruncateMod", IOPT_NUMBER_TYPES, IOPT_OP_MAY_FAIL,
               "y = a - trunc(a / b) * b");
IOPT_BINARY_OP(div_no_nan, "DivNoNan", IOPT_FLOAT_TYPES, 0, "y = a / b, 0 where b is 0");
IOPT_BINARY_OP(xdivy, "Xdivy", IOPT_FLOAT_TYPES, 0, "y = a / b, 0 where a is 0");
IOPT_BINARY_OP(xlogy, "Xlogy", IOPT_FLOAT_TYPES, 0, "y = a * ln b, 0 where a is 0");
IOPT_BINARY_OP(atan2, "Atan2", IOPT_FLOAT_TYPES, 0, "y = the angle of the point (b, a)");
IOPT_BINARY_OP(pow, "Pow", IOPT_NUMBER_TYPES, IOPT_OP_MAY_FAIL, "y = a^b");
IOPT_BINARY_OP(next_after, "NextAfter", "float double", 0, "y = the number beside a, toward b");
