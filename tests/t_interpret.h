/* A small interpreter: evaluates a graph node by node through iopt_op_infer and iopt_op_eval. */
#ifndef IOPT_TESTS_T_INTERPRET_H
#define IOPT_TESTS_T_INTERPRET_H

#include "graph/graph.h"

typedef struct TFeed {
    IoptValue value;
    const IoptTensor *tensor; /* borrowed */
} TFeed;

/* Computes `wanted` from `feeds`; out[i] are the caller's to destroy.  Nodes that nothing wanted
 * needs are not looked at.  Switch, Merge and dead values behave as in TensorFlow: a dead wanted
 * value is an error (IOPT_BAD_DATA).  Every value is compared with what inference said about it
 * beforehand (iopt_graph_infer; a contradiction is IOPT_BOUND_MISSED).  An op that is not there is
 * IOPT_UNSUPPORTED, "no op NAME". */
IoptStatus t_interpret(IoptGraph *graph, const TFeed *feeds, size_t n_feeds,
                       const IoptValue *wanted, size_t n_wanted, IoptTensor **out, IoptError *err);

#endif
