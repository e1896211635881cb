/* Digamma, Erfinv, Ndtri: functions that C's <math.h> lacks.
 *
 *   in      x, a float type, any shape
 *   out     y[i] = f(x[i]), computed in double and rounded once
 *   source  TensorFlow ops of the same names.  Digamma: reflection, recurrence up to 10, then the
 *           asymptotic series (Abramowitz and Stegun 6.3.7, 6.3.5, 6.3.18).  The inverses: an
 *           approximation of the tails, improved by Newton's method
 */
#include <math.h>

#include "ops/elementwise.h"

static const double pi = 3.14159265358979323846;

static double digamma(double x)
{
    double shift = 0;

    if (x <= 0) {
        if (x == floor(x))
            return (double)INFINITY; /* at the poles, as TensorFlow has it */
        shift = -pi / tan(pi * (x - nearbyint(x)));
        x = 1 - x;
    }
    for (; x < 10; x++)
        shift -= 1 / x;
    const double r = 1 / (x * x);
    const double series =
        r * (1.0 / 12 -
             r * (1.0 / 120 -
                  r * (1.0 / 252 - r * (1.0 / 240 - r * (1.0 / 132 - r * (691.0 / 32760))))));
    return shift + log(x) - 0.5 / x - series;
}

/* The quantile of the normal distribution for p in 0 .. 1/2: x <= 0, erfc(-x / sqrt 2) / 2 = p. */
static double lower_quantile(double p)
{
    const double tail = sqrt(-2 * log(p));
    double x = (2.515517 + tail * (0.802853 + tail * 0.010328)) /
                   (1 + tail * (1.432788 + tail * (0.189269 + tail * 0.001308))) -
               tail; /* Abramowitz and Stegun 26.2.23, good to 4.5e-4 */

    for (int i = 0; i < 4; i++) { /* Halley's step: the error is cubed each time */
        const double error = 0.5 * erfc(-x / sqrt(2.0)) - p;
        const double step = error * sqrt(2 * pi) * exp(x * x / 2);
        x -= step / (1 + x * step / 2);
    }
    return x;
}

static double ndtri(double p)
{
    if (p == 0 || p == 1)
        return p == 0 ? -(double)INFINITY : (double)INFINITY;
    if (!(p > 0 && p < 1))
        return (double)NAN;
    return p < 0.5 ? lower_quantile(p) : -lower_quantile(1 - p);
}

/* Near 0 the quantile would lose digits to 1/2 - p; Newton's method on erf does not. */
static double erfinv(double x)
{
    if (fabs(x) > 0.5 || isnan(x))
        return (x < 0 ? 1 : -1) * ndtri((1 - fabs(x)) / 2) / sqrt(2.0);
    double y = x * sqrt(pi) / 2;
    for (int i = 0; i < 6; i++)
        y -= (erf(y) - x) * sqrt(pi) / 2 * exp(y * y);
    return y;
}

IOPT_UNARY_OP(digamma, "Digamma", IOPT_FLOAT_TYPES, "the derivative of lgamma", digamma, NULL);
IOPT_UNARY_OP(ndtri, "Ndtri", IOPT_FLOAT_TYPES, "the quantile of the normal distribution", ndtri,
              NULL);
IOPT_UNARY_OP(erfinv, "Erfinv", IOPT_FLOAT_TYPES, "the inverse of erf", erfinv, NULL);
