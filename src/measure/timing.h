/* Times: collecting them, and what they tell. */
#ifndef IOPT_MEASURE_TIMING_H
#define IOPT_MEASURE_TIMING_H

#include "base/status.h"
#include "measure/accuracy.h"

/* Milliseconds, in the order in which they were taken; { 0 } is empty. */
typedef struct IoptSamples {
    double *ms;
    size_t count, capacity;
} IoptSamples;

IOPT_MUST_USE IoptStatus iopt_samples_add(IoptSamples *samples, double ms, IoptError *err);
void iopt_samples_free(IoptSamples *samples);

typedef struct IoptSpread {
    size_t count;
    double min, p50, p90, p99, max, mean, std; /* all NaN without samples; std of one is 0 */
} IoptSpread;

IOPT_MUST_USE IoptStatus iopt_samples_spread(const IoptSamples *samples, IoptSpread *out,
                                             IoptError *err);

/* The value that a share q of `count` sorted values lies below: linear between the two nearest, at
 * position q * (count - 1), as numpy.percentile does by default. */
double iopt_quantile(const double *sorted, size_t count, double q);

/* How many times faster `after` is: the median of the quotients before[i] / after[i] of samples
 * that were taken in turn, and an interval that holds the true median with 95 % confidence or more.
 *   source  order statistics: with n independent samples the median lies between the k-th smallest
 *           and the k-th greatest one but for 2 P(Binomial(n, 1/2) < k); the largest k that keeps
 *           this at 5 %.  Below 6 samples no k does; then it is the whole range.
 * NaN without samples. */
typedef struct IoptSpeedup {
    double median;
    IoptInterval ci95;
    size_t count;
} IoptSpeedup;

IOPT_MUST_USE IoptStatus iopt_samples_speedup(const IoptSamples *before, const IoptSamples *after,
                                              IoptSpeedup *out, IoptError *err);

#endif
