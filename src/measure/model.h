/* Opening a MODEL for a command: the file, which values go in and come out, constants for
 * placeholders, shapes. */
#ifndef IOPT_MEASURE_MODEL_H
#define IOPT_MEASURE_MODEL_H

#include "formats/model_file.h"
#include "graph/graph.h"

/* { 0 } guesses everything.  All texts are borrowed during the call. */
typedef struct IoptModelRequest {
    IoptModelOptions file;
    const char *const *inputs; /* "node" or "node:port"; none: guessed */
    size_t n_inputs;
    const char *const *outputs; /* likewise */
    size_t n_outputs;
    const char *const *sets; /* "NAME=VALUE": a placeholder becomes a constant */
    size_t n_sets;
    const char *const *shapes; /* "1,299,299,3" for the only input, or "name=1,299,299,3" */
    size_t n_shapes;
    bool as_is;         /* for looking at it: nothing is guessed, training flags stay open */
    bool sets_may_miss; /* a `sets` without its node is left out: optimizing may have removed it */
} IoptModelRequest;

typedef struct IoptModel {
    IoptGraph *graph;  /* with inputs, outputs and facts */
    const char *notes; /* what was guessed or set, for the user: "; "-separated, "" if nothing */
    size_t file_bytes; /* 0 if it is not one file */
    double load_ms;
} IoptModel;

/* Opens a model.  Guessed inputs are the placeholders that the outputs need.
 * Fails with IOPT_INVALID_ARGUMENT for names, values and shapes that do not fit the graph, naming
 * the nearest; as iopt_model_load does for the file. */
IOPT_MUST_USE IoptStatus iopt_model_open(const char *path, const IoptModelRequest *request,
                                         IoptModel *out, IoptError *err);
void iopt_model_close(IoptModel *model);

/* Reads "1,299,299,3"; '?' or -1 leaves a dimension open. */
IOPT_MUST_USE IoptStatus iopt_shape_parse(const char *text, IoptShape *out, IoptError *err);

/* Fixes dimensions of input number `which` that the graph leaves open; what it says must agree.  An
 * input that is no placeholder becomes one. */
IOPT_MUST_USE IoptStatus iopt_model_fix_shape(IoptGraph *graph, size_t which,
                                              const IoptShape *shape, IoptError *err);

/* The same, whatever the graph says. */
IOPT_MUST_USE IoptStatus iopt_model_set_shape(IoptGraph *graph, size_t which,
                                              const IoptShape *shape, IoptError *err);

#endif
