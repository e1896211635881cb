/* TensorFlow's hash of a node, bit for bit: merge_duplicate_nodes orders its result by it. */
#ifndef IOPT_PASSES_GTT_HASH_H
#define IOPT_PASSES_GTT_HASH_H

#include "graph/node_list.h"

uint64_t iopt_gtt_hash_bytes(const void *bytes, size_t size);

/* The hash of the node with `name` in place of its own. */
IoptStatus iopt_gtt_hash_node(const IoptListNode *node, const char *name, uint64_t *out,
                              IoptError *err);

#endif
