/* What goes into a graph and what comes out of it, when nobody says so.
 *
 *   source   TensorFlow's summarize_graph: placeholders; nodes that no other node names
 */
#ifndef IOPT_FORMATS_IO_GUESS_H
#define IOPT_FORMATS_IO_GUESS_H

#include "graph/graph.h"

/* The placeholders, in file order; where there is none, those with a default that is no flag
 * (is_training and the like are bool).  free() the array; none gives an empty one. */
IoptStatus iopt_guess_inputs(const IoptGraph *graph, IoptValue **out, size_t *count,
                             IoptError *err);

/* Nodes that no other node reads, but Const, Assign, NoOp and Placeholder, in file order.
 *
 * `runnable` leaves out what training and quantize_nodes left behind, as long as something else
 * remains: nodes that give no value (Assert, summaries, savers, queues), codes (QuantizeV2) and
 * those that no input reaches.  Without it
 * the list is summarize_graph's own. */
IoptStatus iopt_guess_outputs(const IoptGraph *graph, bool runnable, IoptValue **out, size_t *count,
                              IoptError *err);

#endif
