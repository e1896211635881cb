/* What a pass is: a rewrite of a graph, with a stated exactness. */
#ifndef IOPT_PASSES_PASS_H
#define IOPT_PASSES_PASS_H

#include "graph/edit.h"
#include "graph/match.h"
#include "ops/infer.h"

typedef enum IoptExactness {
    IOPT_SAME_BITS, /* outputs keep every bit, computed by the plain-C results */
    IOPT_ROUNDING,  /* sums are rounded elsewhere: compared within a bound */
    IOPT_LOSSY      /* judged by measured accuracy */
} IoptExactness;

/* What the user asked for, for passes to look at. */
typedef struct IoptPassOptions {
    size_t max_folded_bytes; /* bound on bytes that folding may add to the file (0: 1 MB a node) */
} IoptPassOptions;

typedef struct IoptPassContext {
    const IoptPassOptions *options;
    size_t changes; /* nodes rewritten, removed or replaced, counted by the pass */
    size_t skips;
    char skip_text[256]; /* the last reason */
} IoptPassContext;

typedef struct IoptPass {
    const char *name, *brief;
    const char *after; /* names of passes that have to run before, space-separated, or NULL */
    IoptExactness exactness;

    /* Either a pattern and its rewrite, applied at every match until none is left ... */
    const IoptPattern *pattern;
    size_t n_pattern;
    IoptStatus (*rewrite)(IoptEdit *edit, IoptNode *const *at, IoptError *err);

    /* ... or a function over the whole graph.  Facts are inferred before it is called. */
    IoptStatus (*run)(IoptGraph *graph, IoptPassContext *context, IoptError *err);
} IoptPass;

const IoptPass *iopt_pass_find(const char *name);
const IoptPass *const *iopt_passes(size_t *count);

/* Runs one pass on the graph, to its end: infers, rewrites, sweeps, verifies. */
IoptStatus iopt_pass_run(const IoptPass *pass, IoptGraph *graph, IoptPassContext *context,
                         IoptError *err);

#endif
