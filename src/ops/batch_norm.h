/* Batch normalization: what FusedBatchNorm shares with ops that contain one (_FusedConv2D). */
#ifndef IOPT_OPS_BATCH_NORM_H
#define IOPT_OPS_BATCH_NORM_H

#include "ops/op.h"

/* y = (x - mean) * factor + offset, factor = scale / sqrt(variance + epsilon), for one channel. */
typedef struct IoptNormalizer {
    double mean, factor, offset;
} IoptNormalizer;

IoptNormalizer iopt_normalizer(double mean, double variance, double scale, double offset,
                               double epsilon);

static inline double iopt_normalize(const IoptNormalizer *n, double x)
{
    return (x - n->mean) * n->factor + n->offset;
}

#endif
