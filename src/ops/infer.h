/* Facts of a whole graph. */
#ifndef IOPT_OPS_INFER_H
#define IOPT_OPS_INFER_H

#include "ops/op.h"

typedef struct IoptInferOptions {
    bool fold;             /* evaluate nodes whose inputs all are known, up to the bound below */
    size_t max_fold_bytes; /* of one value (0: 1 MB): shapes and axes fold, weights do not swell */
    bool strict; /* a node that breaks its op's rule fails, not only one without its inputs; else
                    its facts stay unknown */
} IoptInferOptions;

/* Fills node->facts of every node in order.  Unknown ops get facts that know nothing.  With `fold`
 * small constants are carried along as fact values, owned by the graph. */
IoptStatus iopt_graph_infer(IoptGraph *graph, const IoptInferOptions *options, IoptError *err);

/* One node, from the facts of its inputs. */
IoptStatus iopt_node_infer(IoptNode *node, const IoptInferOptions *options, IoptError *err);

#endif
