/* The outputs of one run, and how far two runs are apart. */
#ifndef IOPT_MEASURE_OUTPUTS_H
#define IOPT_MEASURE_OUTPUTS_H

#include "iopt/engine.h"

/* { 0 } holds nothing. */
typedef struct IoptOutputs {
    IoptTensor **tensors;
    size_t count;
} IoptOutputs;

/* Runs a plan once.  *out is what iopt_outputs_free frees; empty on failure. */
IOPT_MUST_USE IoptStatus iopt_outputs_compute(const IoptPlan *plan, const IoptTensor *const *in,
                                              IoptOutputs *out, IoptError *err);
void iopt_outputs_free(IoptOutputs *outputs);

/* The same tensors once more. */
IOPT_MUST_USE IoptStatus iopt_outputs_share(const IoptOutputs *outputs, IoptOutputs *out,
                                            IoptError *err);

/* *difference: the largest over all outputs of max |a - b| / max |a|, infinities aside.
 * Fails with IOPT_BOUND_MISSED where no number can say it: other types or shapes, a NaN, infinity
 * or string on one side only. */
IOPT_MUST_USE IoptStatus iopt_outputs_compare(const IoptOutputs *before, const IoptOutputs *after,
                                              double *difference, IoptError *err);

#endif
