/* Comparing lists of nodes with golden ones of the Graph Transform Tool. */
#ifndef IOPT_TESTS_T_GTT_H
#define IOPT_TESTS_T_GTT_H

#include "base/text.h"
#include "graph/node_list.h"

/* What may differ. */
typedef struct TGttCompare {
    float rtol, atol; /* of the elements of float tensors; 0: the same bits (NaN equals NaN) */
    bool any_order;   /* nodes are found by name, not by place */
    const char *const *free_names; /* nodes that may stand anywhere */
    size_t n_free;
} TGttCompare;

/* Appends a line for each of the first differences; none: they are equal.  Node order, names, ops,
 * inputs as spelled, devices, attributes by value, versions, functions and the presence of the
 * library have to agree. */
void t_gtt_compare(const IoptNodeList *got, const IoptNodeList *want, const TGttCompare *may_differ,
                   IoptText *out);

#endif
