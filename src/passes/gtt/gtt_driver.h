/* The Graph Transform Tool as a whole: a transform string, parsed and run over a list of nodes. */
#ifndef IOPT_PASSES_GTT_DRIVER_H
#define IOPT_PASSES_GTT_DRIVER_H

#include "passes/gtt/gtt_transform.h"

typedef struct IoptGttCall {
    char *name;
    IoptGttParams params;
} IoptGttCall;

typedef struct IoptGttCalls {
    IoptGttCall *at;
    size_t n, capacity;
    size_t unclosed; /* 0, or the column where the last transform's ) is missing; it was dropped */
} IoptGttCalls;

/* Parses a transform string.  IOPT_INVALID_ARGUMENT has TensorFlow's message first, then, in
 * brackets, the column. */
IoptStatus iopt_gtt_parse(const char *text, IoptGttCalls *out, IoptError *err);
void iopt_gtt_calls_free(IoptGttCalls *calls);

/* Runs parsed transforms one after the other.
 *
 *   context   inputs, outputs, strict_compat and log; params are set here; folded is the caller's
 *             count, or NULL to begin at zero
 *   out       the result; on failure NULL
 */
IoptStatus iopt_gtt_run(const IoptNodeList *in, const IoptGttCalls *calls,
                        const IoptTransformContext *context, IoptNodeList **out, IoptError *err);

#endif
