/* Factors of equalized channels, as a calibration keeps them: by layer, not by set. */
#ifndef IOPT_MEASURE_CHANNEL_FACTORS_H
#define IOPT_MEASURE_CHANNEL_FACTORS_H

#include "measure/calibration.h"
#include "passes/int8/channel_sets.h"

/* Writes down the factors [n_sets] of the layers that have any but 1.  Makes the arena if need be.
 */
IoptStatus iopt_channel_factors_keep(const IoptGraph *graph, const IoptChannelSets *sets,
                                     const double *factor, IoptCalibration *out, IoptError *err);

/* The same factors for another calibration. */
IoptStatus iopt_channel_factors_copy(const IoptCalibration *from, IoptCalibration *to,
                                     IoptError *err);

/* factor [n_sets] of what was written down.  IOPT_BAD_DATA, naming the layer: the graph has it not,
 * or with another number of channels; a factor is not within 1e-6 .. 1e6, is none of 1 though the
 * channel cannot be scaled, or another one than that of a layer whose channels go together. */
IoptStatus iopt_channel_factors_read(const IoptCalibration *calibration, const IoptGraph *graph,
                                     const IoptChannelSets *sets, double *factor, IoptError *err);

#endif
