/* Replacing every match of a pattern by new nodes, at the place of its head. */
#ifndef IOPT_PASSES_GTT_REPLACE_H
#define IOPT_PASSES_GTT_REPLACE_H

#include "passes/gtt/gtt_match.h"
#include "passes/gtt/gtt_transform.h"

/* A match and its borders. */
typedef struct IoptGttSite {
    const IoptGttMatch *match;
    const IoptListNode *const *nodes; /* distinct, breadth first from the head */
    size_t n_nodes;
    const bool *reads_outside; /* per node: some input, data or control, is no node of the match */
    const bool *used_outside;  /* per node: some node outside the match reads it */
    const IoptTransformContext *context;
} IoptGttSite;

/* Appends the nodes that stand for the match to `made`: new ones (iopt_list_add) and copies of old
 * ones (iopt_list_add_copy).  An error ends the transform. */
typedef IoptStatus (*IoptGttGenerator)(const IoptGttSite *site, void *user, IoptNodeList *made,
                                       IoptError *err);

typedef struct IoptGttRule {
    const IoptGttPattern *pattern;
    IoptGttGenerator generate;
    void *user;
    /* Whether a node that is used outside may vanish.  If not, such a replacement is given up and
     * the old nodes are kept, in breadth first order. */
    bool allow_inconsistencies;
} IoptGttRule;

IoptStatus iopt_gtt_replace(const IoptNodeList *in, const IoptTransformContext *context,
                            const IoptGttRule *rule, IoptNodeList **out, IoptError *err);

bool iopt_gtt_used_outside(const IoptGttSite *site, const IoptListNode *node);
bool iopt_gtt_reads_outside(const IoptGttSite *site, const IoptListNode *node);

#endif
