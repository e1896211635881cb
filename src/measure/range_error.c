/* Errors of quantization over a histogram.
 *
 * Rounding to multiples of s leaves the error r(t) = t - s * round(t / s), and a value beyond the
 * range its distance from the border.  With G the integral of |error|^p from 0, the mean of a bin
 * [a, b) is (G(b) - G(a)) / (b - a), whatever the size of the bin against the step:
 *
 *     inside   G(t) = k * 2 (s/2)^(p+1) / (p+1) + sign(r) |r|^(p+1) / (p+1),  k = round(t / s)
 *     beyond   G(t) = G(border) + sign(t - border) |t - border|^(p+1) / (p+1)
 */
#include "measure/range_error.h"

#include <math.h>
#include <stdbool.h>

typedef struct Rule {
    double low, high, step, inverse;
    double power;  /* p + 1 */
    double period; /* what a whole step adds */
    double at_low, at_high;
} Rule;

static double raise(double magnitude, double power)
{
    return power == 3 ? magnitude * magnitude * magnitude : pow(magnitude, power);
}

/* sign(t) |t|^(p+1) / (p+1) */
static double antiderivative(const Rule *rule, double t)
{
    const double value = raise(fabs(t), rule->power) / rule->power;
    return t < 0 ? -value : value;
}

static double inside(const Rule *rule, double t)
{
    const double at = t * rule->inverse;
    const double k = (double)(int64_t)(at < 0 ? at - 0.5 : at + 0.5);

    return k * rule->period + antiderivative(rule, t - k * rule->step);
}

static double integral(const Rule *rule, double t)
{
    if (t < rule->low)
        return rule->at_low + antiderivative(rule, t - rule->low);
    if (t > rule->high)
        return rule->at_high + antiderivative(rule, t - rule->high);
    return inside(rule, t);
}

static Rule make_rule(const IoptQuantRange *range, double power)
{
    Rule rule = { .low = (double)range->min,
                  .high = (double)range->max,
                  .step = (double)range->scale,
                  .inverse = 1 / (double)range->scale,
                  .power = power + 1 };

    rule.period = 2 * raise(rule.step / 2, rule.power) / rule.power;
    rule.at_low = inside(&rule, rule.low);
    rule.at_high = inside(&rule, rule.high);
    return rule;
}

/* The bins that hold anything: first and one past the last. */
static void used_bins(const IoptHistogram *histogram, size_t *begin, size_t *end)
{
    *begin = 0;
    *end = IOPT_HISTOGRAM_BINS;
    while (*begin < *end && iopt_histogram_nonzero(histogram, *begin) == 0)
        ++*begin;
    while (*end > *begin && iopt_histogram_nonzero(histogram, *end - 1) == 0)
        --*end;
}

/* A bin's borders, moved inwards to the smallest and largest value; false if it is a point. */
static bool borders(const IoptHistogram *histogram, double width, size_t i, double *low,
                    double *high)
{
    const double from = iopt_histogram_edge(i, width), to = iopt_histogram_edge(i + 1, width);
    const double min = (double)histogram->min, max = (double)histogram->max;

    *low = from < min ? min : from;
    *high = to > max ? max : to;
    return *high > *low;
}

double iopt_range_error(const IoptHistogram *histogram, const IoptQuantRange *range, double power)
{
    const Rule rule = make_rule(range, power);
    const double width = iopt_histogram_width(histogram);
    size_t begin, end;
    double sum = 0, low, high;

    used_bins(histogram, &begin, &end);
    for (size_t i = begin; i < end; i++) {
        const uint64_t count = iopt_histogram_nonzero(histogram, i);
        if (count == 0)
            continue;
        if (borders(histogram, width, i, &low, &high)) {
            sum += (double)count * (integral(&rule, high) - integral(&rule, low)) / (high - low);
            continue;
        }
        const double code = fmin(fmax(low, rule.low), rule.high) * rule.inverse;
        sum += (double)count * pow(fabs(round(code) * rule.step - low), power);
    }
    return sum;
}

double iopt_range_cut(const IoptHistogram *histogram, const IoptQuantRange *range)
{
    const double least = (double)range->min - (double)range->scale / 2;
    const double most = (double)range->max + (double)range->scale / 2;
    const double width = iopt_histogram_width(histogram);
    size_t begin, end;
    double sum = 0, low, high;

    used_bins(histogram, &begin, &end);
    for (size_t i = begin; i < end; i++) {
        const double count = (double)iopt_histogram_nonzero(histogram, i);
        if (!borders(histogram, width, i, &low, &high))
            sum += low < least || low > most ? count : 0;
        else if (low < least || high > most)
            sum += count * fmin(1, (fmax(0, least - low) + fmax(0, high - most)) / (high - low));
    }
    return sum;
}

double iopt_histogram_energy(const IoptHistogram *histogram)
{
    const double width = iopt_histogram_width(histogram);
    size_t begin, end;
    double sum = 0, low, high;

    used_bins(histogram, &begin, &end);
    for (size_t i = begin; i < end; i++) {
        const uint64_t count = iopt_histogram_nonzero(histogram, i);
        if (count == 0)
            continue;
        (void)borders(histogram, width, i, &low, &high);
        sum += (double)count * (low * low + low * high + high * high) / 3;
    }
    return sum;
}
