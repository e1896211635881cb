/* Scores, rankings and searches for an accuracy budget, with answers that are known. */
#include <math.h>

#include "measure/budget_score.h"
#include "measure/budget_search.h"
#include "measure/layer_ranking.h"
#include "t.h"

/* --- scores ---------------------------------------------------------------------------------- */

static void nothing_changed_costs_nothing(Test *t)
{
    static const float rows[] = { 0.7f, 0.2f, 0.1f, 0.1f, 0.2f, 0.7f };
    static const int64_t targets[] = { 0, 1 };
    IoptBudgetScore score;

    T_OK(t, iopt_budget_score(rows, rows, 2, 3, targets, &score, &t->err));
    T_SAME_INT(t, score.labelled, 2);
    T_SAME_INT(t, score.agreed, 2);
    T_NEAR(t, score.top1_before, 0.5, 0);
    T_NEAR(t, score.loss, 0, 0);
    T_NEAR(t, score.expected_loss, 0, 0);
    T_NEAR(t, score.divergence, 0, 1e-12);
}

static void lost_and_won_images_count(Test *t)
{
    static const float before[] = { 2, 1, 2, 1, 1, 2, 2, 1 }, after[] = { 1, 2, 2, 1, 2, 1, 2, 1 };
    static const int64_t targets[] = { 0, 0, 0, -1 };
    IoptBudgetScore score;

    T_OK(t, iopt_budget_score(before, after, 4, 2, targets, &score, &t->err));
    T_SAME_INT(t, score.images, 4);
    T_SAME_INT(t, score.labelled, 3);
    T_SAME_INT(t, score.agreed, 2);
    T_NEAR(t, score.top1_before, 2.0 / 3, 1e-12);
    T_NEAR(t, score.top1_after, 2.0 / 3, 1e-12);
    T_NEAR(t, score.loss, 0, 1e-12);
    T_CHECK(t, score.loss_95.low < 0 && score.loss_95.high > 0);
    /* Each meets the disturbances -2, 0 and 2 on its margin 1, 1 or -1. */
    T_NEAR(t, score.expected_loss, 100.0 * (2 - (2.0 / 3 + 2.0 / 3 + 1.0 / 3)) / 3, 1e-9);
}

static void without_labels_it_is_agreement(Test *t)
{
    static const float before[] = { 2, 1, 2, 1 }, after[] = { 1, 2, 2, 1 };
    IoptBudgetScore score;

    T_OK(t, iopt_budget_score(before, after, 2, 2, NULL, &score, &t->err));
    T_SAME_INT(t, score.labelled, 2);
    T_NEAR(t, score.top1_before, 1, 0);
    T_NEAR(t, score.loss, 50, 1e-12);
    T_CHECK(t, iopt_budget_loss(&score) >= 50);
}

static void divergence_is_that_of_the_softmax(Test *t)
{
    static const float before[] = { 0.5f, 0.5f }, after[] = { 0.25f, 0.75f };
    static const float logits[] = { 3, 3 }, moved[] = { 0, 1.0986123f }; /* log 3 */
    const double want = 0.5 * log(0.5 / 0.25) + 0.5 * log(0.5 / 0.75);
    IoptBudgetScore score;

    T_OK(t, iopt_budget_score(before, after, 1, 2, NULL, &score, &t->err));
    T_NEAR(t, score.divergence, want, 1e-9);
    T_OK(t, iopt_budget_score(logits, moved, 1, 2, NULL, &score, &t->err));
    T_NEAR(t, score.divergence, want, 1e-6);
}

static void what_is_no_number_is_wrong(Test *t)
{
    static const float before[] = { 2, 1, 2, 1 };
    const float after[] = { NAN, NAN, 2, 1 };
    static const int64_t targets[] = { 0, 0 };
    IoptBudgetScore score;

    T_OK(t, iopt_budget_score(before, after, 2, 2, targets, &score, &t->err));
    T_NEAR(t, score.loss, 50, 1e-12);
    T_CHECK(t, isinf(score.divergence));
    T_FAILS(t, iopt_budget_score(before, after, 0, 2, targets, &score, &t->err), IOPT_BAD_DATA,
            "no images");
}

/* --- ranking --------------------------------------------------------------------------------- */

static IoptStatus add_damage(void *context, size_t first, size_t count, double *damage,
                             IoptError *err)
{
    const double *const each = context;

    (void)err;
    *damage = 0;
    for (size_t i = 0; i < count; i++)
        *damage += each[first + i];
    return IOPT_OK;
}

static void the_worst_layers_are_found_first(Test *t)
{
    double each[64] = { 0 }, damage[64];
    size_t used;

    each[17] = 8;
    each[50] = 3;
    T_OK(t, iopt_rank_layers(64, 40, add_damage, each, damage, &used, &t->err));
    T_CHECK(t, used <= 40);
    for (size_t i = 0; i < 64; i++)
        T_NEAR(t, damage[i], each[i], 0);
    T_OK(t, iopt_rank_layers(64, 13, add_damage, each, damage, &used, &t->err));
    T_SAME_INT(t, used, 13);
    T_NEAR(t, damage[17], 8, 0);
    T_OK(t, iopt_rank_layers(4, 1, add_damage, each + 16, damage, &used, &t->err));
    T_NEAR(t, damage[0], 2, 0); /* not looked into: shared evenly */
    T_OK(t, iopt_rank_layers(0, 1, add_damage, each, damage, &used, &t->err));
    T_SAME_INT(t, used, 0);
}

static void candidates_are_where_it_makes_a_difference(Test *t)
{
    IoptRankedLayer layers[] = {
        { 0, 1, 1 }, { 1, 0, 40 }, { 2, 9, 1 }, { 3, 0, 0.5 }, { 4, 0, 57.5 }
    };
    size_t returned[6];

    iopt_sort_layers(layers, 5);
    T_SAME_INT(t, layers[0].layer, 2);
    T_SAME_INT(t, layers[1].layer, 0);
    T_SAME_INT(t, layers[2].layer, 1); /* no damage: in their order */
    T_SAME_INT(t, iopt_list_candidates(layers, 5, 100, returned), 4);
    T_SAME_INT(t, returned[0], 0);
    T_SAME_INT(t, returned[1], 1);
    T_SAME_INT(t, returned[2], 2);
    T_SAME_INT(t, returned[3], 3); /* half a percent more would make none */
}

/* --- searching ------------------------------------------------------------------------------- */

typedef struct Falling {
    double first, step;
    unsigned char tried[32];
} Falling;

static IoptStatus falling_loss(void *context, size_t candidate, double *loss, IoptError *err)
{
    Falling *const f = context;

    if (f->tried[candidate]++)
        return iopt_fail(err, IOPT_BAD_DATA, "tried twice");
    *loss = f->first - f->step * (double)candidate;
    return IOPT_OK;
}

static size_t search(Test *t, double first, double step, double budget, bool is_bound)
{
    Falling falling = { .first = first, .step = step };
    double int8[20]; /* 1.00, 0.95 ... 0.05 */
    size_t chosen;

    for (size_t i = 0; i < IOPT_COUNT(int8); i++)
        int8[i] = 1 - 0.05 * (double)i;
    const IoptBudgetSearch search = { .budget = budget,
                                      .needs_no_reserve = is_bound,
                                      .int8 = int8,
                                      .count = IOPT_COUNT(int8),
                                      .attempt = falling_loss,
                                      .context = &falling };
    T_OK(t, iopt_budget_search(&search, &chosen, &t->err));
    return chosen;
}

static void a_reserve_is_kept_while_it_is_cheap(Test *t)
{
    T_SAME_INT(t, search(t, 0.2, 0, 0.5, false), 0);
    T_SAME_INT(t, search(t, 0.46, 0.0501, 0.5, false), 5);
    T_SAME_INT(t, search(t, 1.0, 0.0501, 0.5, false), 10); /* nothing left of it */
    T_SAME_INT(t, search(t, 0.6, 0.025, 0.5, false), 6);   /* 0.45, 0.7 in int8 */
    T_SAME_INT(t, search(t, 9, 0.05, 0.5, false), 20);     /* none */
    T_SAME_INT(t, search(t, NAN, 0.05, 0.5, false), 20);
}

static void a_bound_needs_no_reserve(Test *t)
{
    T_SAME_INT(t, search(t, 0.45, 0.05, 0.5, true), 0);
    T_SAME_INT(t, search(t, 0.6, 0.0251, 0.5, true), 4);
}

const TestCase tests_budget[] = {
    TEST(nothing_changed_costs_nothing),
    TEST(lost_and_won_images_count),
    TEST(without_labels_it_is_agreement),
    TEST(divergence_is_that_of_the_softmax),
    TEST(what_is_no_number_is_wrong),
    TEST(the_worst_layers_are_found_first),
    TEST(candidates_are_where_it_makes_a_difference),
    TEST(a_reserve_is_kept_while_it_is_cheap),
    TEST(a_bound_needs_no_reserve),
    { 0 },
};
