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

#endif
