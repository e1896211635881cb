/* Transposed convolutions, the gradients of a convolution's input: what their ops share.
 *
 * Inputs are input_sizes (the shape of dx), the filter and dy; the output is dx.  A convolution of
 * dx must have the shape of dy.
 */
#ifndef IOPT_OPS_TRANSPOSED_CONV_H
#define IOPT_OPS_TRANSPOSED_CONV_H

#include "ops/conv.h"

/* Checks types and ranks of filter and dy. */
IoptStatus iopt_transposed_inputs(const IoptNode *node, const IoptFact *in, IoptError *err);

/* dy must have the images and the size that a convolution of dx gives; *out is dx. */
IoptStatus iopt_transposed_infer(const IoptNode *node, const IoptFact *in,
                                 const IoptWindowRule *rule, const IoptImage *dx, IoptFact *out,
                                 IoptError *err);

/* One to compute: windows slide over dx and give dy. */
typedef struct IoptTransposed {
    IoptWindowRule rule;
    IoptImage dx, dy;
    IoptWindowPlace place[IOPT_SPATIAL];
    const IoptTensor *filter, *grad;
} IoptTransposed;

IoptStatus iopt_transposed(const IoptNode *node, const IoptWindowRule *rule,
                           const IoptTensor *const *in, const IoptTensor *dx, IoptTransposed *out,
                           IoptError *err);

#endif
