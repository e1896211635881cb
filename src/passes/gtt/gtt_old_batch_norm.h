/* Scale and offset per channel of the batch norms of old graphs. */
#ifndef IOPT_PASSES_GTT_OLD_BATCH_NORM_H
#define IOPT_PASSES_GTT_OLD_BATCH_NORM_H

#include "passes/gtt/gtt_match.h"

/* y = x * scale + offset, a value per channel. */
typedef struct IoptBatchNorm {
    float *scale, *offset;
    size_t channels;
} IoptBatchNorm;

/* Reads a matched BatchNormWithGlobalNormalization or FusedBatchNorm (of any version) whose four
 * parameters are constants.  IOPT_INVALID_ARGUMENT on shapes and missing attributes, with
 * TensorFlow's words. */
IoptStatus iopt_gtt_read_batch_norm(const IoptGttMatch *match, IoptBatchNorm *out, IoptError *err);
void iopt_gtt_free_batch_norm(IoptBatchNorm *norm);

#endif
