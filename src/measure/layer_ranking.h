/* Which layers do the damage, from a bounded number of experiments.
 *
 * An experiment puts some layers into eight bits, leaves all others alone, and measures what that
 * does to the network's output.  Disturbances of different layers add up, about, so that groups of
 * layers can be tried first: the group that does most damage is halved again and again, until
 * every group is one layer or the experiments are used up.  Layers of a group that was not halved
 * share its damage evenly.
 */
#ifndef IOPT_MEASURE_LAYER_RANKING_H
#define IOPT_MEASURE_LAYER_RANKING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/* *damage of the layers first .. first + count - 1 alone, in their order; never below 0. */
typedef IoptStatus IoptTryLayers(void *context, size_t first, size_t count, double *damage,
                                 IoptError *err);

/* damage[i]: of layer i.  *used: how many experiments it took, at most `most` and at least one. */
IOPT_MUST_USE IoptStatus iopt_rank_layers(size_t n_layers, size_t most, IoptTryLayers *attempt,
                                          void *context, double *damage, size_t *used,
                                          IoptError *err);

typedef struct IoptRankedLayer {
    size_t layer;
    double damage, work; /* work: multiply-adds, above 0 */
} IoptRankedLayer;

/* The most damage for its work first; equal ones by number. */
void iopt_sort_layers(IoptRankedLayer *layers, size_t count);

/* How many layers of the sorted ones are float in each candidate: 0, then as many more as make a
 * difference in work or damage; at least one stays in eight bits.  `out` has room for `count` + 1.
 * Returns how many candidates there are.
 *
 *   whole_work  multiply-adds of all layers of the network */
size_t iopt_list_candidates(const IoptRankedLayer *layers, size_t count, double whole_work,
                            size_t *out);

#endif
