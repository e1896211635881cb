/* Scores of a changed classifier. */
#include "measure/budget_score.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

static const double sum_tolerance = 1e-3; /* of probabilities, as iopt_probability has it */

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

/* How many would be right if each met its neighbours' disturbances. */
static double expected_right(Row *rows, size_t count)
{
    const size_t window = count < IOPT_SCORE_NEIGHBOURS ? count : IOPT_SCORE_NEIGHBOURS;
    double right = 0;

    if (count)
        qsort(rows, count, sizeof *rows, compare_rows);
    for (size_t i = 0; i < count; i++) {
        const size_t half = window / 2, most = count - window;
        const size_t first = i < half ? 0 : i - half > most ? most : i - half;
        size_t stays = 0;
        for (size_t k = first; k < first + window; k++)
            stays += rows[i].margin + rows[k].disturbance > 0;
        right += (double)stays / (double)window;
    }
    return right;
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
    score->top1_before = right_before / labelled;
    score->top1_after = right_after / labelled;
    score->loss = 100 * (right_before - right_after) / labelled;
    score->loss_95 = (IoptInterval){ -100 * change.high, -100 * change.low };
    score->expected_loss = 100 * (right_before - expected_right(rows, score->labelled)) / labelled;
    score->divergence /= (double)score->images;
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
