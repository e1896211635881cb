/* The window of a convolution or a pooling, as the kernels want it. */
#ifndef IOPT_ENGINE_LOWER_WINDOW_H
#define IOPT_ENGINE_LOWER_WINDOW_H

#include "engine/lower.h"
#include "kernels/window.h"

/* Whether a node slides over NHWC images of known shape and all sizes are small enough. */
bool iopt_slides_over_nhwc(const IoptNode *node);

/* The size of a pooling's window, from ksize or, in V2, from input 1; false if that is not known or
 * the window spans channels or images. */
bool iopt_pool_size(const IoptNode *node, int64_t size[4]);

/* The window of such a node.
 *
 *   pad       a Pad before it that it includes, or NULL
 *   kernel_*  the window's size */
IoptStatus iopt_lower_window(const IoptNode *node, const IoptNode *pad, size_t kernel_h,
                             size_t kernel_w, IoptWindow *out, IoptError *err);

#endif
