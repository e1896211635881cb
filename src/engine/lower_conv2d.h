/* A convolution on its way into a plan, and the algorithms that it can take. */
#ifndef IOPT_ENGINE_LOWER_CONV2D_H
#define IOPT_ENGINE_LOWER_CONV2D_H

#include "engine/lower.h"
#include "kernels/window.h"

typedef struct IoptConv {
    const IoptChain *chain;
    IoptWindow window;
    size_t images, groups;
    size_t depth, outputs;     /* of one group */
    const void *filter;        /* [kernel_h, kernel_w, depth, groups * outputs], at any address */
    IoptPlace x, y, places[2]; /* places: what the step reads, x and the residual */
    size_t n_places;
} IoptConv;

static inline size_t iopt_conv_taps(const IoptConv *conv)
{
    return conv->window.kernel_h * conv->window.kernel_w;
}

/* Rows of the product: output pixels of one image. */
static inline size_t iopt_conv_pixels(const IoptConv *conv)
{
    return conv->window.out_h * conv->window.out_w;
}

/* The filter of group `group` packed for gemm_f32. */
IoptStatus iopt_conv_pack(IoptLower *lower, const IoptConv *conv, const IoptVariant *variant,
                          size_t group, const float **out, IoptError *err);

/* gemm_f32 on the image as it lies, its pixels found through offsets. */
IoptStatus iopt_lower_conv_direct(IoptLower *lower, const IoptConv *conv, IoptError *err);

/* gemm_f32 on windows copied together, for images of few channels. */
bool iopt_conv_wants_columns(const IoptConv *conv);
IoptStatus iopt_lower_conv_columns(IoptLower *lower, const IoptConv *conv, IoptError *err);

/* winograd_f32, where it is the fastest. */
bool iopt_conv_wants_winograd(const IoptLower *lower, const IoptConv *conv, size_t *tile);
IoptStatus iopt_lower_conv_winograd(IoptLower *lower, const IoptConv *conv, size_t tile,
                                    IoptError *err);

#endif
