/* What the four Resize ops share: their inputs, their attributes, and where a pixel comes from. */
#ifndef IOPT_OPS_RESIZE_H
#define IOPT_OPS_RESIZE_H

#include "ops/ints.h"

/* Shape rule of images [N,H,W,C] and size [2] -> [N,size[0],size[1],C] of `type`. */
IoptStatus iopt_resize_infer(const IoptNode *node, const IoptFact *in, IoptDType type,
                             IoptFact *out, IoptError *err);

/* Input pixels per output pixel along an axis, in float as TensorFlow has it. */
float iopt_resize_scale(int64_t in, int64_t out, bool align_corners);

/* A resize at work. */
typedef struct IoptResize {
    int64_t n, in_h, in_w, out_h, out_w, channels;
    float scale_h, scale_w;
    bool align_corners, half_pixel; /* attributes align_corners, half_pixel_centers */
} IoptResize;

IoptResize iopt_resize_of(const IoptNode *node, const IoptTensor *images, const IoptTensor *out);

/* Position of output pixel `at` along an axis of the input. */
static inline float iopt_resize_at(const IoptResize *resize, int64_t at, float scale)
{
    return resize->half_pixel ? ((float)at + 0.5f) * scale - 0.5f : (float)at * scale;
}

/* Element index of pixel (n, y, x) of the input. */
static inline size_t iopt_resize_pixel(const IoptResize *r, int64_t n, int64_t y, int64_t x)
{
    return (size_t)(((n * r->in_h + y) * r->in_w + x) * r->channels);
}

#endif
