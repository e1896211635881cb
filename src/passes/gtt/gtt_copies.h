/* Copies of several nodes, each once; copies of all, each changed. */
#ifndef IOPT_PASSES_GTT_COPIES_H
#define IOPT_PASSES_GTT_COPIES_H

#include "graph/node_list.h"

/* Appends copies; a node that `list` has under its name already is left out. */
IoptStatus iopt_gtt_add_copies(IoptNodeList *list, const IoptListNode *const *nodes, size_t count,
                               IoptError *err);

/* Changes a node by itself, as `setting` says. */
typedef IoptStatus IoptGttChange(IoptListNode *node, const void *setting, IoptError *err);

/* A list of changed copies of all nodes; NULL on failure. */
IoptStatus iopt_gtt_change_each(const IoptNodeList *in, IoptGttChange *change, const void *setting,
                                IoptNodeList **out, IoptError *err);

#endif
