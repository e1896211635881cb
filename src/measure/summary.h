/* What a graph is: inputs, outputs, ops, sizes, work, what training left behind, what we cannot
 * run. */
#ifndef IOPT_MEASURE_SUMMARY_H
#define IOPT_MEASURE_SUMMARY_H

#include <cjson/cJSON.h>

#include "base/text.h"
#include "graph/graph.h"

/* An input or output; texts belong to the summary. */
typedef struct IoptSummaryValue {
    const char *name, *op;
    IoptDType dtype;
    IoptShape shape; /* as the graph says; of outputs as inferred for one image */
} IoptSummaryValue;

typedef struct IoptSummaryOp {
    const char *op;
    size_t count; /* function bodies included */
    double macs;  /* multiply-adds of all of them, for one image */
    bool is_known;
    const char *first; /* a node that has this op */
} IoptSummaryOp;

/* A kind of thing that inference does not need. */
typedef struct IoptLeftover {
    const char *kind; /* "dropout", "queues and readers" */
    size_t count;
    const char *first; /* a node of this kind */
} IoptLeftover;

enum { IOPT_MAX_LEFTOVERS = 16 };

typedef struct IoptSummary {
    size_t n_nodes, n_control_edges, n_functions;
    IoptSummaryValue *inputs, *outputs;
    size_t n_inputs, n_outputs;
    IoptSummaryOp *ops; /* the most frequent first; equal counts by name */
    size_t n_ops, n_unknown_ops;
    size_t n_constants, parameters; /* elements of constants */
    size_t constant_bytes, graph_bytes;
    double macs;           /* for one image, as far as shapes are known */
    size_t n_macs_unknown; /* nodes that have multiply-adds, but shapes that are not known */
    IoptLeftover leftovers[IOPT_MAX_LEFTOVERS];
    size_t n_leftovers;
    IoptArena *arena;
} IoptSummary;

/* Looks at a compact graph, which stays as it is.  Inputs and outputs are the graph's own if it
 * has been told, else guessed.  Unknown batch sizes count as 1. */
IoptStatus iopt_summarize(const IoptGraph *graph, IoptSummary *out, IoptError *err);
void iopt_summary_free(IoptSummary *summary);

/* As a table for people, and as JSON (cJSON_Delete). */
IoptStatus iopt_summary_table(const IoptSummary *summary, IoptText *out, IoptError *err);
IoptStatus iopt_summary_json(const IoptSummary *summary, cJSON **out, IoptError *err);

/* What training left behind, counted by kind (summary_leftovers.c). */
void iopt_find_leftovers(const IoptGraph *graph, IoptSummary *out);

#endif
