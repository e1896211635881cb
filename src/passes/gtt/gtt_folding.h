/* The steps of fold_constants on an imported graph: cut at inputs and outputs, find what is
 * constant, compute it. */
#ifndef IOPT_PASSES_GTT_FOLDING_H
#define IOPT_PASSES_GTT_FOLDING_H

#include "passes/gtt/gtt_import.h"

/* Nodes on which a folded value waits, for they are not constant. */
typedef struct IoptFoldWaits {
    IoptNode **at;
    size_t n, capacity;
} IoptFoldWaits;

/* A constant value that something else than constants reads. */
typedef struct IoptFoldTarget {
    IoptNode *node;
    int port;
    const char *sort_name; /* targets are replaced in this order */
    int sort_port;
    IoptTensor *value; /* once computed */
} IoptFoldTarget;

typedef struct IoptFolding {
    IoptGttImport import;
    const IoptTransformContext *context;
    IoptNode **feeds; /* feeds[i] stands for context->inputs[i] */

    /* By a node's index in the pruned graph. */
    size_t n;
    bool *constant;
    bool *from_shape; /* constant because the shapes that it asks for are known */
    IoptFoldWaits *waits;

    IoptFoldTarget *targets;
    size_t n_targets, targets_capacity;
} IoptFolding;

/* Feeds, fetches and prunes: inputs become nodes that nothing is known of, and what the outputs do
 * not need goes.  IOPT_NOT_FOUND and IOPT_INVALID_ARGUMENT with TensorFlow's words. */
IoptStatus iopt_folding_cut(IoptFolding *folding, IoptError *err);

/* Finds the constant nodes and the targets, sorted. */
IoptStatus iopt_folding_find(IoptFolding *folding, IoptError *err);

/* Computes the targets. */
IoptStatus iopt_folding_compute(IoptFolding *folding, IoptError *err);

#endif
