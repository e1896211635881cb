/* Copies of several nodes, each once. */
#ifndef IOPT_PASSES_GTT_COPIES_H
#define IOPT_PASSES_GTT_COPIES_H

#include "graph/node_list.h"

/* Appends copies; a node that `list` has under its name already is left out. */
IoptStatus iopt_gtt_add_copies(IoptNodeList *list, const IoptListNode *const *nodes, size_t count,
                               IoptError *err);

#endif
