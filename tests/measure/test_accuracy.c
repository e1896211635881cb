/* Accuracy: ties and NaN, ranks, probabilities, intervals with known ends, flips. */
#include "measure/accuracy.h"

#include <float.h>
#include <math.h>

#include "t.h"

static const float nan_ = NAN, inf_ = INFINITY;

static void top1_is_the_first_of_the_greatest(Test *t)
{
    const float ties[] = { 1, 3, 2, 3 }, holes[] = { nan_, 2, nan_, 5 };
    const float none[] = { nan_, nan_, nan_ }, lowest[] = { nan_, -inf_, -inf_ };
    const float infinite[] = { 0, inf_, inf_ };

    T_SAME_INT(t, iopt_top1(ties, 4), 1);
    T_SAME_INT(t, iopt_top1(holes, 4), 3);
    T_SAME_INT(t, iopt_top1(none, 3), 0);
    T_SAME_INT(t, iopt_top1(lowest, 3), 1);
    T_SAME_INT(t, iopt_top1(infinite, 3), 1);
}

static void ranks_count_what_comes_before(Test *t)
{
    const float values[] = { 0.5f, 0.7f, 0.5f, nan_, 0.1f };

    T_SAME_INT(t, iopt_rank_of(values, 5, 1), 0);
    T_SAME_INT(t, iopt_rank_of(values, 5, 0), 1);
    T_SAME_INT(t, iopt_rank_of(values, 5, 2), 2); /* equal to 0, which comes first */
    T_SAME_INT(t, iopt_rank_of(values, 5, 4), 3);
    T_SAME_INT(t, iopt_rank_of(values, 5, 3), 5); /* NaN: behind all */
}

static void probabilities_of_either_kind_of_output(Test *t)
{
    const float shares[] = { 0.25f, 0.75f, 0 }, logits[] = { 1, 1, 1, 1 };
    const float far[] = { 1000, 0, -1000 }, infinite[] = { 0, inf_, inf_ };
    const float hole[] = { 0.5f, nan_ };

    T_NEAR(t, iopt_probability(shares, 3, 1), 0.75, 0);
    T_NEAR(t, iopt_probability(logits, 4, 2), 0.25, 1e-15);
    T_NEAR(t, iopt_probability(far, 3, 0), 1, 0); /* does not overflow */
    T_NEAR(t, iopt_probability(far, 3, 1), 0, 1e-300);
    T_NEAR(t, iopt_probability(infinite, 3, 1), 1, 0);
    T_NEAR(t, iopt_probability(infinite, 3, 2), 0, 0);
    T_CHECK(t, isnan(iopt_probability(hole, 2, 0)));
}

/* R: prop.test(hits, count, correct = FALSE)$conf.int */
static void wilson_intervals(Test *t)
{
    const IoptInterval some = iopt_wilson_interval(81, 263), all = iopt_wilson_interval(10, 10);
    const IoptInterval none = iopt_wilson_interval(0, 10), empty = iopt_wilson_interval(0, 0);

    T_NEAR(t, some.low, 0.2553, 5e-5); /* Newcombe (1998), table I: 81 of 263 */
    T_NEAR(t, some.high, 0.3662, 5e-5);
    T_NEAR(t, none.low, 0, 0);
    T_NEAR(t, none.high, 0.2775327998628892, 1e-12); /* z^2 / (n + z^2) */
    T_NEAR(t, all.low, 1 - 0.2775327998628892, 1e-12);
    T_NEAR(t, all.high, 1, 0);
    T_NEAR(t, empty.low, 0, 0);
    T_NEAR(t, empty.high, 1, 0);
}

static void a_tally_counts(Test *t)
{
    const float rows[4][6] = { { 0.5f, 0.1f, 0.1f, 0.1f, 0.1f, 0.1f },
                               { 0.5f, 0.1f, 0.1f, 0.1f, 0.1f, 0.1f },
                               { 1, 0, 0, 0, 0, 0 },
                               { nan_, 0, 0, 0, 0, 0 } };
    IoptTally tally = { 0 };

    T_CHECK(t, isnan(iopt_tally_top1(&tally)));
    T_CHECK(t, iopt_tally_add(&tally, rows[0], 6, 0).correct);
    T_CHECK(t, !iopt_tally_add(&tally, rows[1], 6, 5).correct); /* sixth: not among five */
    T_CHECK(t, !iopt_tally_add(&tally, rows[2], 6, -1).labelled);
    T_SAME_INT(t, iopt_tally_add(&tally, rows[3], 6, 1).top1, 1);
    T_SAME_INT(t, tally.images, 4);
    T_SAME_INT(t, tally.labelled, 3);
    T_SAME_INT(t, tally.top1, 2);
    T_SAME_INT(t, tally.top5, 2);
    T_SAME_INT(t, tally.not_numbers, 1);
    T_NEAR(t, tally.loss_sum, -log(0.5) - log((double)0.1f) - log((double)FLT_MIN), 1e-12);
    T_NEAR(t, iopt_tally_top1(&tally), 2.0 / 3, 1e-15);
}

static void flips_are_paired(Test *t)
{
    const IoptVerdict right = { .top1 = 1, .labelled = true, .correct = true };
    const IoptVerdict wrong = { .top1 = 2, .labelled = true };
    const IoptVerdict other = { .top1 = 3 };
    IoptPair pair = { 0 };

    T_CHECK(t, isnan(iopt_pair_change(&pair)));
    T_CHECK(t, isnan(iopt_pair_interval(&pair).low));
    for (size_t i = 0; i < 90; i++)
        iopt_pair_add(&pair, &right, &right);
    for (size_t i = 0; i < 6; i++)
        iopt_pair_add(&pair, &right, &wrong);
    for (size_t i = 0; i < 2; i++)
        iopt_pair_add(&pair, &wrong, &right);
    iopt_pair_add(&pair, &other, &other); /* no label: agreement only */
    T_SAME_INT(t, pair.images, 99);
    T_SAME_INT(t, pair.agreed, 91);
    T_SAME_INT(t, pair.labelled, 98);
    T_SAME_INT(t, pair.lost, 6);
    T_SAME_INT(t, pair.won, 2);
    T_NEAR(t, iopt_pair_change(&pair), -4.0 / 98, 1e-15);
    /* a = 3/100, b = 7/100: -0.04 +- z sqrt((0.1 - 0.0016) / 100) */
    const IoptInterval interval = iopt_pair_interval(&pair);
    T_NEAR(t, interval.low, -0.04 - 1.959963984540054 * 0.031368774282716245, 1e-12);
    T_NEAR(t, interval.high, -0.04 + 1.959963984540054 * 0.031368774282716245, 1e-12);
}

static void the_largest_difference(Test *t)
{
    const float a[] = { 1, nan_, inf_, 2 }, b[] = { 1.5f, nan_, inf_, 2 }, c[] = { 1, 0, inf_, 2 };
    IoptPair pair = { 0 };

    iopt_pair_compare(&pair, a, b, 4);
    T_NEAR(t, pair.largest, 0.5, 0);
    iopt_pair_compare(&pair, a, c, 4);
    T_CHECK(t, isinf(pair.largest));
}

const TestCase tests_accuracy[] = {
    TEST(top1_is_the_first_of_the_greatest),
    TEST(ranks_count_what_comes_before),
    TEST(probabilities_of_either_kind_of_output),
    TEST(wilson_intervals),
    TEST(a_tally_counts),
    TEST(flips_are_paired),
    TEST(the_largest_difference),
    { 0 },
};
