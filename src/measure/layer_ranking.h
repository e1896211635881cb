/* Which units of layers do the damage, from a bounded number of experiments.
 *
 * An experiment puts some units into eight bits, leaves all others alone, and measures what that
 * does to the network's output.  Disturbances of different units add up, about, so that groups of
 * units can be tried first: the group that does most damage is halved again and again, until
 * every group is one unit or the experiments are used up.  Units of a group that was not halved
 * share its damage evenly.
 *
 * Where the first half does less than half of the damage, the second one is not tried: it does the
 * rest.  The other way round the rest would be a small difference of large numbers.
 */
#ifndef IOPT_MEASURE_LAYER_RANKING_H
#define IOPT_MEASURE_LAYER_RANKING_H

#include "measure/layer_units.h"

/* *damage of the units first .. first + count - 1 alone, in their order; never below 0. */
typedef IoptStatus IoptTryUnits(void *context, size_t first, size_t count, double *damage,
                                IoptError *err);

/* damage[i]: of unit i.  *used: how many experiments it took, at most `most` and at least one. */
IOPT_MUST_USE IoptStatus iopt_rank_units(size_t n_units, size_t most, IoptTryUnits *attempt,
                                         void *context, double *damage, size_t *used,
                                         IoptError *err);

/* The most damage for its work first; equal ones by their first layer. */
void iopt_sort_units(IoptLayerUnit *units, size_t count);

/* Moves units whose work would leave less than `enough` of it behind the others, in their order: so
 * one large unit does not keep the smaller ones behind it from being float before that. */
IOPT_MUST_USE IoptStatus iopt_postpone_units(IoptLayerUnit *units, size_t count, double whole_work,
                                             double enough, IoptError *err);

/* How many of the sorted units are float in each candidate: 0, then as many more as make a
 * difference in work or damage; at least one stays in eight bits.  `out` has room for `count` + 1.
 * Returns how many candidates there are.
 *
 *   whole_work  multiply-adds of all layers of the network */
size_t iopt_list_candidates(const IoptLayerUnit *units, size_t count, double whole_work,
                            size_t *out);

#endif
