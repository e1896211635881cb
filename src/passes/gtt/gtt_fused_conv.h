/* What the transforms that fuse into a convolution share. */
#ifndef IOPT_PASSES_GTT_FUSED_CONV_H
#define IOPT_PASSES_GTT_FUSED_CONV_H

#include "passes/gtt/gtt_transform.h"

/* The parts of Conv2D(MirrorPad(ResizeBilinear(...), paddings), weights); pad or resize is NULL
 * where the chain has none. */
typedef struct IoptFusedConv {
    const IoptListNode *conv, *pad, *resize;
} IoptFusedConv;

/* Appends the node that stands for the chain: the convolution's name, its strides, padding and
 * type, the mode of `pad` (REFLECT without one), align_corners of `resize`.  Other attributes are
 * lost, as in TensorFlow's tool, and said.
 *
 *   paddings   the input that holds the paddings, as spelled
 */
IoptStatus iopt_gtt_add_fused_conv(IoptNodeList *made, const IoptFusedConv *chain,
                                   const char *paddings, const IoptTransformContext *context,
                                   IoptError *err);

#endif
