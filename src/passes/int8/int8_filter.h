/* Filters in int8: symmetric, one scale per output channel.
 *
 *   form    w ~ q * scale[c], q in -127 .. 127; a filter is a matrix [taps][channels] with output
 *           channels last (MatMul's transpose_b is undone; depthwise [h,w,C,M] has C*M channels)
 *   nodes   Const int8 -> Cast -> Mul by Const float: [C], or [C,M] for depthwise filters
 */
#ifndef IOPT_PASSES_INT8_INT8_FILTER_H
#define IOPT_PASSES_INT8_INT8_FILTER_H

#include "graph/graph.h"
#include "passes/scale_filter.h"

typedef struct IoptInt8Weights {
    IoptTensor *values; /* int8, in the shape that the layer will read */
    IoptTensor *scale;  /* float */
    double sqnr_db;     /* mean square of w over that of the error; INFINITY for none */
} IoptInt8Weights;

/* The scale of each channel: by the largest magnitude, or (least_squares) the one with the least
 * squared error among steps down to 0.6 of that, then fitted to what was rounded.  Channels of
 * zeros have scale 1.  The filter is float and finite.
 *
 *   least   no scale is below least[c]: a channel of next to no weights with a bias would else need
 *           a bias beyond int32; NULL for no bound */
IoptStatus iopt_int8_weights_choose(const IoptTensor *filter, const IoptFilterLayout *layout,
                                    bool least_squares, const float *least, IoptInt8Weights *out,
                                    IoptError *err);

/* Given values (in the layout of iopt_int8_matrix) and scales. */
IoptStatus iopt_int8_weights_given(const IoptTensor *filter, const IoptFilterLayout *layout,
                                   const IoptTensor *values, const float *scale,
                                   IoptInt8Weights *out, IoptError *err);
void iopt_int8_weights_free(IoptInt8Weights *weights);

/* The filter as the layer will read it: a copy with output channels last. */
IoptStatus iopt_int8_matrix(const IoptTensor *filter, const IoptFilterLayout *layout,
                            IoptTensor **out, IoptError *err);

/* Makes the three nodes in the layer's graph and the layer read them; the Mul takes the name of the
 * filter, if nobody else reads that.  Takes the tensors, also on failure. */
IoptStatus iopt_int8_weights_build(IoptNode *layer, const IoptFilterLayout *layout,
                                   IoptInt8Weights *weights, IoptError *err);

/* A layer's (or any node's) input becomes a new constant under the old one's name, if nobody else
 * reads that; takes the tensor. */
IoptStatus iopt_int8_set_const(IoptNode *node, size_t slot, IoptTensor *taken, IoptError *err);

#endif
