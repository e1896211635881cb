/* For targets whose bytes are a binary GraphDef; the value of its last node is the output. */
#ifndef IOPT_FUZZ_WHOLE_GRAPH_H
#define IOPT_FUZZ_WHOLE_GRAPH_H

#include <stddef.h>
#include <stdint.h>

#include "graph/graph.h"

/* The graph, with its output set, or NULL; the caller's to destroy. */
IoptGraph *fuzz_graph(const uint8_t *data, size_t size);

/* Plans the graph; a small plan runs once, on zeros. */
void fuzz_plan_and_run(const IoptGraph *graph);

#endif
