/* Execution order and validity of a list of nodes. */
#ifndef IOPT_PASSES_GTT_SORT_H
#define IOPT_PASSES_GTT_SORT_H

#include "passes/gtt/gtt_transform.h"

/* The nodes in TensorFlow's execution order, *count of them; free() the array.  On a cycle or an
 * unknown input the array holds what could be ordered, and IOPT_INVALID_ARGUMENT tells of it. */
IoptStatus iopt_gtt_order(const IoptNodeList *list, IoptListNode ***out, size_t *count,
                          IoptError *err);

/* The same as a list (versions and library dropped); *out is set on IOPT_OK only. */
IoptStatus iopt_gtt_sort(const IoptNodeList *list, IoptNodeList **out, IoptError *err);

/* Every input names a node, or IOPT_BAD_MODEL; each that does not is said. */
IoptStatus iopt_gtt_check_valid(const IoptNodeList *list, const IoptTransformContext *context,
                                IoptError *err);

#endif
