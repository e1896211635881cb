/* Names of values as TensorFlow's importer reads them: "x", "x:1", "^x".
 *
 * Another reading than that of gtt_names.h: only digits behind the last colon are a port, whatever
 * else has colons is a name as a whole. */
#ifndef IOPT_PASSES_GTT_TENSOR_ID_H
#define IOPT_PASSES_GTT_TENSOR_ID_H

#include "graph/graph.h"

typedef struct IoptTensorId {
    IoptBytes node; /* a view into the text */
    int port;       /* IOPT_CONTROL for ^x */
} IoptTensorId;

IoptTensorId iopt_tensor_id(const char *text);
bool iopt_tensor_id_equal(IoptTensorId a, IoptTensorId b);

/* Whether the id's node has this name. */
bool iopt_tensor_id_names(IoptTensorId id, const char *node);

/* Its node in the graph, or NULL. */
IoptNode *iopt_tensor_id_find(const IoptGraph *graph, IoptTensorId id);

#endif
