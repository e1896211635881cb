/* Graphviz drawings of graphs: `dot -Tsvg net.dot -o net.svg`. */
#ifndef IOPT_FORMATS_DOT_H
#define IOPT_FORMATS_DOT_H

#include "graph/graph.h"

typedef struct IoptDotOptions {
    bool clusters; /* a box around each name scope */
} IoptDotOptions;

/* Draws every node with op, last part of its name and, where facts tell it, its shape.  Constants
 * are small; control edges are dashed; inputs and outputs have thick frames. */
IoptStatus iopt_dot_save(const IoptGraph *graph, const IoptDotOptions *options, const char *path,
                         IoptError *err);

#endif
