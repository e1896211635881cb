/* What differs between two graphs, node by node, matched by name. */
#ifndef IOPT_MEASURE_GRAPH_DIFF_H
#define IOPT_MEASURE_GRAPH_DIFF_H

#include "graph/graph.h"

typedef enum IoptDiffKind {
    IOPT_DIFF_ONLY_A,
    IOPT_DIFF_ONLY_B,
    IOPT_DIFF_OP,
    IOPT_DIFF_INPUTS,
    IOPT_DIFF_ATTR,
    IOPT_DIFF_KINDS
} IoptDiffKind;

typedef struct IoptDiff {
    IoptDiffKind kind;
    const char *node; /* belongs to a graph */
    const char *text; /* "Relu6 -> Relu"; belongs to the list */
} IoptDiff;

/* { 0 } is empty. */
typedef struct IoptGraphDiff {
    IoptDiff *items; /* in the order of a, then what is in b alone */
    size_t count, capacity;
    size_t kinds[IOPT_DIFF_KINDS]; /* how many of each */
    size_t same;                   /* nodes that are alike in every way */
    IoptArena *arena;
} IoptGraphDiff;

IOPT_MUST_USE IoptStatus iopt_graph_diff(const IoptGraph *a, const IoptGraph *b, IoptGraphDiff *out,
                                         IoptError *err);
void iopt_graph_diff_free(IoptGraphDiff *diff);

/* "only in A", "op". */
const char *iopt_diff_kind_text(IoptDiffKind kind);

/* Values that both graphs compute under the same name and type, in a's order of computation:
 * layers that can be compared.  Constants are left out, and what lies behind a Switch without a
 * Merge, which may have no value.  free() both arrays. */
IOPT_MUST_USE IoptStatus iopt_common_layers(const IoptGraph *a, const IoptGraph *b,
                                            IoptValue **of_a, IoptValue **of_b, size_t *count,
                                            IoptError *err);

/* Whether two nodes of the same op have other constants: a convolution that took up a batch norm
 * has another filter, and its value is another one by intention. */
bool iopt_has_other_weights(const IoptNode *a, const IoptNode *b);

#endif
