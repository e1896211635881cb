/* Which channels of a graph can be scaled together.
 *
 * Every layer (Conv2D, depthwise, MatMul) makes new channels. What commutes with positive factors
 * hands them on; a concatenation puts them side by side; a sum makes channel c of both sides one
 * set; layers read them.  A set divided by s[set] where it is made and multiplied by s[set] in the
 * filters that read it leaves the graph's outputs as they are, but for rounding.
 *
 *   pinned    its factor has to be 1: an output, a filter that is shared, or an op that does not
 *             commute (Sigmoid, a batch norm, a product) reads it
 *   relu6     goes through Relu6, which commutes only while it does not cut
 */
#ifndef IOPT_PASSES_INT8_CHANNEL_SETS_H
#define IOPT_PASSES_INT8_CHANNEL_SETS_H

#include "graph/graph.h"

/* The channels of one node's first output; set of channel c: sets->of[first + c]. */
typedef struct IoptChannels {
    size_t first, count; /* count 0: nothing is known */
    int rank, axis;      /* of the value, and where its channels lie */
    bool is_made;        /* by this node: it is a layer */
    bool is_read;        /* by a layer */
} IoptChannels;

typedef struct IoptChannelSets {
    IoptChannels *nodes; /* [n_nodes], by IoptNode.index */
    size_t n_nodes;
    size_t *of; /* sets, 0 .. n_sets-1 */
    size_t n_of, of_capacity;
    size_t n_sets, sets_capacity;
    bool *pinned, *relu6; /* [n_sets] */
} IoptChannelSets;

/* The graph is compact, and its nodes keep their indices while the sets are used.  *out is to be
 * freed in any case. */
IoptStatus iopt_channel_sets_find(const IoptGraph *graph, IoptChannelSets *out, IoptError *err);
void iopt_channel_sets_free(IoptChannelSets *sets);

static inline const IoptChannels *iopt_channels_of(const IoptChannelSets *sets,
                                                   const IoptNode *node)
{
    return &sets->nodes[node->index];
}

#endif
