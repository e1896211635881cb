/* Running passes one after the other, each measured, checked, and taken back if it broke its
 * promise. */
#ifndef IOPT_PASSES_PIPELINE_H
#define IOPT_PASSES_PIPELINE_H

#include "passes/pass.h"

/* Compares a graph before and after a pass on seeded input: *difference is the largest difference
 * of the outputs relative to their largest value (NaN if the graphs could not be compared; `why`
 * then says why).  IOPT_BOUND_MISSED: the pass broke the bound of its exactness. */
typedef IoptStatus IoptPassCheck(void *context, const IoptGraph *before, const IoptGraph *after,
                                 IoptExactness exactness, double *difference, char *why,
                                 size_t why_bytes, IoptError *err);

typedef enum IoptPassOutcome {
    IOPT_PASS_CHANGED,
    IOPT_PASS_NOTHING,  /* found nothing to do */
    IOPT_PASS_REVERTED, /* broke its bound, or failed: the graph is as before it */
} IoptPassOutcome;

typedef struct IoptPassEntry {
    const char *pass; /* borrowed: the pass's own name */
    IoptPassOutcome outcome;
    double ms;         /* the pass alone */
    double check_ms;   /* comparing before and after */
    double difference; /* as IoptPassCheck says; NaN: not compared */
    size_t changes, skips;
    size_t nodes_before, nodes_after;
    size_t bytes_before, bytes_after; /* of constants, about the size of the file */
    char note[256];                   /* why it was reverted, not compared, or skipped something */
} IoptPassEntry;

/* { 0 } is an empty log. */
typedef struct IoptPassLog {
    IoptPassEntry *entries;
    size_t count, capacity;
} IoptPassLog;

/* Appends a copy of the entry. */
IoptStatus iopt_pass_log_add(IoptPassLog *log, const IoptPassEntry *entry, IoptError *err);
void iopt_pass_log_free(IoptPassLog *log);

typedef struct IoptPipelineOptions {
    IoptPassOptions pass;
    IoptPassCheck *check; /* NULL: passes are not compared */
    void *check_context;
    void (*progress)(void *context, const char *pass, size_t index, size_t count); /* or NULL */
    void *progress_context;
} IoptPipelineOptions;

/* Runs the passes in order.  *graph may become another graph (the old one is destroyed).  A pass
 * that fails or breaks its bound is reverted, named in the log, and the run goes on; only what
 * concerns all of them (no memory, an unknown name) fails. */
IoptStatus iopt_pipeline_run(IoptGraph **graph, const char *const *passes, size_t count,
                             const IoptPipelineOptions *options, IoptPassLog *log, IoptError *err);

/* A recipe: passes, or a transform string, under one name. */
typedef struct IoptRecipe {
    const char *name, *brief;
    const char *const *passes;
    size_t count;
    const char *transforms; /* run by iopt_transforms_run (measure); NULL: passes */
    bool calibrated;        /* goes on with iopt_quantize_run (measure), on images */
} IoptRecipe;

const IoptRecipe *iopt_recipe_find(const char *name); /* NULL if there is none */
const IoptRecipe *iopt_recipes(size_t *count);

/* Runs a recipe of passes until a round of it finds nothing to do (at most 4 rounds): what one pass
 * leaves may be work for another before it.  Later rounds log only the passes that did
 * something. */
IoptStatus iopt_recipe_run(IoptGraph **graph, const IoptRecipe *recipe,
                           const IoptPipelineOptions *options, IoptPassLog *log, IoptError *err);

/* Bytes of all constants of a graph. */
size_t iopt_graph_constant_bytes(const IoptGraph *graph);

#endif
