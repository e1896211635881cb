/* Bisection over candidates. */
#include "measure/budget_search.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

static const double reserve = 0.5; /* the part of the budget that the estimate is to keep free */

double iopt_budget_wish(double budget, bool needs_no_reserve)
{
    return needs_no_reserve ? budget : budget * (1 - reserve);
}

typedef struct Searcher {
    const IoptBudgetSearch *search;
    double *losses; /* NaN: not tried yet */
} Searcher;

static IoptStatus keeps(Searcher *s, size_t candidate, double limit, bool *out, IoptError *err)
{
    double *const loss = &s->losses[candidate];

    if (isnan(*loss))
        IOPT_TRY(s->search->attempt(s->search->context, candidate, loss, err));
    if (isnan(*loss))
        *loss = HUGE_VAL;
    *out = *loss <= limit;
    return IOPT_OK;
}

/* The first of candidates low .. high - 1 that keeps the limit, or high; losses fall. */
static IoptStatus bisect(Searcher *s, size_t low, size_t high, double limit, size_t *out,
                         IoptError *err)
{
    bool good;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        IOPT_TRY(keeps(s, middle, limit, &good, err));
        if (good)
            high = middle;
        else
            low = middle + 1;
    }
    *out = low;
    return IOPT_OK;
}

static IoptStatus search_all(Searcher *s, size_t *chosen, IoptError *err)
{
    const IoptBudgetSearch *const search = s->search;
    const double wish = iopt_budget_wish(search->budget, search->needs_no_reserve);
    size_t enough = 0; /* the last candidate that leaves enough in eight bits */
    bool good;

    IOPT_TRY(keeps(s, 0, wish, &good, err));
    *chosen = 0;
    if (good)
        return IOPT_OK;
    while (enough + 1 < search->count && search->int8[enough + 1] >= IOPT_ENOUGH_INT8)
        enough++;
    if (!search->needs_no_reserve) {
        IOPT_TRY(bisect(s, 1, enough + 1, wish, chosen, err));
        if (*chosen <= enough)
            return IOPT_OK;
        IOPT_TRY(keeps(s, enough, search->budget, &good, err));
        *chosen = enough;
        if (good)
            return IOPT_OK;
    }
    return bisect(s, search->needs_no_reserve ? 1 : enough + 1, search->count, search->budget,
                  chosen, err);
}

IoptStatus iopt_budget_search(const IoptBudgetSearch *search, size_t *chosen, IoptError *err)
{
    Searcher s = { .search = search };
    void *block;

    *chosen = 0;
    if (search->count == 0)
        return IOPT_OK;
    IOPT_TRY(iopt_alloc(&block, search->count, sizeof(double), err));
    s.losses = block;
    for (size_t i = 0; i < search->count; i++)
        s.losses[i] = NAN;
    const IoptStatus status = search_all(&s, chosen, err);
    free(s.losses);
    return status;
}
