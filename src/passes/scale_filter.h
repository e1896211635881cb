/* Filters multiplied by channel constants, on the output or on the input side. */
#ifndef IOPT_PASSES_SCALE_FILTER_H
#define IOPT_PASSES_SCALE_FILTER_H

#include "passes/affine.h"

/* How the ops that multiply by a filter lay out its channels. */
typedef struct IoptFilterLayout {
    const char *op;
    size_t slot;  /* which input is the filter */
    size_t data;  /* which input is the data */
    int rank;     /* of the filter; 0: any above 1 */
    int in_axis;  /* of the filter: input channels */
    int out_axis; /* of the filter: output channels; in_axis and out_axis count from the end, 1 =
                     last */
    bool is_depthwise; /* output channel = input channel * multiplier + m */
} IoptFilterLayout;

/* The layout for a Conv2D, DepthwiseConv2dNative, Conv2DBackpropInput or MatMul with a constant
 * float filter; false for anything else. */
bool iopt_filter_layout(const IoptNode *node, IoptFilterLayout *layout);

/* The filter itself (borrowed), and the number of output channels. */
const IoptTensor *iopt_filter_tensor(const IoptNode *node, const IoptFilterLayout *layout);
size_t iopt_filter_out_channels(const IoptTensor *filter, const IoptFilterLayout *layout);
size_t iopt_filter_in_channels(const IoptTensor *filter, const IoptFilterLayout *layout);

/* Input and output channel of element i: the two last axes of the filter, in either order. */
void iopt_filter_channels(const IoptTensor *filter, const IoptFilterLayout *layout, size_t i,
                          size_t *in, size_t *out);

/* The axis of the node's data that holds channels: 1 for NCHW, else the last of `rank`. */
int iopt_channel_axis(const IoptNode *node, int rank);

/* filter * scale per output (or input) channel, a new tensor. */
IoptStatus iopt_filter_scale(const IoptTensor *filter, const IoptFilterLayout *layout,
                             const IoptAffine *affine, bool input_side, IoptTensor **out,
                             IoptError *err);

/* The constant that shifting the input adds to each output channel: shift[o] = sum over taps and
 * input channels of filter * affine.shift[i]; `out` is a map with that shift and no scale. */
IoptStatus iopt_filter_shift(const IoptTensor *filter, const IoptFilterLayout *layout,
                             const IoptAffine *affine, IoptAffine *out, IoptError *err);

#endif
