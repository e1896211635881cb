/* Streams: values that sums hand on and on, and on which the rounding of 8 bits piles up. */
#ifndef IOPT_PASSES_INT8_QUANT_STREAMS_H
#define IOPT_PASSES_INT8_QUANT_STREAMS_H

#include "passes/int8/quant_walk.h"

/* A stream is a value with all sums that add to it, through activations and poolings.  Each sum
 * rounds it again, with a variance of step^2 / 12 on top of what came with its inputs.  If that is
 * anywhere more than four times the variance of one rounding, as after four sums and more, all of
 * the stream is to be wide: is_wide[point] = true.  So it is if layers read a sum of it through
 * per-channel maps only (ResNet V2): there 16 bits cost nothing.
 *
 *   point_at  by node->index: the point, or IOPT_NO_POINT */
IoptStatus iopt_quant_find_wide_streams(const IoptQuantWalk *walk, const IoptQuantization *plan,
                                        const int *point_at, bool *is_wide, IoptError *err);

#endif
