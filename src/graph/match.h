/* Patterns: a small tree of nodes, as data, and the search for it.
 *
 * Slot 0 (ANY) matches every value.  Slot 1 is the root.  A slot's `in` names the slots of its
 * inputs; 0 matches anything there, and inputs beyond the listed ones are not looked at unless
 * `n_in` says how many there must be.
 */
#ifndef IOPT_GRAPH_MATCH_H
#define IOPT_GRAPH_MATCH_H

#include "graph/graph.h"

enum { IOPT_PATTERN_MAX_INPUTS = 8, IOPT_PATTERN_MAX_SLOTS = 24 };

typedef struct IoptPattern {
    const char *op; /* "Conv2D|MatMul"; NULL: any op */
    uint8_t in[IOPT_PATTERN_MAX_INPUTS];
    IoptDType dtype;  /* of output 0, from its fact or the Const's type; NONE: any */
    bool commutes;    /* the first two inputs may stand the other way round */
    bool sole_user;   /* nobody but the matched parent uses this node (a graph output is a use) */
    bool is_optional; /* may be absent: then its first input is matched in its place */
} IoptPattern;

/* Tries to match with `root` at slot 1; at[slot] are the matched nodes (NULL for absent ones). */
bool iopt_match(const IoptPattern *pattern, size_t n_slots, IoptNode *root, IoptNode **at);

#endif
