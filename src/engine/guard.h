/* Guards: under which conditions a node runs, where Switch and Merge depend on values of the
 * run. */
#ifndef IOPT_ENGINE_GUARD_H
#define IOPT_ENGINE_GUARD_H

#include "graph/graph.h"

enum { IOPT_MOST_CONDITIONS = 8 }; /* nested branches */

typedef struct IoptCondition {
    IoptValue pred; /* a bool */
    bool side;      /* what it has to be */
} IoptCondition;

/* All of them have to hold. */
typedef struct IoptGuard {
    size_t n;
    IoptCondition condition[IOPT_MOST_CONDITIONS];
} IoptGuard;

/* A guard for each node, by node->index; NULL if the graph has no Switch.  *why is set instead
 * (to a text in `arena`) if the branches do not nest as conditions do.  free() the array. */
IoptStatus iopt_guards_find(const IoptGraph *graph, IoptArena *arena, IoptGuard **out,
                            const char **why, IoptError *err);

/* The guard of a value: its node's, and the side of a Switch. */
IoptGuard iopt_guard_of(const IoptGuard *guards, IoptValue value);

#endif
