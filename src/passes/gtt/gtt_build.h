/* Small steps of building nodes that the transforms share. */
#ifndef IOPT_PASSES_GTT_BUILD_H
#define IOPT_PASSES_GTT_BUILD_H

#include "passes/gtt/gtt_transform.h"

/* A Const with attributes dtype and value, stored as tensor_content; takes the tensor, also on
 * failure.  `field`: a single element is stored in its typed field instead. */
IoptStatus iopt_gtt_add_const(IoptNodeList *list, const char *name, IoptTensor *taken,
                              IoptListNode **out, IoptError *err);
IoptStatus iopt_gtt_add_const_field(IoptNodeList *list, const char *name, IoptTensor *taken,
                                    IoptListNode **out, IoptError *err);
IoptStatus iopt_gtt_add_const_f32(IoptNodeList *list, const char *name, float value,
                                  IoptListNode **out, IoptError *err);

/* Copies an attribute under another (or the same) name; IOPT_INVALID_ARGUMENT if it is absent. */
IoptStatus iopt_gtt_copy_attr(const IoptListNode *from, const char *name, IoptListNode *to,
                              const char *as, IoptError *err);

/* The tensor in a node's attribute "value", whatever its op.  IOPT_INVALID_ARGUMENT, with
 * TensorFlow's words, if it is absent or cannot be decoded; the bytes may be unaligned. */
IoptStatus iopt_gtt_value(const IoptListNode *node, const IoptTensor **out, IoptError *err);

/* Adds an input made from a format: iopt_gtt_add_inputf(node, err, "%s:1", name). */
IoptStatus iopt_gtt_add_inputf(IoptListNode *node, IoptError *err, const char *format, ...)
    IOPT_PRINTF(3, 4);

#endif
