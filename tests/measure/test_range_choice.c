/* Each method of choosing a range against what paper and pencil say of known distributions. */
#include "measure/range_choice.h"

#include <math.h>
#include <stdlib.h>

#include "measure/range_error.h"
#include "t.h"

enum { COUNT = 200000 };

static IoptHistogram make(Test *t)
{
    IoptHistogram histogram;

    T_OK(t, iopt_histogram_init(&histogram, &t->err));
    return histogram;
}

/* A distribution by its inverse cumulative function, at the middles of COUNT equal shares. */
static IoptHistogram from_quantiles(Test *t, double quantile(double share))
{
    IoptHistogram histogram = make(t);

    for (size_t i = 0; i < COUNT; i++) {
        const float value = (float)quantile(((double)i + 0.5) / COUNT);
        iopt_histogram_add(&histogram, &value, 1);
    }
    return histogram;
}

static double uniform(double share)
{
    return share;
}

static double laplace(double share) /* density exp(-|x|) / 2 */
{
    return share < 0.5 ? log(2 * share) : -log(2 * (1 - share));
}

/* Of the normal distribution, by bisection of erf. */
static double gauss(double share)
{
    double low = -8, high = 8;

    for (int i = 0; i < 40; i++) {
        const double middle = (low + high) / 2;
        *(erf(middle / sqrt(2)) / 2 + 0.5 < share ? &low : &high) = middle;
    }
    return (low + high) / 2;
}

static IoptRangeChoice choose(Test *t, const IoptHistogram *histogram, IoptRangeMethod method,
                              double percentile, int bits)
{
    IoptRangeChoice choice;

    T_OK(t, iopt_range_choose(histogram, method, percentile, bits, &choice, &t->err));
    T_CHECK(t, choice.range.min <= 0 && choice.range.max >= 0);
    T_CHECK(t, choice.method != IOPT_RANGE_AUTO);
    return choice;
}

static void evenly_spread_values_want_all_of_their_range(Test *t)
{
    IoptHistogram histogram = from_quantiles(t, uniform);

    for (int method = 0; method < IOPT_RANGE_METHODS; method++) {
        if (method == IOPT_RANGE_PERCENTILE)
            continue;
        const IoptRangeChoice choice = choose(t, &histogram, (IoptRangeMethod)method, 0, 8);
        T_NEAR(t, choice.range.max, 1, 4e-3);
        T_NEAR(t, choice.range.min, 0, 0);
        T_NEAR(t, choice.sqnr_db, 10 * log10(4 * 255.0 * 255.0), 0.1); /* 1/3 over step^2 / 12 */
        T_NEAR(t, choice.cut, 0, 4e-3);
    }
    const IoptRangeChoice cut = choose(t, &histogram, IOPT_RANGE_PERCENTILE, 90, 8);
    T_NEAR(t, cut.range.max, 0.9, 1e-4);
    T_NEAR(t, cut.cut, 0.1 - 0.9 / 510, 1e-3);
    /* what is cut off errs by (x - 0.9)^2 on 0.1 of all */
    T_NEAR(t, cut.mse, 0.9 * pow(0.9 / 255, 2) / 12 + pow(0.1, 3) / 3, 1e-6);
    iopt_histogram_free(&histogram);
}

/* Quantizing the Laplace distribution within -a .. a in n steps costs about
 * 2 exp(-a) + a^2 / (3 n^2): rounding, and 2 * the integral of (x - a)^2 exp(-x) / 2 beyond a. */
static void laplace_is_cut_where_the_derivative_vanishes(Test *t)
{
    IoptHistogram histogram = from_quantiles(t, laplace);

    for (int bits = 3; bits <= 6; bits++) {
        const double steps = ldexp(1, bits) - 1;
        double low = 1, high = 20; /* of exp(-a) = a / (3 n^2) */
        for (int i = 0; i < 60; i++) {
            const double a = (low + high) / 2;
            *(exp(-a) > a / (3 * steps * steps) ? &low : &high) = a;
        }
        const IoptRangeChoice choice = choose(t, &histogram, IOPT_RANGE_MSE, 0, bits);
        const double width = (double)choice.range.max - (double)choice.range.min;
        const double least = 2 * exp(-low) + low * low / (3 * steps * steps);
        T_NEAR(t, width, 2 * low, 0.15 * low); /* zero is a step, so the two ends differ */
        T_NEAR(t, choice.mse, least, 0.08 * least);
    }
    iopt_histogram_free(&histogram);
}

/* Best cuts of a uniform quantizer for the normal distribution: J. Max, "Quantizing for minimum
 * distortion", 1960: 16 steps 0.3352 apart, mean squared error 0.01154. */
static void a_gaussian_is_quantized_as_well_as_max_found(Test *t)
{
    IoptHistogram histogram = from_quantiles(t, gauss);
    const IoptRangeChoice choice = choose(t, &histogram, IOPT_RANGE_MSE, 0, 4);

    T_NEAR(t, choice.range.scale, 0.3352, 0.012);
    T_NEAR(t, choice.mse, 0.01154, 0.0006);
    T_NEAR(t, choose(t, &histogram, IOPT_RANGE_PERCENTILE, 99, 8).range.max, 2.326, 0.02);
    iopt_histogram_free(&histogram);
}

/* A million values in 0 .. 1 and one at 20. */
static void an_outlier_is_weighed_as_each_method_says(Test *t)
{
    IoptHistogram histogram = make(t);
    const float outlier = 20;

    for (int i = 0; i < 1000000; i++) {
        const float value = ((float)i + 0.5f) / 1e6f;
        iopt_histogram_add(&histogram, &value, 1);
    }
    iopt_histogram_add(&histogram, &outlier, 1);
    T_NEAR(t, choose(t, &histogram, IOPT_RANGE_MINMAX, 0, 8).range.max, 20, 1e-3);
    T_NEAR(t, choose(t, &histogram, IOPT_RANGE_PERCENTILE, 99.999, 8).range.max, 1, 5e-3);
    T_NEAR(t, choose(t, &histogram, IOPT_RANGE_ENTROPY, 0, 8).range.max, 1, 0.1);
    /* the least n (a / 255)^2 / 12 + (20 - a)^2, which is flat there */
    const double best = 20 / (1 + 1e6 / (12 * 255.0 * 255.0));
    T_NEAR(t, choose(t, &histogram, IOPT_RANGE_MSE, 0, 8).range.max, best, 0.06 * best);
    /* the outlier counts more than its square says */
    T_CHECK(t, choose(t, &histogram, IOPT_RANGE_AUTO, 0, 8).range.max > 10);
    iopt_histogram_free(&histogram);
}

static void a_constant_is_met_exactly(Test *t)
{
    for (int method = 0; method < IOPT_RANGE_METHODS; method++) {
        static const float constants[] = { 3, -0.7f, 1e-8f };
        for (size_t i = 0; i < 3; i++) {
            IoptHistogram histogram = make(t);
            iopt_histogram_add(&histogram, &constants[i], 1);
            iopt_histogram_add(&histogram, &constants[i], 1);
            const IoptRangeChoice choice = choose(t, &histogram, (IoptRangeMethod)method, 99, 8);
            const float far = constants[i] > 0 ? choice.range.max : choice.range.min;
            T_NEAR(t, far, constants[i], fabs((double)constants[i]) * 1e-4);
            T_CHECK(t, choice.sqnr_db > 80);
            T_NEAR(t, choice.cut, 0, 0);
            iopt_histogram_free(&histogram);
        }
    }
}

static void nothing_and_zeros_get_a_range(Test *t)
{
    IoptHistogram histogram = make(t);
    static const float zeros[] = { 0, 0, -0.0f };

    for (int round = 0; round < 2; round++) {
        const IoptRangeChoice choice = choose(t, &histogram, IOPT_RANGE_AUTO, 0, 8);
        T_NEAR(t, choice.range.max, 1, 1e-3);
        T_NEAR(t, choice.range.min, 0, 0);
        T_NEAR(t, choice.mse, 0, 0);
        iopt_histogram_add(&histogram, zeros, 3);
    }
    iopt_histogram_free(&histogram);
}

static void auto_is_no_worse_than_any_method(Test *t)
{
    double (*const quantiles[])(double) = { uniform, laplace, gauss };

    for (size_t i = 0; i < 3; i++) {
        IoptHistogram histogram = from_quantiles(t, quantiles[i]);
        const IoptRangeChoice best = choose(t, &histogram, IOPT_RANGE_AUTO, 0, 8);
        const double least = iopt_range_error(&histogram, &best.range, 2.4);
        for (int method = IOPT_RANGE_MINMAX; method < IOPT_RANGE_METHODS; method++) {
            const IoptRangeChoice other = choose(t, &histogram, (IoptRangeMethod)method, 99.99, 8);
            T_CHECK(t, iopt_range_error(&histogram, &other.range, 2.4) >= least);
        }
        iopt_histogram_free(&histogram);
    }
}

static void bad_requests_are_refused(Test *t)
{
    IoptHistogram histogram = make(t);
    IoptRangeChoice choice;

    T_FAILS(t, iopt_range_choose(&histogram, IOPT_RANGE_MINMAX, 0, 17, &choice, &t->err),
            IOPT_INVALID_ARGUMENT, "17 bits");
    T_FAILS(t, iopt_range_choose(&histogram, IOPT_RANGE_PERCENTILE, 50, 8, &choice, &t->err),
            IOPT_INVALID_ARGUMENT, "percentile 50");
    iopt_histogram_free(&histogram);
}

const TestCase tests_range_choice[] = {
    TEST(evenly_spread_values_want_all_of_their_range),
    TEST(laplace_is_cut_where_the_derivative_vanishes),
    TEST(a_gaussian_is_quantized_as_well_as_max_found),
    TEST(an_outlier_is_weighed_as_each_method_says),
    TEST(a_constant_is_met_exactly),
    TEST(nothing_and_zeros_get_a_range),
    TEST(auto_is_no_worse_than_any_method),
    TEST(bad_requests_are_refused),
    { 0 },
};
