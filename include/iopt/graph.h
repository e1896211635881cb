/* Graphs: loading, choosing inputs and outputs, optimizing, saving.
 *
 * A graph belongs to the caller and is used by one thread at a time.
 *
 *     iopt_graph_load("net.pb", NULL, &graph, &err)
 *     iopt_graph_optimize(&graph, NULL, NULL, &err)
 *     iopt_graph_save(graph, "fast.pb", IOPT_FORM_BINARY, &err)
 */
#ifndef IOPT_GRAPH_H
#define IOPT_GRAPH_H

#include <stdbool.h>

#include "iopt/status.h"
#include "iopt/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct IoptGraph IoptGraph;

/* What is asked for when a graph is loaded; all zeros guess everything.  Names are those of nodes
 * ("softmax") or of values ("split:1"). */
typedef struct IoptLoadOptions {
    const char *const *inputs; /* what will be fed; none: the placeholders that the outputs need */
    size_t n_inputs;
    const char *const *outputs; /* what is wanted; none: the nodes that no other node reads */
    size_t n_outputs;
    const char *const *sets; /* "NAME=VALUE": a placeholder becomes a constant */
    size_t n_sets;
    const char *const *shapes; /* "1,299,299,3" for the only input, or "NAME=1,299,299,3" */
    size_t n_shapes;
} IoptLoadOptions;

/* Loads a frozen GraphDef, binary or text, told by its contents.  Placeholders that only training
 * needs (is_training, keep_prob) take their value at inference unless they are inputs.
 *
 *   path     a file
 *   options  NULL for the defaults; borrowed during the call
 *   out      the caller's, for iopt_graph_destroy; NULL on failure
 *
 * Fails with IOPT_NOT_FOUND or IOPT_IO for the file, IOPT_BAD_MODEL or IOPT_UNSUPPORTED for what is
 * in it, IOPT_INVALID_ARGUMENT for names, values and shapes that the graph does not have. */
IOPT_API IOPT_MUST_USE IoptStatus iopt_graph_load(const char *path, const IoptLoadOptions *options,
                                                  IoptGraph **out, IoptError *err);
IOPT_API void iopt_graph_destroy(IoptGraph *graph); /* NULL is fine */

typedef enum IoptForm {
    IOPT_FORM_BINARY, /* .pb */
    IOPT_FORM_TEXT    /* .pbtxt */
} IoptForm;

/* Writes a graph that TensorFlow can load; the file appears under its name only when it is whole.
 * Fails with IOPT_IO. */
IOPT_API IOPT_MUST_USE IoptStatus iopt_graph_save(const IoptGraph *graph, const char *path,
                                                  IoptForm form, IoptError *err);

/* The number of nodes, and the names of inputs and outputs: "node", or "node:port" for a port other
 * than 0.  Names belong to the graph; NULL beyond the last one, or out of memory. */
IOPT_API size_t iopt_graph_nodes(const IoptGraph *graph);
IOPT_API size_t iopt_graph_inputs(const IoptGraph *graph);
IOPT_API size_t iopt_graph_outputs(const IoptGraph *graph);
IOPT_API const char *iopt_graph_input_name(const IoptGraph *graph, size_t i);
IOPT_API const char *iopt_graph_output_name(const IoptGraph *graph, size_t i);

/* One pass, as it went. */
typedef struct IoptPassReport {
    const char *pass;
    bool changed, reverted;
    double ms;
    size_t nodes_before, nodes_after;
    double difference; /* of the outputs on seeded input, relative to the largest; NaN: unknown */
    const char *note;  /* why it was reverted or not compared, what it skipped; "" */
} IoptPassReport;

/* All zeros are the defaults. */
typedef struct IoptOptimizeOptions {
    const char *recipe;      /* NULL: "float", which keeps the meaning of the graph */
    size_t max_folded_bytes; /* that folding one node may add; 0: 1 MB */
    bool unchecked;          /* do not run the graph before and after each pass */
    size_t threads;          /* of these runs; 0: the physical cores of this process */
    uint64_t seed;           /* of their input */
    void (*report)(void *context, const IoptPassReport *report); /* after all passes; or NULL */
    void *context;
} IoptOptimizeOptions;

/* Optimizes a graph for inference.  A pass that fails, or changes the outputs beyond its bound, is
 * taken back, and the others go on.
 *
 *   graph       in, out: may become another graph, in which case the old one is gone; on failure it
 *               is a valid graph
 *   options     NULL for the defaults
 *   difference  out: of the outputs before and after all, relative to the largest; NaN if it could
 *               not be measured; NULL if it is not wanted
 *
 * Fails with IOPT_INVALID_ARGUMENT for an unknown recipe, or one that wants images (int8);
 * IOPT_NO_MEMORY. */
IOPT_API IOPT_MUST_USE IoptStatus iopt_graph_optimize(IoptGraph **graph,
                                                      const IoptOptimizeOptions *options,
                                                      double *difference, IoptError *err);

#ifdef __cplusplus
}
#endif
#endif
