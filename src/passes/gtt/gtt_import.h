/* Importing a list of nodes as TensorFlow does: everything is checked, nothing is forgiven. */
#ifndef IOPT_PASSES_GTT_IMPORT_H
#define IOPT_PASSES_GTT_IMPORT_H

#include "passes/gtt/gtt_transform.h"

/* The imported nodes, in execution order (of those that are ready the first in the file). */
typedef struct IoptGttImport {
    IoptNodeList *list; /* with default attributes, without _output_shapes */
    IoptGraph *graph;   /* the same nodes, linked, with facts */
    IoptNode **nodes;   /* nodes[i] is list->nodes[i] in the graph */
    size_t *n_out;      /* outputs of nodes[i] */
    size_t n;
} IoptGttImport;

typedef struct IoptGttImportOptions {
    bool check_output_shapes;    /* attributes _output_shapes have to agree with inferred shapes */
    bool drop_stale_colocations; /* _class entries that name nodes which are gone are no error */
    bool later_attrs; /* attributes that 1.15 does not know are no error, as in later versions */
} IoptGttImportOptions;

/* IOPT_NOT_FOUND for an op that nobody knows; IOPT_INVALID_ARGUMENT for bad and repeated names,
 * absent inputs, cycles, attributes, ports, types, shapes and colocations, in TensorFlow's
 * words. */
IoptStatus iopt_gtt_import(const IoptNodeList *in, const IoptGttImportOptions *options,
                           IoptGttImport *out, IoptError *err);
void iopt_gtt_import_free(IoptGttImport *import);

/* An error of ours in words of TensorFlow's: whatever is wrong with a graph is an argument. */
IoptStatus iopt_gtt_as_argument(IoptStatus status, IoptError *err);

#endif
