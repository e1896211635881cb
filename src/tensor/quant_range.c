/* Ranges of quantized values. */
#include "tensor/quant_range.h"

#include <assert.h>
#include <float.h>
#include <math.h>

bool iopt_quant_range_read(float min, float max, int bits, IoptQuantRange *out)
{
    const float top = (float)((1 << bits) - 1);
    const float scale = (max - min) / top;

    if (!(scale >= FLT_MIN) || isinf(scale))
        return false;
    const float zero = roundf(-min / scale);
    const float code = zero < 0 ? 0 : zero > top ? top : zero;
    *out = (IoptQuantRange){
        .min = (0 - code) * scale, .max = (top - code) * scale, .scale = scale, .zero_point = code
    };
    return true;
}

/* Up to a number of `digits` binary digits. */
static double round_up(double value, int digits)
{
    int exponent;
    const double fraction = frexp(value, &exponent);

    return ldexp(ceil(ldexp(fraction, digits)), exponent - digits);
}

IoptQuantRange iopt_quant_range(float min, float max, int bits)
{
    const double most = (double)FLT_MAX / 4, least = 0x1p-100;
    const double low = min < 0 ? fmax((double)min, -most) : 0;
    const double high = max > 0 ? fmin((double)max, most) : 0;
    const double span = high - low >= least ? high - low : 1;
    const double top = (double)((1 << bits) - 1);
    const double scale = round_up(span / top, 24 - bits);
    const double zero = high - low >= least ? fmin(round(-low / scale), top) : 0;
    IoptQuantRange range = { 0 };

    const bool is_read =
        iopt_quant_range_read((float)(-zero * scale), (float)((top - zero) * scale), bits, &range);
    assert(is_read);
    (void)is_read;
    return range;
}
