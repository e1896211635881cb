/* What convolutions and pooling share: attributes of a sliding window, and its output size.
 *
 * Everything has three spatial axes, depth, height and width; an op on 2-D images has a depth of 1.
 */
#ifndef IOPT_OPS_WINDOW_RULE_H
#define IOPT_OPS_WINDOW_RULE_H

#include "ops/op.h"

enum { IOPT_SPATIAL = 3 };

/* Names the dimensions of x or y, whichever order they have in memory.  -1: not known. */
typedef struct IoptImage {
    int64_t batch, channels, size[IOPT_SPATIAL];
    int64_t batch_stride, channel_stride, stride[IOPT_SPATIAL]; /* of a known shape */
} IoptImage;

typedef struct IoptWindowRule {
    int axes;            /* that the op has: 2 or 3 */
    bool channels_first; /* NCHW, NCDHW */
    enum { IOPT_PAD_VALID, IOPT_PAD_SAME, IOPT_PAD_EXPLICIT } padding;
    int64_t stride[IOPT_SPATIAL], dilation[IOPT_SPATIAL], explicit_pad[IOPT_SPATIAL][2];
    int64_t kernel[IOPT_SPATIAL]; /* set by whoever knows it; -1: not known */
} IoptWindowRule;

/* Where a window of a known size stands: tap k of output o sees input o * stride - pad + k *
 * dilation. */
typedef struct IoptWindowPlace {
    int64_t out, pad; /* output size, padding before the image */
} IoptWindowPlace;

/* Reads padding, explicit_paddings, data_format, dilations; strides too unless the op takes them
 * as an input. */
IoptStatus iopt_window_rule(const IoptNode *node, int axes, bool has_strides, IoptWindowRule *rule,
                            IoptError *err);

/* The same for a convolution, with the kernel's size: the first `axes` dimensions of the filter, if
 * they are known. */
IoptStatus iopt_conv_rule(const IoptNode *node, int axes, const IoptShape *filter,
                          IoptWindowRule *rule, IoptError *err);

/* The same for a depthwise one over two axes, whose dilations TensorFlow ignores on CPU. */
IoptStatus iopt_depthwise_rule(const IoptNode *node, const IoptShape *filter, IoptWindowRule *rule,
                               IoptError *err);

/* Spreads a list with one number per dimension of the image, such as ksize: each in 1 .. 2^31 - 1,
 * the batch's 1, the channels' 1 unless `channels` takes it. */
IoptStatus iopt_window_spread(const IoptNode *node, const char *what, const int64_t *list,
                              size_t count, const IoptWindowRule *rule, int64_t out[IOPT_SPATIAL],
                              int64_t *channels, IoptError *err);

/* Output size and padding along an axis; unknown sizes give an unknown output. */
IoptStatus iopt_window_place(const IoptNode *node, const IoptWindowRule *rule, int axis,
                             int64_t in_size, IoptWindowPlace *place, IoptError *err);

/* The dimensions of a shape of rank axes + 2, and back. */
IoptImage iopt_image(const IoptShape *shape, const IoptWindowRule *rule);
IoptShape iopt_image_shape(const IoptImage *image, const IoptWindowRule *rule);

/* The product of the dimensions that are known: for counting work. */
double iopt_known_elems(const IoptShape *shape);

#endif
