/* What quantize_weights and round_weights see in a Const. */
#ifndef IOPT_PASSES_GTT_WEIGHTS_H
#define IOPT_PASSES_GTT_WEIGHTS_H

#include "passes/gtt/gtt_transform.h"

/* The floats of a Const as a copy of their own; *out is NULL if it holds another type or fewer
 * than `least` elements.  IOPT_INVALID_ARGUMENT, with TensorFlow's words, if the node has no
 * dtype or value, or a value that cannot be decoded or is of another type than it says. */
IoptStatus iopt_gtt_weights(const IoptListNode *node, uint64_t least, IoptTensor **out,
                            IoptError *err);

/* The smallest and the largest value, as TensorFlow looks for them: NaNs do not count, and the
 * largest is FLT_MIN at least, which is the smallest positive normal number. */
typedef struct IoptGttSpan {
    float min, max;
} IoptGttSpan;
IoptGttSpan iopt_gtt_span(const IoptTensor *weights);

/* Gives a span of one number some width. */
IoptGttSpan iopt_gtt_widen(IoptGttSpan span);

/* The span that the values really take.  False, and the reason is told, where one of them is no
 * finite number: such a constant is better left alone. */
bool iopt_gtt_true_span(const IoptTransformContext *context, const char *name,
                        const IoptTensor *weights, IoptGttSpan *out);

#endif
