/* Bisection over candidates. */
#include "measure/budget_search.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

/* What a step of the search asks for. */
typedef struct Step {
    double int8; /* share that has to be left */
    double part; /* of the budget, for the expected loss */
    enum { NOTHING, AN_IMAGE, LUCK } tolerates;
} Step;

static const Step good = { IOPT_MUCH_INT8, 0.25, NOTHING };
static const Step fair = { IOPT_ENOUGH_INT8, 0.5, AN_IMAGE };
static const Step lucky = { IOPT_ENOUGH_INT8, 0.5, LUCK };
static const Step any = { 0, 1, AN_IMAGE };

/* The counted loss that a step accepts. */
static double limit(const IoptBudgetScore *score, double budget, const Step *step)
{
    const double tolerance = iopt_budget_tolerance(score, budget);
    const double error = 100 * sqrt((double)(score->lost + score->won)) / (double)score->labelled;

    if (step->tolerates == LUCK && tolerance > budget)
        return fmax(budget + error, tolerance);
    return step->tolerates == NOTHING ? budget : tolerance;
}

static bool fits(const IoptBudgetScore *score, double budget, const Step *step)
{
    return score->loss <= limit(score, budget, step) && score->expected_loss <= step->part * budget;
}

bool iopt_budget_is_kept_well(const IoptBudgetScore *score, double budget, bool has_no_labels)
{
    return fits(score, budget, has_no_labels ? &any : &good);
}

typedef struct Searcher {
    const IoptBudgetSearch *search;
    IoptBudgetScore *scores; /* no images: not tried yet */
} Searcher;

static IoptStatus keeps(Searcher *s, size_t candidate, const Step *step, bool *out, IoptError *err)
{
    IoptBudgetScore *const score = &s->scores[candidate];

    if (score->images == 0)
        IOPT_TRY(s->search->attempt(s->search->context, candidate, score, err));
    *out = fits(score, s->search->budget, step);
    return IOPT_OK;
}

/* The first candidate that should do: losses shrink with the damage. */
static size_t guess(const Searcher *s, const Step *step)
{
    const double loss = s->scores[0].expected_loss;
    size_t at = 1;

    while (at < s->search->count && !(loss * s->search->left[at] <= step->part * s->search->budget))
        at++;
    return at;
}

/* The first of candidates low .. high - 1 that keeps the budget, or high; losses fall.  Begins at
 * the guess and goes away from it in longer and longer steps until the answer is in between; what
 * was tried and is good enough bounds it from the beginning. */
static IoptStatus bisect(Searcher *s, size_t low, size_t high, const Step *step, size_t *out,
                         IoptError *err)
{
    bool is_good, any_good = false, any_bad = false;
    size_t at = guess(s, step), stride = 1;

    for (size_t i = low; i < high; i++)
        if (s->scores[i].images && fits(&s->scores[i], s->search->budget, step)) {
            any_good = true;
            high = i;
        }
    at = at < low ? low : at;
    while (low < high) {
        at = at < high ? at : high - 1;
        IOPT_TRY(keeps(s, at, step, &is_good, err));
        if (is_good)
            high = at;
        else
            low = at + 1;
        any_good = any_good || is_good;
        any_bad = any_bad || !is_good;
        if (any_good && any_bad)
            at = low + (high - low) / 2;
        else if (any_good)
            at = high - low > stride ? high - stride : low;
        else
            at = low + stride - 1;
        stride *= 2;
    }
    *out = low;
    return IOPT_OK;
}

/* How many candidates leave as much in eight bits as a step asks for; at least the first. */
static size_t count_candidates(const IoptBudgetSearch *search, const Step *step)
{
    size_t count = 1;

    while (count < search->count && search->int8[count] >= step->int8)
        count++;
    return count;
}

static IoptStatus search_all(Searcher *s, size_t *chosen, IoptError *err)
{
    const IoptBudgetSearch *const search = s->search;
    const size_t much = count_candidates(search, &good), enough = count_candidates(search, &fair);
    bool is_good;

    IOPT_TRY(keeps(s, 0, search->has_no_labels ? &any : &good, &is_good, err));
    *chosen = 0;
    if (is_good)
        return IOPT_OK;
    if (search->has_no_labels)
        return bisect(s, 1, search->count, &any, chosen, err);
    IOPT_TRY(bisect(s, 1, much, &good, chosen, err));
    if (*chosen < much)
        return IOPT_OK;
    IOPT_TRY(bisect(s, 0, enough, &fair, chosen, err));
    if (*chosen < enough)
        return IOPT_OK;
    IOPT_TRY(bisect(s, 0, enough, &lucky, chosen, err));
    if (*chosen < enough)
        return IOPT_OK;
    IOPT_TRY(keeps(s, enough - 1, &any, &is_good, err));
    *chosen = enough - 1;
    return is_good ? IOPT_OK : bisect(s, enough, search->count, &any, chosen, err);
}

IoptStatus iopt_budget_search(const IoptBudgetSearch *search, size_t *chosen, IoptError *err)
{
    Searcher s = { .search = search };
    void *block;

    *chosen = 0;
    if (search->count == 0)
        return IOPT_OK;
    IOPT_TRY(iopt_alloc(&block, search->count, sizeof(IoptBudgetScore), err));
    s.scores = block;
    const IoptStatus status = search_all(&s, chosen, err);
    free(s.scores);
    return status;
}
