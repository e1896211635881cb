/* Choosing among candidates that lose less and less accuracy and are slower and slower.
 *
 * Candidate 0 has everything in eight bits, each next one less; behind the last one is the float
 * graph.  The losses are estimates from few images, so that a reserve is kept as long as it is
 * cheap.  The first candidate is chosen that keeps, in this order of preference,
 *
 *   a quarter of the budget  with IOPT_MUCH_INT8 of the multiply-adds in eight bits,
 *   half of it               with IOPT_ENOUGH_INT8, twice; else the last one of these that keeps
 *   all of it                and else any
 *
 * That is for the expected loss (budget_score.h).  The counted one has to fit into the budget; from
 * the second step on one image is tolerated where it is more than the budget.  The second time,
 * with so few images, what is beyond the budget may be luck: one standard error of the count, the
 * root of the number of images that changed.
 */
#ifndef IOPT_MEASURE_BUDGET_SEARCH_H
#define IOPT_MEASURE_BUDGET_SEARCH_H

#include "measure/budget_score.h"

#define IOPT_MUCH_INT8 0.85
#define IOPT_ENOUGH_INT8 0.72

typedef IoptStatus IoptTryCandidate(void *context, size_t candidate, IoptBudgetScore *score,
                                    IoptError *err);

typedef struct IoptBudgetSearch {
    double budget;      /* points */
    bool has_no_labels; /* the loss is an upper bound, not an estimate: no reserve */
    const double *int8; /* share of the multiply-adds in eight bits, of each candidate */
    const double *left; /* share of the damage that it should leave: where to begin */
    size_t count;
    IoptTryCandidate *attempt; /* called at most once for each candidate */
    void *context;
} IoptBudgetSearch;

/* Whether candidate 0 needs no search. */
bool iopt_budget_is_kept_well(const IoptBudgetScore *score, double budget, bool has_no_labels);

/* *chosen: a candidate that was tried and keeps the budget; `count` if none that was tried does. */
IOPT_MUST_USE IoptStatus iopt_budget_search(const IoptBudgetSearch *search, size_t *chosen,
                                            IoptError *err);

#endif
