/* Taking a node out of the way: its readers read what it reads. */
#ifndef IOPT_PASSES_BYPASS_H
#define IOPT_PASSES_BYPASS_H

#include "graph/edit.h"

/* Every reader of output 0 of `node` reads its input `slot` instead.  If the node is a graph
 * output, the producer of that input takes over its name.  Declines (edit skipped) where it cannot:
 * the node is fed or has control inputs, or the producer's own name counts as well. */
IoptStatus iopt_bypass(IoptEdit *edit, IoptNode *node, size_t slot, IoptError *err);

#endif
