/* Patterns of nodes, as trees, and where they match. */
#ifndef IOPT_PASSES_GTT_MATCH_H
#define IOPT_PASSES_GTT_MATCH_H

#include "graph/node_list.h"

/* `op` is "*" or alternatives "A|B".  Without sub-patterns a node's inputs do not matter; with them
 * there are as many data inputs as sub-patterns.
 *
 *     static const IoptGttPattern pattern = {
 *         "Mul", 2, (const IoptGttPattern[]){
 *             { "Conv2D|MatMul", 2, (const IoptGttPattern[]){ { .op = "*" }, { .op = "Const" } } },
 *             { .op = "Const" } } };
 */
typedef struct IoptGttPattern {
    const char *op;
    size_t n_in;
    const struct IoptGttPattern *in;
} IoptGttPattern;

/* A matched pattern: the tree of its nodes. */
typedef struct IoptGttMatch {
    const IoptListNode *node;
    size_t n_in;
    const struct IoptGttMatch *in;
} IoptGttMatch;

/* Matches in the order they were found (execution order of their heads); no node is in two. */
typedef struct IoptGttMatches {
    IoptGttMatch **at;
    size_t n, capacity;
    IoptArena *arena; /* holds the trees */
} IoptGttMatches;

IoptStatus iopt_gtt_find_matches(const IoptNodeList *list, const IoptGttPattern *pattern,
                                 IoptGttMatches *out, IoptError *err);
void iopt_gtt_matches_free(IoptGttMatches *matches);

/* The distinct nodes of a match, breadth first from the head.  free() the array. */
IoptStatus iopt_gtt_match_nodes(const IoptGttMatch *match, const IoptListNode ***out, size_t *count,
                                IoptError *err);

#endif
