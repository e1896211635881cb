/* Times: percentiles, spreads and speedups of numbers that are known beforehand. */
#include "measure/timing.h"

#include <math.h>

#include "t.h"

static void fill(Test *t, IoptSamples *samples, const double *ms, size_t count)
{
    for (size_t i = 0; i < count; i++)
        T_OK(t, iopt_samples_add(samples, ms[i], &t->err));
}

static void quantiles_lie_between_the_nearest(Test *t)
{
    const double sorted[] = { 10, 20, 30, 40 };

    T_NEAR(t, iopt_quantile(sorted, 4, 0), 10, 0);
    T_NEAR(t, iopt_quantile(sorted, 4, 0.5), 25, 0);
    T_NEAR(t, iopt_quantile(sorted, 4, 0.9), 37, 1e-12); /* position 2.7 */
    T_NEAR(t, iopt_quantile(sorted, 4, 1), 40, 0);
    T_NEAR(t, iopt_quantile(sorted, 1, 0.99), 10, 0);
    T_CHECK(t, isnan(iopt_quantile(sorted, 0, 0.5)));
}

static void a_spread_of_unsorted_samples(Test *t)
{
    static const double ms[] = { 4, 9, 2, 5, 4, 7, 5, 4 };
    IoptSamples samples = { 0 };
    IoptSpread spread;

    T_OK(t, iopt_samples_spread(&samples, &spread, &t->err));
    T_CHECK(t, spread.count == 0 && isnan(spread.p50) && isnan(spread.std));
    fill(t, &samples, ms, IOPT_COUNT(ms));
    T_OK(t, iopt_samples_spread(&samples, &spread, &t->err));
    T_NEAR(t, spread.min, 2, 0);
    T_NEAR(t, spread.max, 9, 0);
    T_NEAR(t, spread.mean, 5, 0);
    T_NEAR(t, spread.p50, 4.5, 0);
    T_NEAR(t, spread.std, sqrt(32.0 / 7), 1e-15);
    T_NEAR(t, samples.ms[1], 9, 0); /* they stay in their order */
    iopt_samples_free(&samples);
}

/* The ranks of the median's interval: 1st and 6th of 6, 2nd and 9th of 10, 40th and 61st of 100
 * (tables of the sign test). */
static void speedups_are_medians_of_pairs(Test *t)
{
    static const struct {
        size_t count, low, high;
    } cases[] = { { 1, 1, 1 }, { 5, 1, 5 }, { 6, 1, 6 }, { 10, 2, 9 }, { 100, 40, 61 } };

    for (size_t k = 0; k < IOPT_COUNT(cases); k++) {
        IoptSamples before = { 0 }, after = { 0 };
        IoptSpeedup speedup;
        for (size_t i = cases[k].count; i > 0; i--) { /* quotients 1, 2, ..., backwards */
            T_OK(t, iopt_samples_add(&before, 3.0 * (double)i, &t->err));
            T_OK(t, iopt_samples_add(&after, 3, &t->err));
        }
        T_OK(t, iopt_samples_speedup(&before, &after, &speedup, &t->err));
        T_SAME_INT(t, speedup.count, cases[k].count);
        T_NEAR(t, speedup.median, ((double)cases[k].count + 1) / 2, 0);
        T_NEAR(t, speedup.ci95.low, cases[k].low, 0);
        T_NEAR(t, speedup.ci95.high, cases[k].high, 0);
        iopt_samples_free(&before);
        iopt_samples_free(&after);
    }
}

static void no_samples_no_speedup(Test *t)
{
    const IoptSamples none = { 0 };
    IoptSpeedup speedup;

    T_OK(t, iopt_samples_speedup(&none, &none, &speedup, &t->err));
    T_CHECK(t, isnan(speedup.median) && isnan(speedup.ci95.low));
}

const TestCase tests_timing[] = {
    TEST(quantiles_lie_between_the_nearest),
    TEST(a_spread_of_unsorted_samples),
    TEST(speedups_are_medians_of_pairs),
    TEST(no_samples_no_speedup),
    { 0 },
};
