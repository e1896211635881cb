/* The walk from layers up to what they read. */
#include "passes/int8/quant_walk.h"

#include <stdlib.h>

#include "passes/affine.h"
#include "passes/scale_filter.h"

static const char keep_ops[] =
    "MaxPool|Reshape|Squeeze|ExpandDims|Identity|StopGradient|Transpose|Pad|StridedSlice|Slice|"
    "Split|SplitV|SpaceToDepth|DepthToSpace|SpaceToBatchND|BatchToSpaceND|SpaceToBatch|"
    "BatchToSpace|ResizeNearestNeighbor";

/* --- kinds ------------------------------------------------------------------------------------ */

static bool is_constant(IoptValue value)
{
    return iopt_const_mapped(value.node) || iopt_fact_at(value).value;
}

/* A mean over the two image axes: what AvgPool over everything is. */
static bool is_image_mean(const IoptNode *node)
{
    const IoptTensor *const axes = node->n_in == 2 ? iopt_fact_at(node->in[1]).value : NULL;

    return iopt_is_op(node, "Mean") && axes && iopt_elems(axes) == 2 &&
           iopt_fact_at(node->in[0]).shape.rank == 4;
}

static bool is_sum(const IoptNode *node)
{
    if (!iopt_op_in(node->op, "Add|AddV2") || node->n_in != 2)
        return false;
    const IoptFact a = iopt_fact_at(node->in[0]), b = iopt_fact_at(node->in[1]);
    if (a.dtype != IOPT_F32 || is_constant(node->in[0]) || is_constant(node->in[1]) ||
        a.shape.rank < 1 || a.shape.rank != b.shape.rank)
        return false;
    for (int i = 1; i < a.shape.rank; i++) /* the batch may be unknown, but is one */
        if (a.shape.dim[i] < 0 || a.shape.dim[i] != b.shape.dim[i])
            return false;
    return true;
}

static bool is_affine(const IoptNode *node)
{
    IoptAffine affine;
    size_t slot;

    if (!iopt_affine_read(node, &affine, &slot))
        return false;
    iopt_affine_free(&affine);
    return true;
}

static IoptQuantKind kind_of(const IoptNode *node)
{
    IoptFilterLayout layout;

    if (node->n_in == 0 ||
        iopt_fact_at((IoptValue){ (IoptNode *)(uintptr_t)node, 0 }).dtype != IOPT_F32)
        return IOPT_KIND_OTHER;
    if (iopt_filter_layout(node, &layout))
        return iopt_is_op(node, "Conv2DBackpropInput") ? IOPT_KIND_OTHER : IOPT_KIND_LAYER;
    if (iopt_op_in(node->op, "Relu|Relu6"))
        return IOPT_KIND_RELU;
    if (iopt_is_op(node, "AvgPool") || is_image_mean(node))
        return IOPT_KIND_POOL;
    if (iopt_op_in(node->op, "ConcatV2|Concat"))
        return IOPT_KIND_CONCAT;
    if (iopt_op_in(node->op, keep_ops))
        return IOPT_KIND_KEEP;
    if (is_sum(node))
        return IOPT_KIND_SUM;
    return is_affine(node) ? IOPT_KIND_AFFINE : IOPT_KIND_OTHER;
}

size_t iopt_quant_concat_inputs(const IoptNode *node, size_t *first)
{
    *first = iopt_is_op(node, "Concat") ? 1 : 0;
    return node->n_in - 1;
}

size_t iopt_quant_data_slot(const IoptNode *node)
{
    if (iopt_is_op(node, "Split"))
        return 1;
    return node->n_in == 2 && is_constant(node->in[0]) ? 1 : 0;
}

IoptStatus iopt_quant_walk_create(const IoptGraph *graph, IoptQuantWalk *walk, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    void *notes = NULL;

    *walk = (IoptQuantWalk){ .graph = graph };
    IOPT_DO(iopt_graph_order(graph, &walk->order, err));
    IOPT_DO(iopt_alloc(&notes, graph->n_nodes, sizeof(IoptQuantNote), err));
    walk->notes = notes;
    for (size_t i = 0; i < graph->n_nodes; i++)
        walk->notes[graph->nodes[i]->index].kind = (uint8_t)kind_of(graph->nodes[i]);
done:
    if (status != IOPT_OK)
        iopt_quant_walk_free(walk);
    return status;
}

void iopt_quant_walk_free(IoptQuantWalk *walk)
{
    free(walk->order);
    free(walk->notes);
    *walk = (IoptQuantWalk){ 0 };
}

/* --- groups ----------------------------------------------------------------------------------- */

static size_t find_root(const IoptQuantWalk *walk, size_t at)
{
    while (walk->notes[at].group != at)
        at = walk->notes[at].group = walk->notes[walk->notes[at].group].group;
    return at;
}

static void join(const IoptQuantWalk *walk, const IoptNode *a, const IoptNode *b)
{
    const size_t x = find_root(walk, a->index), y = find_root(walk, b->index);

    walk->notes[x > y ? x : y].group = x > y ? y : x;
}

size_t iopt_quant_walk_group(const IoptQuantWalk *walk, const IoptNode *node)
{
    return find_root(walk, node->index);
}

/* --- the walk --------------------------------------------------------------------------------- */

/* Nodes whose wants grew.  A node comes again at most once for each kind of want. */
typedef struct Queue {
    const IoptNode **nodes;
    size_t count, capacity;
} Queue;

static IoptStatus want(IoptQuantWalk *walk, Queue *queue, IoptValue value, unsigned wants,
                       IoptError *err)
{
    IoptQuantNote *const note = iopt_quant_note(walk, value.node);
    void *nodes = queue->nodes;

    if ((note->wants | wants) == note->wants)
        return IOPT_OK;
    if (iopt_fact_at(value).dtype != IOPT_F32 || is_constant(value))
        return IOPT_OK;
    note->wants |= (uint8_t)wants;
    const IoptStatus status =
        iopt_grow(&nodes, &queue->capacity, queue->count + 1, sizeof *queue->nodes, err);
    queue->nodes = nodes;
    IOPT_TRY(status);
    queue->nodes[queue->count++] = value.node;
    return IOPT_OK;
}

IoptNode *iopt_quant_chain_layer(const IoptQuantWalk *walk, const IoptNode *end)
{
    const IoptNode *node = end;

    if (iopt_quant_note(walk, node)->kind == IOPT_KIND_RELU) {
        node = node->in[0].node;
        if (iopt_node_uses(node) != 1)
            return NULL;
    }
    while (iopt_quant_note(walk, node)->kind == IOPT_KIND_AFFINE) {
        node = node->in[iopt_quant_data_slot(node)].node;
        if (iopt_node_uses(node) != 1)
            return NULL;
    }
    const bool is_layer = iopt_quant_note(walk, node)->kind == IOPT_KIND_LAYER;
    return is_layer ? (IoptNode *)(uintptr_t)node : NULL;
}

/* A sum computes in the accumulators of the layer on one side, if nobody else reads that side: the
 * later layer of two.  The other side, or both, are values of their own. */
static IoptStatus descend_sum(IoptQuantWalk *walk, Queue *queue, const IoptNode *sum,
                              IoptError *err)
{
    int fused = -1;

    for (int i = 0; i < 2; i++) {
        const IoptNode *const side = sum->in[i].node;
        const IoptNode *const layer =
            iopt_node_uses(side) == 1 && iopt_quant_note(walk, side)->kind != IOPT_KIND_RELU
                ? iopt_quant_chain_layer(walk, side)
                : NULL;
        if (layer && iopt_quant_note(walk, layer)->is_int8)
            fused = i;
    }
    for (int i = 0; i < 2; i++)
        if (i != fused)
            IOPT_TRY(want(walk, queue, sum->in[i], IOPT_WANT_RESIDUAL, err));
    return IOPT_OK;
}

/* What is behind a per-channel map or an activation: the layer of its chain, or a value of its own.
 */
static IoptStatus descend_chain(IoptQuantWalk *walk, Queue *queue, const IoptNode *node,
                                IoptError *err)
{
    const IoptNode *at = node;

    if (iopt_quant_chain_layer(walk, node))
        return IOPT_OK;
    do {
        const IoptValue x = at->in[iopt_quant_data_slot(at)];
        const IoptQuantKind kind = (IoptQuantKind)iopt_quant_note(walk, x.node)->kind;
        if (kind == IOPT_KIND_OTHER || kind == IOPT_KIND_LAYER)
            return IOPT_OK;
        if (kind == IOPT_KIND_SUM && at == node &&
            iopt_quant_note(walk, at)->kind == IOPT_KIND_RELU && iopt_node_uses(x.node) == 1)
            return descend_sum(walk, queue, x.node, err);
        if (kind != IOPT_KIND_AFFINE)
            return want(walk, queue, x, IOPT_WANT_STREAM, err);
        at = x.node;
    } while (true);
}

static IoptStatus descend(IoptQuantWalk *walk, Queue *queue, const IoptNode *node, IoptError *err)
{
    const IoptQuantNote *const note = iopt_quant_note(walk, node);
    size_t first;

    switch ((IoptQuantKind)note->kind) {
    case IOPT_KIND_KEEP:
        return want(walk, queue, node->in[iopt_quant_data_slot(node)], note->wants, err);
    case IOPT_KIND_CONCAT: {
        const size_t count = iopt_quant_concat_inputs(node, &first);
        const unsigned wants =
            IOPT_WANT_CONCAT | (note->wants & (IOPT_WANT_STREAM | IOPT_WANT_RESIDUAL));
        for (size_t i = first; i < first + count; i++) {
            IOPT_TRY(want(walk, queue, node->in[i], wants, err));
            join(walk, node, node->in[i].node);
        }
        return IOPT_OK;
    }
    case IOPT_KIND_SUM: return descend_sum(walk, queue, node, err);
    case IOPT_KIND_POOL: return want(walk, queue, node->in[0], IOPT_WANT_DIRECT, err);
    case IOPT_KIND_RELU:
    case IOPT_KIND_AFFINE: return descend_chain(walk, queue, node, err);
    case IOPT_KIND_LAYER:
    case IOPT_KIND_OTHER: break;
    }
    return IOPT_OK;
}

/* What keeps the q of its input is in the group of its input. */
static void join_keepers(const IoptQuantWalk *walk)
{
    for (size_t i = 0; i < walk->graph->n_nodes; i++) {
        const IoptNode *const node = walk->graph->nodes[i];
        const IoptQuantNote *const note = iopt_quant_note(walk, node);
        if (note->wants && note->kind == IOPT_KIND_KEEP)
            join(walk, node, node->in[iopt_quant_data_slot(node)].node);
    }
}

IoptStatus iopt_quant_walk_run(IoptQuantWalk *walk, IoptError *err)
{
    const IoptGraph *const graph = walk->graph;
    IoptStatus status = IOPT_OK;
    Queue queue = { 0 };
    IoptFilterLayout layout;

    for (size_t i = 0; i < graph->n_nodes; i++) {
        walk->notes[i].wants = 0;
        walk->notes[i].group = i;
    }
    for (size_t i = 0; i < graph->n_nodes; i++) {
        const IoptNode *const node = graph->nodes[i];
        if (iopt_quant_note(walk, node)->is_int8 && iopt_filter_layout(node, &layout))
            IOPT_DO(want(walk, &queue, node->in[layout.data], IOPT_WANT_DIRECT, err));
    }
    while (queue.count)
        IOPT_DO(descend(walk, &queue, queue.nodes[--queue.count], err));
    join_keepers(walk);
done:
    free(queue.nodes);
    return status;
}

bool iopt_quant_walk_is_point(const IoptQuantWalk *walk, const IoptNode *node)
{
    const IoptQuantNote *const note = iopt_quant_note(walk, node);

    if (note->kind == IOPT_KIND_KEEP)
        return false;
    if (note->kind == IOPT_KIND_OTHER) /* floats go into per-channel maps as they are */
        return note->wants & (unsigned)~IOPT_WANT_STREAM;
    return note->wants;
}
