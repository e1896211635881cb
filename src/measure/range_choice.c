/* Methods of choosing a range. */
#include "measure/range_choice.h"

#include <math.h>
#include <string.h>

#include "base/compiler.h"
#include "measure/range_entropy.h"
#include "measure/range_error.h"

static const char *const names[IOPT_RANGE_METHODS] = {
    [IOPT_RANGE_AUTO] = "auto",
    [IOPT_RANGE_MINMAX] = "minmax",
    [IOPT_RANGE_PERCENTILE] = "percentile",
    [IOPT_RANGE_ENTROPY] = "entropy",
    [IOPT_RANGE_MSE] = "mse",
};

/* Bounds that a method looks for; zero is among them. */
typedef struct Bounds {
    double low, high;
} Bounds;

const char *iopt_range_method_name(IoptRangeMethod method)
{
    return names[method];
}

bool iopt_range_method_from_name(const char *name, IoptRangeMethod *out)
{
    for (int i = 0; i < IOPT_RANGE_METHODS; i++)
        if (strcmp(name, names[i]) == 0) {
            *out = (IoptRangeMethod)i;
            return true;
        }
    return false;
}

static Bounds whole(const IoptHistogram *histogram)
{
    return (Bounds){ fmin((double)histogram->min, 0), fmax((double)histogram->max, 0) };
}

/* --- percentile ------------------------------------------------------------------------------- */

/* How far from zero, on one side, are all values but the `cut` outermost ones? */
static double inner(const IoptHistogram *histogram, double cut, bool is_positive)
{
    const double extreme = is_positive ? (double)histogram->max : -(double)histogram->min;

    for (size_t m = IOPT_HISTOGRAM_HALF; m-- > 0;) {
        const size_t i = is_positive ? IOPT_HISTOGRAM_HALF + m : IOPT_HISTOGRAM_HALF - 1 - m;
        const double count = (double)iopt_histogram_nonzero(histogram, i);
        if (count <= cut) {
            cut -= count;
            continue;
        }
        const double low = (double)m * iopt_histogram_width(histogram);
        const double high = fmin(low + iopt_histogram_width(histogram), extreme);
        return high - (high - low) * cut / count;
    }
    return 0;
}

static Bounds percentile_bounds(const IoptHistogram *histogram, double percentile)
{
    const double cut = (double)(histogram->count - histogram->zeros) * (100 - percentile) / 100;

    return (Bounds){ -inner(histogram, cut, false), inner(histogram, cut, true) };
}

/* --- mean squared error ----------------------------------------------------------------------- */

static double squares(const IoptHistogram *histogram, Bounds bounds, int bits)
{
    const IoptQuantRange range = iopt_quant_range((float)bounds.low, (float)bounds.high, bits);
    return iopt_range_error(histogram, &range, 2);
}

/* A search that keeps the best. */
typedef struct Search {
    const IoptHistogram *histogram;
    int bits;
    Bounds best, all;
    double error;
} Search;

static void try_bounds(Search *search, double low, double high)
{
    const Bounds bounds = { fmax(low, search->all.low), fmin(high, search->all.high) };
    const double error = squares(search->histogram, bounds, search->bits);

    if (error < search->error) {
        search->error = error;
        search->best = bounds;
    }
}

/* Both bounds by one factor, one that tries 2^-5 .. 1; then by finer and finer ones. */
static void scale_both(Search *search)
{
    const Bounds all = search->all;

    for (int i = 1; i <= 40; i++)
        try_bounds(search, all.low * exp2(-i / 8.0), all.high * exp2(-i / 8.0));
    for (double step = 1.0 / 16; step >= 1.0 / 128; step /= 2) {
        const Bounds at = search->best;
        try_bounds(search, at.low * exp2(step), at.high * exp2(step));
        try_bounds(search, at.low * exp2(-step), at.high * exp2(-step));
    }
}

/* Each bound alone, by 2^-2 .. 2^2, then finer. */
static void scale_one(Search *search, double on_low, double on_high)
{
    const Bounds from = search->best;

    for (int i = -8; i <= 8; i++)
        try_bounds(search, from.low * exp2(on_low * i / 4.0), from.high * exp2(on_high * i / 4.0));
    for (double step = 1.0 / 8; step >= 1.0 / 64; step /= 2) {
        const Bounds at = search->best;
        try_bounds(search, at.low * exp2(on_low * step), at.high * exp2(on_high * step));
        try_bounds(search, at.low * exp2(-on_low * step), at.high * exp2(-on_high * step));
    }
}

static Bounds mse_bounds(const IoptHistogram *histogram, int bits)
{
    const Bounds all = whole(histogram);
    Search search = { histogram, bits, all, all, squares(histogram, all, bits) };

    scale_both(&search);
    if (all.low < 0 && all.high > 0) {
        scale_one(&search, 1, 0);
        scale_one(&search, 0, 1);
    }
    return search.best;
}

/* --- choosing --------------------------------------------------------------------------------- */

static Bounds bounds_of(const IoptHistogram *histogram, IoptRangeMethod method, double percentile,
                        int bits)
{
    Bounds bounds = whole(histogram);

    switch (method) {
    case IOPT_RANGE_PERCENTILE: return percentile_bounds(histogram, percentile);
    case IOPT_RANGE_MSE: return mse_bounds(histogram, bits);
    case IOPT_RANGE_ENTROPY:
        iopt_range_entropy(histogram, bits, &bounds.low, &bounds.high);
        return bounds;
    default: return bounds;
    }
}

static IoptRangeChoice choose_by(const IoptHistogram *histogram, IoptRangeMethod method,
                                 double percentile, int bits)
{
    const Bounds bounds = bounds_of(histogram, method, percentile, bits);

    return (IoptRangeChoice){ .range =
                                  iopt_quant_range((float)bounds.low, (float)bounds.high, bits),
                              .method = method,
                              .percentile = method == IOPT_RANGE_PERCENTILE ? percentile : 0 };
}

static IoptRangeChoice choose_best(const IoptHistogram *histogram, int bits)
{
    static const struct {
        IoptRangeMethod method;
        double percentile;
    } tried[] = {
        { IOPT_RANGE_PERCENTILE, 99.9999 }, { IOPT_RANGE_PERCENTILE, 99.999 },
        { IOPT_RANGE_PERCENTILE, 99.99 },   { IOPT_RANGE_PERCENTILE, 99.9 },
        { IOPT_RANGE_ENTROPY, 0 },          { IOPT_RANGE_MSE, 0 },
    };
    const double power = 2.4;
    IoptRangeChoice best = choose_by(histogram, IOPT_RANGE_MINMAX, 0, bits);
    double least = iopt_range_error(histogram, &best.range, power);

    for (size_t i = 0; i < IOPT_COUNT(tried); i++) {
        const IoptRangeChoice choice =
            choose_by(histogram, tried[i].method, tried[i].percentile, bits);
        const double error = iopt_range_error(histogram, &choice.range, power);
        if (error < least) {
            least = error;
            best = choice;
        }
    }
    return best;
}

void iopt_range_judge(const IoptHistogram *histogram, IoptRangeChoice *choice)
{
    const double count = histogram->count ? (double)histogram->count : 1;
    const double error = iopt_range_error(histogram, &choice->range, 2);

    choice->mse = error / count;
    choice->cut = iopt_range_cut(histogram, &choice->range) / count;
    choice->sqnr_db =
        error > 0 ? 10 * log10(iopt_histogram_energy(histogram) / error) : (double)INFINITY;
}

IoptStatus iopt_range_choose(const IoptHistogram *histogram, IoptRangeMethod method,
                             double percentile, int bits, IoptRangeChoice *out, IoptError *err)
{
    if (bits < 2 || bits > 16)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "a range of %d bits: want 2 .. 16", bits);
    if (method == IOPT_RANGE_PERCENTILE && !(percentile > 50 && percentile <= 100))
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "percentile %g: want more than 50, at most 100", percentile);
    const bool is_flat = histogram->min == histogram->max || histogram->count == histogram->zeros;
    if (is_flat) /* one value: nothing to weigh */
        *out = choose_by(histogram, IOPT_RANGE_MINMAX, 0, bits);
    else
        *out = method == IOPT_RANGE_AUTO ? choose_best(histogram, bits)
                                         : choose_by(histogram, method, percentile, bits);
    iopt_range_judge(histogram, out);
    return IOPT_OK;
}
