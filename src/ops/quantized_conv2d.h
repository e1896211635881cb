/* Where the windows of a QuantizedConv2D lie. */
#ifndef IOPT_OPS_QUANTIZED_CONV2D_H
#define IOPT_OPS_QUANTIZED_CONV2D_H

#include "ops/quantized.h"

/* One axis: output position o sees the input from o * stride - offset on. */
typedef struct IoptQuantizedAxis {
    int64_t in, kernel, stride, out;
    int64_t offset; /* pixels before the image; may be negative */
} IoptQuantizedAxis;

typedef struct IoptQuantizedConv2d {
    IoptQuantizedAxis h, w;
    int64_t depth, filters;
} IoptQuantizedConv2d;

/* Sizes are -1 where shapes are not known; refuses attributes that TensorFlow refuses. */
IoptStatus iopt_quantized_conv2d_read(const IoptNode *node, const IoptShape *x,
                                      const IoptShape *filter, IoptQuantizedConv2d *out,
                                      IoptError *err);

#endif
