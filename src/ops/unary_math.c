/* Functions of one number that C's <math.h> has, or almost.
 *
 *   in      x, a float type, any shape
 *   out     y[i] = f(x[i]), computed in double and rounded once
 *   source  TensorFlow ops of the same names; where its vector code leaves IEEE (Sqrt of infinity
 *           is NaN there) this one does not
 */
#include <math.h>

#include "ops/elementwise.h"

static double rsqrt_of(double x)
{
    return 1.0 / sqrt(x);
}

static double reciprocal_of(double x)
{
    return 1.0 / x;
}

static double lgamma_of(double x)
{
    int sign; /* lgamma() would write it to a global variable */
    return lgamma_r(x, &sign);
}

#define FLOAT_OP(id, op_name, text, f) IOPT_UNARY_OP(id, op_name, IOPT_FLOAT_TYPES, text, f, NULL)

FLOAT_OP(exp, "Exp", "y = e^x", exp);
FLOAT_OP(expm1, "Expm1", "y = e^x - 1", expm1);
FLOAT_OP(log, "Log", "y = ln x", log);
FLOAT_OP(log1p, "Log1p", "y = ln(1 + x)", log1p);
FLOAT_OP(sqrt, "Sqrt", "y = x^(1/2)", sqrt);
FLOAT_OP(rsqrt, "Rsqrt", "y = x^(-1/2)", rsqrt_of);
FLOAT_OP(reciprocal, "Reciprocal", "y = 1 / x", reciprocal_of);
FLOAT_OP(inv, "Inv", "y = 1 / x", reciprocal_of);
FLOAT_OP(erf, "Erf", "the error function", erf);
FLOAT_OP(erfc, "Erfc", "1 - erf(x)", erfc);
FLOAT_OP(lgamma, "Lgamma", "ln |gamma(x)|", lgamma_of);
FLOAT_OP(sin, "Sin", "sine", sin);
FLOAT_OP(cos, "Cos", "cosine", cos);
FLOAT_OP(tan, "Tan", "tangent", tan);
FLOAT_OP(asin, "Asin", "inverse sine", asin);
FLOAT_OP(acos, "Acos", "inverse cosine", acos);
FLOAT_OP(atan, "Atan", "inverse tangent", atan);
FLOAT_OP(sinh, "Sinh", "hyperbolic sine", sinh);
FLOAT_OP(cosh, "Cosh", "hyperbolic cosine", cosh);
FLOAT_OP(tanh, "Tanh", "hyperbolic tangent", tanh);
FLOAT_OP(asinh, "Asinh", "inverse hyperbolic sine", asinh);
FLOAT_OP(acosh, "Acosh", "inverse hyperbolic cosine", acosh);
FLOAT_OP(atanh, "Atanh", "inverse hyperbolic tangent", atanh);
