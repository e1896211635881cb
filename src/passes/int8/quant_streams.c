/* Finding streams that 8 bits would spoil. */
#include "passes/int8/quant_streams.h"

#include <math.h>
#include <stdlib.h>

#include "tensor/quant_range.h"

/* One rounding, and three more that came with it, cost a bit: 6 dB. */
static const double most_roundings = 4;

typedef struct Stream {
    double noise;  /* variance of all roundings so far that reach the value unchanged */
    size_t parent; /* union-find: nodes of one stream */
    bool is_spoilt;
} Stream;

static size_t find_root(Stream *streams, size_t at)
{
    while (streams[at].parent != at)
        at = streams[at].parent = streams[streams[at].parent].parent;
    return at;
}

/* The value hands on what input `slot` has gathered. */
static void gather(Stream *streams, const IoptNode *node, size_t slot)
{
    const size_t from = node->in[slot].node->index, to = node->index;

    if (streams[from].noise <= 0)
        return;
    streams[to].noise += streams[from].noise;
    const size_t a = find_root(streams, from), b = find_root(streams, to);
    streams[b].parent = a;
    streams[a].is_spoilt = streams[a].is_spoilt || streams[b].is_spoilt;
}

/* A sum that layers read through per-channel maps only, as in ResNet V2: its 8 bits are made behind
 * the map, so that 16 before it cost no step more. */
static bool is_preactivated(const IoptQuantWalk *walk, const IoptNode *node)
{
    bool has_map = false;

    for (size_t i = 0; i < node->n_uses; i++) {
        const IoptUse use = node->uses[i];
        const IoptQuantKind kind = (IoptQuantKind)iopt_quant_note(walk, use.node)->kind;
        if (use.slot == IOPT_CONTROL)
            continue;
        if (kind != IOPT_KIND_AFFINE && kind != IOPT_KIND_SUM && kind != IOPT_KIND_KEEP)
            return false;
        has_map = has_map || kind == IOPT_KIND_AFFINE;
    }
    return has_map;
}

static double rounding(const IoptQuantPoint *point)
{
    const double step = (double)iopt_quant_range(point->min, point->max, 8).scale;
    return step * step / 12;
}

static void visit(const IoptQuantWalk *walk, const IoptQuantization *plan, const int *point_at,
                  Stream *streams, const IoptNode *node)
{
    const IoptQuantKind kind = (IoptQuantKind)iopt_quant_note(walk, node)->kind;
    const int at = point_at[node->index];

    if (kind == IOPT_KIND_SUM)
        for (size_t i = 0; i < 2; i++)
            gather(streams, node, i);
    if (kind == IOPT_KIND_KEEP || kind == IOPT_KIND_RELU)
        gather(streams, node, iopt_quant_data_slot(node));
    if (at == IOPT_NO_POINT || !iopt_quant_walk_is_point(walk, node) || !plan->points[at].has_range)
        return;
    if (kind == IOPT_KIND_RELU && iopt_quant_note(walk, node->in[0].node)->wants)
        return; /* keeps the q of what it reads */
    const double once = rounding(&plan->points[at]);
    Stream *const stream = &streams[node->index];
    stream->noise += once;
    const bool is_free = kind == IOPT_KIND_SUM && is_preactivated(walk, node);
    if (is_free || stream->noise > most_roundings * once)
        streams[find_root(streams, node->index)].is_spoilt = true;
}

IoptStatus iopt_quant_find_wide_streams(const IoptQuantWalk *walk, const IoptQuantization *plan,
                                        const int *point_at, bool *is_wide, IoptError *err)
{
    const IoptGraph *const graph = walk->graph;
    void *block;

    IOPT_TRY(iopt_alloc(&block, graph->n_nodes, sizeof(Stream), err));
    Stream *const streams = block;
    for (size_t i = 0; i < graph->n_nodes; i++)
        streams[i].parent = i;
    for (size_t k = 0; k < graph->n_nodes; k++)
        visit(walk, plan, point_at, streams, walk->order[k]);
    for (size_t i = 0; i < graph->n_nodes; i++) {
        const size_t at = graph->nodes[i]->index;
        if (point_at[at] != IOPT_NO_POINT)
            is_wide[point_at[at]] =
                plan->points[point_at[at]].may_widen && streams[find_root(streams, at)].is_spoilt;
    }
    free(block);
    return IOPT_OK;
}
