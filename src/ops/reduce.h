/* Reductions: which axes go, and the way from input elements to output elements. */
#ifndef IOPT_OPS_REDUCE_H
#define IOPT_OPS_REDUCE_H

#include "ops/elementwise.h"

/* Shape rule: in[0] without the axes that the i32 or i64 values of in[1] name (negative ones count
 * from the end, repeated ones count once); attribute keep_dims leaves them as 1. */
IoptStatus iopt_infer_reduction(const IoptNode *node, const IoptFact *in, IoptFact *out,
                                IoptError *err);

/* A walk over all elements of `x`; offset[0] is the output element each belongs to.  The axes
 * were checked by the shape rule. */
void iopt_reduction_walk(const IoptTensor *x, const IoptTensor *axes, IoptWalk *walk);

#endif
