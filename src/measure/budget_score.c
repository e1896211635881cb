/* Scores of a changed classifier. */
#include "measure/budget_score.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

static const double sum_tolerance = 1e-3; /* of probabilities, as iopt_probability has it */

enum { MOVES = 16 }; /* places of a moved margin on either side */

typedef struct Row {
    double margin, disturbance;
} Row;

/* --- one image ------------------------------------------------------------------------------- */

static bool are_probabilities(const float *values, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++) {
        if (!(values[i] >= 0))
            return false;
        sum += (double)values[i];
    }
    return fabs(sum - 1) <= sum_tolerance;
}

/* Log-probabilities, none below that of the smallest float; NaN stays. */
static void log_probabilities(const float *values, size_t count, double *out)
{
    const double floor = log((double)FLT_MIN);
    double most = -HUGE_VAL, sum = 0;

    if (are_probabilities(values, count)) {
        for (size_t i = 0; i < count; i++)
            out[i] = values[i] > FLT_MIN ? log((double)values[i]) : floor;
        return;
    }
    for (size_t i = 0; i < count; i++)
        most = (double)values[i] > most ? (double)values[i] : most;
    for (size_t i = 0; i < count; i++)
        sum += exp((double)values[i] - most);
    for (size_t i = 0; i < count; i++) {
        const double value = (double)values[i] - most - log(sum);
        out[i] = value < floor ? floor : value;
    }
}

static double divergence(const double *before, const double *after, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += exp(before[i]) * (before[i] - after[i]);
    return isnan(sum) ? HUGE_VAL : fmax(sum, 0);
}

/* What softmax takes away does not count: the mean change. */
static double noise(const double *before, const double *after, size_t count)
{
    double sum = 0, squares = 0;

    for (size_t i = 0; i < count; i++) {
        const double change = after[i] - before[i];
        sum += change;
        squares += change * change;
    }
    const double mean = sum / (double)count, variance = squares / (double)count - mean * mean;
    return isnan(variance) ? HUGE_VAL : fmax(variance, 0);
}

/* The ArgMax rules of accuracy.h, as a margin: a tie that the target loses is below zero. */
static double margin(const float *values, const double *logs, size_t count, size_t target)
{
    const size_t rank = iopt_rank_of(values, count, target);
    double other = -HUGE_VAL;

    for (size_t i = 0; i < count; i++)
        if (i != target && logs[i] > other)
            other = logs[i];
    const double clear = count > 1 ? logs[target] - other : 1;
    if (isnan(clear) || isinf(clear))
        return rank == 0 ? -log((double)FLT_MIN) : log((double)FLT_MIN);
    if (rank == 0)
        return fmax(clear, DBL_MIN);
    return fmin(clear, -DBL_MIN);
}

/* --- expected loss --------------------------------------------------------------------------- */

static int compare_rows(const void *a, const void *b)
{
    const Row *const x = a, *const y = b;

    if (x->margin < y->margin || x->margin > y->margin)
        return x->margin < y->margin ? -1 : 1;
    return (x->disturbance > y->disturbance) - (x->disturbance < y->disturbance);
}

static int compare_sizes(const void *a, const void *b)
{
    const double x = fabs(((const Row *)a)->margin), y = fabs(((const Row *)b)->margin);

    return (x > y) - (x < y);
}

/* How far a margin moves: what the closest decisions lie from zero.  Leaves the rows sorted so. */
static double reach_of(Row *rows, size_t count)
{
    const size_t third = count / 3, close = third < IOPT_SCORE_CLOSE ? third : IOPT_SCORE_CLOSE;

    if (count)
        qsort(rows, count, sizeof *rows, compare_sizes);
    return count ? fabs(rows[close].margin) : 0;
}

/* What one margin loses: how often it is right, less how often it is with each disturbance. */
static double loss_of(double margin, const Row *window, size_t count)
{
    size_t stays = 0;

    for (size_t k = 0; k < count; k++)
        stays += margin + window[k].disturbance > 0;
    return (margin > 0) - (double)stays / (double)count;
}

/* How many are expected to be lost, of all rows. */
static double expected_loss(Row *rows, size_t count)
{
    const size_t window = count < IOPT_SCORE_NEIGHBOURS ? count : IOPT_SCORE_NEIGHBOURS;
    const double reach = reach_of(rows, count);
    double lost = 0;

    if (count)
        qsort(rows, count, sizeof *rows, compare_rows);
    for (size_t i = 0; i < count; i++) {
        const size_t half = window / 2, most = count - window;
        const size_t first = i < half ? 0 : i - half > most ? most : i - half;
        for (int step = 1 - MOVES; step < MOVES; step++) {
            const double share = (double)(MOVES - abs(step)) / (MOVES * MOVES);
            const double margin = rows[i].margin + reach * step / MOVES;
            lost += share * loss_of(margin, rows + first, window);
        }
    }
    return lost;
}

/* --- all images ------------------------------------------------------------------------------ */

static bool has_targets(const int64_t *targets, size_t images)
{
    for (size_t i = 0; targets && i < images; i++)
        if (targets[i] >= 0)
            return true;
    return false;
}

static void finish(IoptBudgetScore *score, const IoptPair *pair, Row *rows)
{
    const double labelled = (double)score->labelled;
    const IoptInterval change = iopt_pair_interval(pair);
    double right_before = 0, right_after = 0;

    for (size_t i = 0; i < score->labelled; i++) {
        right_before += rows[i].margin > 0;
        right_after += rows[i].margin + rows[i].disturbance > 0;
    }
    score->lost = pair->lost;
    score->won = pair->won;
    score->top1_before = right_before / labelled;
    score->top1_after = right_after / labelled;
    score->loss = 100 * (right_before - right_after) / labelled;
    score->loss_95 = (IoptInterval){ -100 * change.high, -100 * change.low };
    score->expected_loss = 100 * expected_loss(rows, score->labelled) / labelled;
    score->divergence /= (double)score->images;
    score->noise /= (double)score->images;
}

IoptStatus iopt_budget_score(const float *before, const float *after, size_t images, size_t classes,
                             const int64_t *targets, IoptBudgetScore *out, IoptError *err)
{
    const bool labelled = has_targets(targets, images);
    IoptStatus status = IOPT_OK;
    IoptPair pair = { 0 };
    void *block, *logs = NULL;
    Row *rows = NULL;

    *out = (IoptBudgetScore){ .images = images };
    if (images == 0 || classes == 0)
        return iopt_fail(err, IOPT_BAD_DATA, "no images to judge the accuracy by");
    IOPT_DO(iopt_alloc(&block, images, sizeof(Row), err));
    rows = block;
    IOPT_DO(iopt_alloc(&logs, 2 * classes, sizeof(double), err));
    double *const old = logs, *const new = old + classes;
    for (size_t i = 0; i < images; i++, before += classes, after += classes) {
        const size_t class_before = iopt_top1(before, classes),
                     class_after = iopt_top1(after, classes);
        const int64_t target = labelled ? targets[i] : (int64_t)class_before;
        log_probabilities(before, classes, old);
        log_probabilities(after, classes, new);
        out->agreed += class_before == class_after;
        out->divergence += divergence(old, new, classes);
        out->noise += noise(old, new, classes);
        if (target < 0 || (size_t)target >= classes)
            continue;
        const double first = margin(before, old, classes, (size_t)target);
        const double second = margin(after, new, classes, (size_t)target);
        rows[out->labelled++] = (Row){ first, second - first };
        pair.labelled++;
        pair.lost += first > 0 && !(second > 0);
        pair.won += !(first > 0) && second > 0;
    }
    finish(out, &pair, rows);
done:
    free(rows);
    free(logs);
    return status;
}

double iopt_budget_loss(const IoptBudgetScore *score)
{
    return fmax(score->loss, score->expected_loss);
}

double iopt_budget_tolerance(const IoptBudgetScore *score, double budget)
{
    const double rounding = 1e-9, image = 100 / (double)score->labelled + rounding;

    return budget > 0 && image > budget ? image : budget;
}
