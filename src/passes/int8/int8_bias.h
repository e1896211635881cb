/* The bias behind a layer: found, and changed by what rounded weights shift on average.
 *
 * With e = w_hat - w, output channel c is off by the sum over taps and input channels of
 * e[tap, i, c] * E[x at that tap, channel i] on average.  E is the calibrated mean of the channel,
 * times the share of output places at which the tap lies inside the image (zero padding adds
 * nothing): the correction is exact for the mean over an image of independent places.
 */
#ifndef IOPT_PASSES_INT8_INT8_BIAS_H
#define IOPT_PASSES_INT8_INT8_BIAS_H

#include "graph/graph.h"
#include "passes/int8/int8_filter.h"

/* The layer's only reader, if it adds a constant per output channel: BiasAdd, or an Add that does
 * the same; else NULL.  *slot is the constant's. */
IoptNode *iopt_int8_bias_node(const IoptNode *layer, size_t channels, size_t *slot);

/* shift[c] = the mean error of each output channel; `matrix` is the filter with output channels
 * last, `mean` is per input channel of the layer (`in_channels` of them). */
IoptStatus iopt_int8_bias_shift(const IoptNode *layer, const IoptFilterLayout *layout,
                                const IoptTensor *matrix, const IoptInt8Weights *weights,
                                const float *mean, size_t in_channels, double *shift,
                                IoptError *err);

/* Takes `shift` off the layer's bias in its graph; makes a BiasAdd if there is none. */
IoptStatus iopt_int8_bias_correct(IoptNode *layer, const double *shift, size_t channels,
                                  IoptError *err);

#endif
