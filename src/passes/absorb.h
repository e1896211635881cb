/* Whether and how a channel map behind a value can be computed by the nodes that make the value. */
#ifndef IOPT_PASSES_ABSORB_H
#define IOPT_PASSES_ABSORB_H

#include "passes/scale_filter.h"

/* Whether `affine` of the value can go into filters and biases before it; if not, *why says what is
 * in the way.  Walks at most 16 nodes deep and 64 wide. */
bool iopt_absorb_check(IoptValue value, const IoptAffine *affine, const char **why);

/* Builds copies of the nodes on the way with the map inside; iopt_absorb_check said yes. */
IoptStatus iopt_absorb_build(IoptEdit *edit, IoptValue value, const IoptAffine *affine,
                             IoptValue *out, IoptError *err);

#endif
