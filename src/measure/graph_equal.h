/* Whether two graphs say the same, as TensorFlow's EqualGraphDef judges; and if not, where.
 *
 * The order of nodes, versions and functions do not count, "x" is "x:0", attributes whose names
 * begin with _ are the runtime's own.
 */
#ifndef IOPT_MEASURE_GRAPH_EQUAL_H
#define IOPT_MEASURE_GRAPH_EQUAL_H

#include "base/text.h"
#include "graph/node_list.h"

/* *difference stays empty if they are equal; else it tells the first difference in one line, found
 * in the order of `expected`. */
IOPT_MUST_USE IoptStatus iopt_graphs_equal(const IoptNodeList *actual, const IoptNodeList *expected,
                                           IoptText *difference, IoptError *err);

#endif
