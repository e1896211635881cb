/* Scaling the weights of a convolution per output channel, for folding batch norms. */
#ifndef IOPT_PASSES_GTT_SCALE_H
#define IOPT_PASSES_GTT_SCALE_H

#include "passes/gtt/gtt_transform.h"

/* A constant's floats at an aligned address, and its shape; the caller destroys the tensor.
 * IOPT_INVALID_ARGUMENT if the node has no value or none of floats. */
IoptStatus iopt_gtt_floats(const IoptListNode *constant, IoptTensor **out, IoptError *err);

/* How many output channels weights of this shape give to the op of `conv`; the last axis of the
 * weights counts them out, fastest.  IOPT_INVALID_ARGUMENT if the rank is not the op's. */
IoptStatus iopt_gtt_columns(const IoptListNode *conv, const IoptShape *weights, size_t *out,
                            IoptError *err);

/* weights[i] *= scale[i mod columns]. */
void iopt_gtt_scale(IoptTensor *weights, const float *scale, size_t columns);

#endif
