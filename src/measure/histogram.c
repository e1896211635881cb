/* Adaptive histograms. */
#include "measure/histogram.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"

enum { HALF = IOPT_HISTOGRAM_HALF, HALF_LOG2 = 13, BLOCK = 2048, LANES = 8, LEAST_EXPONENT = -120 };

_Static_assert(HALF == 1 << HALF_LOG2, "the width follows from the largest value's exponent");

IoptStatus iopt_histogram_init(IoptHistogram *histogram, IoptError *err)
{
    void *block;

    *histogram = (IoptHistogram){ .exponent = LEAST_EXPONENT };
    IOPT_TRY(iopt_alloc(&block, IOPT_HISTOGRAM_BINS, sizeof *histogram->bins, err));
    histogram->bins = block;
    return IOPT_OK;
}

void iopt_histogram_free(IoptHistogram *histogram)
{
    free(histogram->bins);
    *histogram = (IoptHistogram){ 0 };
}

double iopt_histogram_width(const IoptHistogram *histogram)
{
    return ldexp(1, histogram->exponent);
}

/* Makes bins 2^(exponent - its own) times as wide.  From the middle outwards: what is written was
 * read before. */
static void widen(IoptHistogram *histogram, int exponent)
{
    const int shift = exponent - histogram->exponent;
    uint64_t *const bins = histogram->bins;

    if (shift <= 0)
        return;
    for (size_t i = 0; i < HALF; i++) {
        const size_t to = shift < HALF_LOG2 ? i >> shift : 0;
        const uint64_t above = bins[HALF + i], below = bins[HALF - 1 - i];
        bins[HALF + i] = bins[HALF - 1 - i] = 0;
        bins[HALF + to] += above;
        bins[HALF - 1 - to] += below;
    }
    histogram->exponent = exponent;
}

/* Takes the bounds in, and widens the bins to hold them. */
static void reach(IoptHistogram *histogram, float min, float max)
{
    int exponent;

    histogram->min = histogram->count == 0 || min < histogram->min ? min : histogram->min;
    histogram->max = histogram->count == 0 || max > histogram->max ? max : histogram->max;
    (void)frexp(fmax(-(double)min, (double)max), &exponent); /* magnitude < 2^exponent */
    widen(histogram, exponent - HALF_LOG2);
}

/* Bounds of a block; false if it holds anything that is not finite. */
static bool find_bounds(const float *values, size_t count, float *min, float *max)
{
    float low[LANES], high[LANES], other[LANES];
    size_t i = 0;

    for (size_t k = 0; k < LANES; k++) {
        low[k] = high[k] = values[0];
        other[k] = 0;
    }
    for (; count - i >= LANES; i += LANES)
        for (size_t k = 0; k < LANES; k++) {
            const float x = values[i + k];
            low[k] = x < low[k] ? x : low[k];
            high[k] = x > high[k] ? x : high[k];
            other[k] += x - x; /* NaN for NaN and infinity, and stays so */
        }
    for (; i < count; i++) {
        const float x = values[i];
        low[0] = x < low[0] ? x : low[0];
        high[0] = x > high[0] ? x : high[0];
        other[0] += x - x;
    }
    for (size_t k = 1; k < LANES; k++) {
        low[0] = low[k] < low[0] ? low[k] : low[0];
        high[0] = high[k] > high[0] ? high[k] : high[0];
        other[0] += other[k];
    }
    *min = low[0];
    *max = high[0];
    return other[0] == 0;
}

/* At most BLOCK finite values. */
static void add_finite(IoptHistogram *histogram, const float *values, size_t count, float min,
                       float max)
{
    int32_t places[BLOCK], zeros = 0;

    reach(histogram, min, max);
    const float inverse = ldexpf(1, -histogram->exponent);
    for (size_t i = 0; i < count; i++) {
        places[i] = HALF + (int32_t)(values[i] * inverse) - (values[i] < 0 ? 1 : 0);
        zeros += values[i] == 0 ? 1 : 0;
    }
    for (size_t i = 0; i < count; i++)
        histogram->bins[places[i]]++;
    histogram->zeros += (uint64_t)zeros;
    histogram->count += count;
}

/* The same for values among which some are not finite. */
static void add_mixed(IoptHistogram *histogram, const float *values, size_t count)
{
    float finite[BLOCK], min, max;
    size_t n = 0;

    for (size_t i = 0; i < count; i++) {
        histogram->nans += isnan(values[i]) ? 1 : 0;
        histogram->infinities += isinf(values[i]) ? 1 : 0;
        if (isfinite(values[i]))
            finite[n++] = values[i];
    }
    if (n && find_bounds(finite, n, &min, &max))
        add_finite(histogram, finite, n, min, max);
}

void iopt_histogram_add(IoptHistogram *histogram, const float *values, size_t count)
{
    for (size_t done = 0; done < count; done += BLOCK) {
        const size_t n = count - done < BLOCK ? count - done : BLOCK;
        float min, max;
        if (find_bounds(values + done, n, &min, &max))
            add_finite(histogram, values + done, n, min, max);
        else
            add_mixed(histogram, values + done, n);
    }
}

void iopt_histogram_merge(IoptHistogram *histogram, const IoptHistogram *other)
{
    histogram->nans += other->nans;
    histogram->infinities += other->infinities;
    if (other->count == 0)
        return;
    reach(histogram, other->min, other->max);
    widen(histogram, other->exponent);
    const int shift = histogram->exponent - other->exponent;
    for (size_t i = 0; i < HALF; i++) {
        const size_t to = shift < HALF_LOG2 ? i >> shift : 0;
        histogram->bins[HALF + to] += other->bins[HALF + i];
        histogram->bins[HALF - 1 - to] += other->bins[HALF - 1 - i];
    }
    histogram->zeros += other->zeros;
    histogram->count += other->count;
}
