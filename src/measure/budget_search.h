/* Choosing among candidates that lose less and less accuracy and are slower and slower.
 *
 * Candidate 0 has everything in eight bits, each next one less; behind the last one is the float
 * graph.  The loss of a candidate is an estimate from few images.  So half of the budget is kept
 * as a reserve as long as that leaves IOPT_ENOUGH_INT8 of the multiply-adds in eight bits; beyond
 * that the whole budget is used.
 */
#ifndef IOPT_MEASURE_BUDGET_SEARCH_H
#define IOPT_MEASURE_BUDGET_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

#define IOPT_ENOUGH_INT8 0.7

/* *loss of a candidate, in points. */
typedef IoptStatus IoptTryCandidate(void *context, size_t candidate, double *loss, IoptError *err);

typedef struct IoptBudgetSearch {
    double budget;         /* points */
    bool needs_no_reserve; /* the loss is an upper bound, not an estimate */
    const double *int8;    /* share of the multiply-adds in eight bits, of each candidate */
    size_t count;
    IoptTryCandidate *attempt; /* called at most once for each candidate */
    void *context;
} IoptBudgetSearch;

/* The loss that ends the search at candidate 0. */
double iopt_budget_wish(double budget, bool needs_no_reserve);

/* *chosen: a candidate that was tried and keeps the budget; `count` if none that was tried does. */
IOPT_MUST_USE IoptStatus iopt_budget_search(const IoptBudgetSearch *search, size_t *chosen,
                                            IoptError *err);

#endif
