/* Histograms count the same whatever came first. */
#include "measure/histogram.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "t.h"

enum { COUNT = 50000, HALF = IOPT_HISTOGRAM_HALF };

static IoptHistogram make(Test *t)
{
    IoptHistogram histogram;

    T_OK(t, iopt_histogram_init(&histogram, &t->err));
    return histogram;
}

/* Magnitudes from 2^-20 to 2^19, both signs, some zeros. */
static float *sample(Test *t)
{
    float *const values = malloc(COUNT * sizeof *values);
    uint32_t state = 7;

    T_CHECK(t, values);
    for (size_t i = 0; i < COUNT; i++) {
        state = state * 1664525u + 1013904223u;
        const float fraction = (float)(state >> 8) / 16777216.0f - 0.5f;
        values[i] = i % 7 ? ldexpf(fraction, (int)(i * 40 / COUNT) - 20) : 0;
    }
    return values;
}

static void expect_same(Test *t, const IoptHistogram *a, const IoptHistogram *b)
{
    T_SAME_INT(t, a->exponent, b->exponent);
    T_SAME_INT(t, a->count, b->count);
    T_SAME_INT(t, a->zeros, b->zeros);
    T_CHECK(t, a->min == b->min && a->max == b->max);
    T_CHECK(t, memcmp(a->bins, b->bins, IOPT_HISTOGRAM_BINS * sizeof *a->bins) == 0);
}

static void the_order_does_not_matter(Test *t)
{
    IoptHistogram forwards = make(t), backwards = make(t), left = make(t), right = make(t);
    float *const values = sample(t);

    iopt_histogram_add(&forwards, values, COUNT);
    for (size_t i = COUNT; i > 0; i -= 10)
        iopt_histogram_add(&backwards, values + i - 10, 10);
    expect_same(t, &backwards, &forwards);
    iopt_histogram_add(&left, values, COUNT / 3);
    iopt_histogram_add(&right, values + COUNT / 3, COUNT - COUNT / 3);
    iopt_histogram_merge(&left, &right);
    expect_same(t, &left, &forwards);
    free(values);
    iopt_histogram_free(&forwards);
    iopt_histogram_free(&backwards);
    iopt_histogram_free(&left);
    iopt_histogram_free(&right);
}

static void values_lie_in_their_bins(Test *t)
{
    static const float values[] = { 0, 1, 1.5f, -1, -0.25f, 7.99f, 1e-30f, -1e-30f };
    IoptHistogram histogram = make(t);

    iopt_histogram_add(&histogram, values, 8);
    T_NEAR(t, iopt_histogram_width(&histogram), 8.0 / HALF, 0); /* 7.99 is in the outer half */
    T_SAME_INT(t, histogram.bins[HALF], 2);
    T_SAME_INT(t, iopt_histogram_nonzero(&histogram, HALF), 1);
    T_SAME_INT(t, histogram.bins[HALF - 1], 1);
    T_SAME_INT(t, histogram.bins[HALF + HALF / 8], 1);
    T_SAME_INT(t, histogram.bins[HALF - 1 - HALF / 8], 1);
    T_SAME_INT(t, histogram.bins[HALF - 1 - HALF / 32], 1);
    T_NEAR(t, iopt_histogram_edge(HALF + HALF / 8, 8.0 / HALF), 1, 0);
    iopt_histogram_free(&histogram);
}

static void what_is_not_finite_is_counted_apart(Test *t)
{
    static const float values[] = { NAN, 1, INFINITY, -INFINITY, -2, NAN, 0 };
    IoptHistogram histogram = make(t), empty = make(t);

    iopt_histogram_add(&histogram, values, 7);
    T_SAME_INT(t, histogram.nans, 2);
    T_SAME_INT(t, histogram.infinities, 2);
    T_SAME_INT(t, histogram.count, 3);
    T_SAME_INT(t, histogram.zeros, 1);
    T_NEAR(t, histogram.min, -2, 0);
    T_NEAR(t, histogram.max, 1, 0);
    iopt_histogram_merge(&empty, &histogram);
    T_SAME_INT(t, empty.nans, 2);
    T_NEAR(t, empty.min, -2, 0);
    iopt_histogram_free(&histogram);
    iopt_histogram_free(&empty);
}

static void the_largest_and_smallest_floats_have_a_place(Test *t)
{
    static const float small[] = { 1e-45f, -1e-45f, 0 }, large[] = { FLT_MAX, -FLT_MAX };
    IoptHistogram histogram = make(t);

    iopt_histogram_add(&histogram, small, 3);
    iopt_histogram_add(&histogram, large, 2);
    iopt_histogram_add(&histogram, small, 3);
    T_SAME_INT(t, histogram.count, 8);
    T_SAME_INT(t, histogram.bins[HALF], 4);
    T_SAME_INT(t, histogram.bins[HALF - 1], 2);
    T_CHECK(t, histogram.bins[IOPT_HISTOGRAM_BINS - 1] == 1 && histogram.bins[0] == 1);
    iopt_histogram_free(&histogram);
}

const TestCase tests_histogram[] = {
    TEST(the_order_does_not_matter),
    TEST(values_lie_in_their_bins),
    TEST(what_is_not_finite_is_counted_apart),
    TEST(the_largest_and_smallest_floats_have_a_place),
    { 0 },
};
