/* Placeholders that only training needs, and giving a placeholder a value. */
#ifndef IOPT_PASSES_TRAINING_FLAGS_H
#define IOPT_PASSES_TRAINING_FLAGS_H

#include "passes/pass.h"

/* Whether a node is a placeholder such as is_training or keep_prob: no input of the network. */
bool iopt_is_training_flag(const IoptNode *node);

/* A scalar placeholder becomes a Const of its name (bool: 0 or 1); it is no input any more.
 * Fails with IOPT_INVALID_ARGUMENT if the node is not such a placeholder. */
IoptStatus iopt_placeholder_set(IoptNode *node, double value, IoptError *err);

/* Sets every training flag that is not among graph->inputs to its value at inference, and writes
 * "phase_train=0, keep_prob=1" to `notice` for the user. */
IoptStatus iopt_training_flags_default(IoptGraph *graph, char *notice, size_t notice_bytes,
                                       size_t *changes, IoptError *err);

#endif
