/* Rounding, sign, square and bits of one number.
 *
 *   in      x, any shape; float types, and integers where that makes sense
 *   out     y[i] = f(x[i]); integers wrap
 *   exact
 *   source  TensorFlow ops of the same names; Round and Rint go to the nearest even
 */
#include <math.h>

#include "ops/elementwise.h"

static int64_t abs_int(int64_t x)
{
    return x < 0 ? (int64_t)(0 - (uint64_t)x) : x;
}

static double neg_float(double x)
{
    return -x;
}

static int64_t neg_int(int64_t x)
{
    return (int64_t)(0 - (uint64_t)x);
}

static double sign_float(double x)
{
    return isnan(x) ? x : (double)((x > 0) - (x < 0));
}

static int64_t sign_int(int64_t x)
{
    return (x > 0) - (x < 0);
}

static double square_float(double x)
{
    return x * x;
}

static int64_t square_int(int64_t x)
{
    return (int64_t)((uint64_t)x * (uint64_t)x);
}

static int64_t invert_int(int64_t x)
{
    return ~x;
}

static int64_t same_int(int64_t x)
{
    return x;
}

IOPT_UNARY_OP(abs, "Abs", IOPT_NUMBER_TYPES, "y = |x|", fabs, abs_int);
IOPT_UNARY_OP(neg, "Neg", IOPT_NUMBER_TYPES, "y = -x", neg_float, neg_int);
IOPT_UNARY_OP(sign, "Sign", IOPT_NUMBER_TYPES, "y = -1, 0 or 1", sign_float, sign_int);
IOPT_UNARY_OP(square, "Square", IOPT_NUMBER_TYPES, "y = x * x", square_float, square_int);
IOPT_UNARY_OP(floor, "Floor", IOPT_FLOAT_TYPES, "y = x rounded down", floor, NULL);
IOPT_UNARY_OP(ceil, "Ceil", IOPT_FLOAT_TYPES, "y = x rounded up", ceil, NULL);
IOPT_UNARY_OP(round, "Round", IOPT_NUMBER_TYPES, "y = x rounded, ties to even", nearbyint,
              same_int);
IOPT_UNARY_OP(rint, "Rint", IOPT_FLOAT_TYPES, "y = x rounded, ties to even", nearbyint, NULL);
IOPT_UNARY_OP(invert, "Invert", IOPT_INT_TYPES, "y = the opposite of every bit", NULL, invert_int);
