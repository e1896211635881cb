/* Followers: ops that are one factor, one summand and one clamp per channel, by constants. */
#ifndef IOPT_ENGINE_FOLLOWER_H
#define IOPT_ENGINE_FOLLOWER_H

#include "graph/graph.h"

/* y = clamp(x * scale[c] + shift[c], lo, hi) */
typedef struct IoptFollower {
    size_t slot; /* which input is x */
    bool scales, shifts, clamps;
    float lo, hi;
} IoptFollower;

/* Whether a node is such a thing: BiasAdd, a batch norm, Add, Sub or Mul by constants, a clamp, or
 * something that changes nothing. */
bool iopt_follower_of(const IoptNode *node, IoptFollower *out);

/* scale and shift of `channels` values each become those of the node after them. */
void iopt_follower_apply(const IoptNode *node, const IoptFollower *follower, size_t channels,
                         double *scale, double *shift);

/* The one node that reads output 0 of a node, and no other output; NULL if there is none or there
 * are several, or a graph output is among them. */
IoptNode *iopt_sole_reader(const IoptNode *node);

#endif
