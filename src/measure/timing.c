/* Sorting times. */
#include "measure/timing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

IoptStatus iopt_samples_add(IoptSamples *samples, double ms, IoptError *err)
{
    void *items = samples->ms;
    const IoptStatus status =
        iopt_grow(&items, &samples->capacity, samples->count + 1, sizeof(double), err);

    samples->ms = items;
    if (status == IOPT_OK)
        samples->ms[samples->count++] = ms;
    return status;
}

void iopt_samples_free(IoptSamples *samples)
{
    free(samples->ms);
    *samples = (IoptSamples){ 0 };
}

double iopt_quantile(const double *sorted, size_t count, double q)
{
    if (count == 0)
        return (double)NAN;
    const double at = q * (double)(count - 1);
    const size_t low = (size_t)at, high = low + 1 < count ? low + 1 : low;
    return sorted[low] + (sorted[high] - sorted[low]) * (at - (double)low);
}

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void describe(const double *sorted, size_t count, IoptSpread *out)
{
    double sum = 0, squares = 0;

    for (size_t i = 0; i < count; i++)
        sum += sorted[i];
    out->mean = sum / (double)count;
    for (size_t i = 0; i < count; i++)
        squares += (sorted[i] - out->mean) * (sorted[i] - out->mean);
    out->std = count > 1 ? sqrt(squares / (double)(count - 1)) : 0;
    out->min = sorted[0];
    out->max = sorted[count - 1];
    out->p50 = iopt_quantile(sorted, count, 0.50);
    out->p90 = iopt_quantile(sorted, count, 0.90);
    out->p99 = iopt_quantile(sorted, count, 0.99);
}

IoptStatus iopt_samples_spread(const IoptSamples *samples, IoptSpread *out, IoptError *err)
{
    const double nan = (double)NAN;
    void *block;

    *out = (IoptSpread){ samples->count, nan, nan, nan, nan, nan, nan, nan };
    if (samples->count == 0)
        return IOPT_OK;
    IOPT_TRY(iopt_alloc(&block, samples->count, sizeof(double), err));
    double *const sorted = block;
    memcpy(sorted, samples->ms, samples->count * sizeof(double));
    qsort(sorted, samples->count, sizeof(double), compare_doubles);
    describe(sorted, samples->count, out);
    free(sorted);
    return IOPT_OK;
}

/* The largest k with 2 P(Binomial(n, 1/2) < k) <= 5 %; at least 1. */
static size_t median_rank(size_t n)
{
    /* logarithms, since 2^-n underflows */
    double log_term = -(double)n * log(2.0), below = exp(log_term);
    size_t k = 1;

    for (; k < n; k++) {
        log_term += log((double)(n - k + 1) / (double)k);
        below += exp(log_term); /* P(Binomial <= k) = P(Binomial < k + 1) */
        if (2 * below > 0.05)
            break;
    }
    return k;
}

IoptStatus iopt_samples_speedup(const IoptSamples *before, const IoptSamples *after,
                                IoptSpeedup *out, IoptError *err)
{
    const size_t n = before->count < after->count ? before->count : after->count;
    void *block;

    *out = (IoptSpeedup){ (double)NAN, { (double)NAN, (double)NAN }, n };
    if (n == 0)
        return IOPT_OK;
    IOPT_TRY(iopt_alloc(&block, n, sizeof(double), err));
    double *const quotients = block;
    for (size_t i = 0; i < n; i++)
        quotients[i] = before->ms[i] / after->ms[i];
    qsort(quotients, n, sizeof(double), compare_doubles);
    const size_t k = median_rank(n);
    out->median = iopt_quantile(quotients, n, 0.5);
    out->ci95 = (IoptInterval){ quotients[k - 1], quotients[n - k] };
    free(quotients);
    return IOPT_OK;
}
