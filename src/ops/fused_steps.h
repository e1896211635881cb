/* What follows a product in a fused op: attribute fused_ops names a bias or a batch norm, and an
 * activation. */
#ifndef IOPT_OPS_FUSED_STEPS_H
#define IOPT_OPS_FUSED_STEPS_H

#include "ops/op.h"

/* Checks fused_ops and the inputs 2 ... that it needs: BiasAdd a vector, FusedBatchNorm scale,
 * offset, mean and variance, of `channels` values (-1: not known). */
IoptStatus iopt_fused_infer(const IoptNode *node, const IoptFact *in, int64_t channels,
                            IoptError *err);

/* Applies the steps to y in place; `channel_axis` is the dimension of y that they follow. */
IoptStatus iopt_fused_apply(const IoptNode *node, const IoptTensor *const *in, IoptTensor *y,
                            int channel_axis, IoptError *err);

#endif
