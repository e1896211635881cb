/* Finding sets of channels: one walk in the order of execution, with union and find. */
#include "passes/int8/channel_sets.h"

#include <stdlib.h>

#include "base/union_find.h"
#include "passes/scale_filter.h"

typedef struct Finder {
    IoptChannelSets *sets;
    size_t *parent; /* of sets, while they are united */
    size_t parent_capacity;
} Finder;

/* --- union and find --------------------------------------------------------------------------- */

static size_t find(Finder *f, size_t set)
{
    return iopt_union_find(f->parent, set);
}

static void unite(Finder *f, size_t a, size_t b)
{
    IoptChannelSets *const sets = f->sets;
    const size_t ra = find(f, a), rb = find(f, b);
    const size_t low = ra < rb ? ra : rb, high = ra < rb ? rb : ra;

    f->parent[high] = low;
    sets->pinned[low] = sets->pinned[low] || sets->pinned[high];
    sets->relu6[low] = sets->relu6[low] || sets->relu6[high];
}

static IoptStatus grow_sets(Finder *f, size_t count, IoptError *err)
{
    IoptChannelSets *const sets = f->sets;
    void *parent = f->parent, *pinned = sets->pinned, *relu6 = sets->relu6;
    size_t capacity = sets->sets_capacity, same = sets->sets_capacity;

    IOPT_TRY(iopt_grow(&parent, &f->parent_capacity, sets->n_sets + count, sizeof(size_t), err));
    f->parent = parent;
    IOPT_TRY(iopt_grow(&pinned, &same, sets->n_sets + count, sizeof(bool), err));
    sets->pinned = pinned;
    IOPT_TRY(iopt_grow(&relu6, &capacity, sets->n_sets + count, sizeof(bool), err));
    sets->relu6 = relu6;
    sets->sets_capacity = capacity;
    return IOPT_OK;
}

/* Room for `count` channels behind the others. */
static IoptStatus add_channels(Finder *f, size_t count, IoptChannels *channels, IoptError *err)
{
    IoptChannelSets *const sets = f->sets;
    void *of = sets->of;

    IOPT_TRY(iopt_grow(&of, &sets->of_capacity, sets->n_of + count, sizeof(size_t), err));
    sets->of = of;
    channels->first = sets->n_of;
    channels->count = count;
    sets->n_of += count;
    return IOPT_OK;
}

/* --- what a node does with the channels it reads ---------------------------------------------- */

static const IoptChannels *channels_at(const Finder *f, IoptValue value)
{
    static const IoptChannels nothing = { 0 };

    return value.port == 0 ? &f->sets->nodes[value.node->index] : &nothing;
}

static void pin(Finder *f, const IoptChannels *channels)
{
    for (size_t c = 0; c < channels->count; c++)
        f->sets->pinned[find(f, f->sets->of[channels->first + c])] = true;
}

static void pin_all_inputs(Finder *f, const IoptNode *node)
{
    for (size_t i = 0; i < node->n_in; i++)
        pin(f, channels_at(f, node->in[i]));
}

static bool is_own_const(const IoptNode *node, size_t slot)
{
    return iopt_const_mapped(node->in[slot].node) && iopt_node_uses(node->in[slot].node) == 1;
}

/* Axes of a constant input, counted from the front; false if they name the channels. */
static bool spares_channels(const IoptNode *node, size_t slot, const IoptChannels *in,
                            size_t *before, size_t *count)
{
    const IoptTensor *const axes = slot < node->n_in ? iopt_const_input(node, slot) : NULL;

    *before = *count = 0;
    if (!axes || (axes->dtype != IOPT_I32 && axes->dtype != IOPT_I64))
        return false;
    *count = iopt_elems(axes);
    for (size_t i = 0; i < *count; i++) {
        const int64_t given = axes->dtype == IOPT_I32 ? ((const int32_t *)axes->data)[i]
                                                      : ((const int64_t *)axes->data)[i];
        const int64_t axis = given < 0 ? given + in->rank : given;
        if (axis < 0 || axis >= in->rank || axis == in->axis)
            return false;
        *before += axis < in->axis;
    }
    return true;
}

static bool squeeze_spares_channels(const IoptNode *node, const IoptChannels *in, size_t *before,
                                    size_t *count)
{
    const int64_t *dims;

    *before = 0;
    *count = iopt_attr_ints(node, "squeeze_dims", &dims);
    for (size_t i = 0; i < *count; i++) {
        const int64_t axis = dims[i] < 0 ? dims[i] + in->rank : dims[i];
        if (axis < 0 || axis >= in->rank || axis == in->axis)
            return false;
        *before += axis < in->axis;
    }
    return *count > 0;
}

/* Padding by zeros, none of it in front of or behind the channels. */
static bool pad_spares_channels(const IoptNode *node, const IoptChannels *in)
{
    const IoptTensor *const pads = node->n_in == 2 ? iopt_const_input(node, 1) : NULL;

    if (!pads || pads->dtype != IOPT_I32 || iopt_elems(pads) != 2 * (size_t)in->rank)
        return false;
    const int32_t *const pad = pads->data;
    return pad[2 * in->axis] == 0 && pad[2 * in->axis + 1] == 0;
}

/* Adds one own constant per channel of the last axis. */
static bool adds_bias(const IoptNode *node, const IoptChannels *in)
{
    if (node->n_in != 2 || !is_own_const(node, 1))
        return false;
    const IoptTensor *const bias = iopt_const_input(node, 1);
    if (!bias || bias->dtype != IOPT_F32 || iopt_elems(bias) != in->count)
        return false;
    if (iopt_is_op(node, "BiasAdd"))
        return true;
    return iopt_op_in(node->op, "Add|AddV2") && in->axis == in->rank - 1 && bias->shape.rank > 0 &&
           (size_t)bias->shape.dim[bias->shape.rank - 1] == in->count;
}

/* The channels of `in` go on, `before` axes in front of them and `gone` in all less. */
static IoptStatus hand_on(Finder *f, const IoptNode *node, const IoptChannels *in, size_t before,
                          size_t gone, IoptError *err)
{
    IoptChannels made = { .rank = in->rank - (int)gone, .axis = in->axis - (int)before };
    const size_t from = in->first, count = in->count;

    IOPT_TRY(add_channels(f, count, &made, err));
    memcpy(f->sets->of + made.first, f->sets->of + from, count * sizeof(size_t));
    f->sets->nodes[node->index] = made;
    return IOPT_OK;
}

/* Whether the op of one data input commutes with positive factors of channels. */
static bool commutes(const IoptNode *node, const IoptChannels *in, size_t *before, size_t *gone)
{
    *before = *gone = 0;
    if (iopt_op_in(node->op, "Relu|Relu6|LeakyRelu|MaxPool|AvgPool|Identity") ||
        adds_bias(node, in))
        return true;
    if (iopt_is_op(node, "Pad"))
        return pad_spares_channels(node, in);
    if (iopt_is_op(node, "Squeeze"))
        return squeeze_spares_channels(node, in, before, gone);
    if (!iopt_is_op(node, "Mean") || !spares_channels(node, 1, in, before, gone))
        return false;
    if (iopt_attr_bool(node, "keep_dims", false))
        *before = *gone = 0;
    return true;
}

static IoptStatus visit_chain(Finder *f, const IoptNode *node, IoptError *err)
{
    const IoptChannels in = *channels_at(f, node->in[0]);
    size_t before, gone;

    if (in.count == 0 || !commutes(node, &in, &before, &gone)) {
        pin_all_inputs(f, node);
        return IOPT_OK;
    }
    for (size_t c = 0; iopt_is_op(node, "Relu6") && c < in.count; c++)
        f->sets->relu6[find(f, f->sets->of[in.first + c])] = true;
    return hand_on(f, node, &in, before, gone, err);
}

static IoptStatus visit_sum(Finder *f, const IoptNode *node, IoptError *err)
{
    const IoptChannels *const a = channels_at(f, node->in[0]), *const b =
                                                                   channels_at(f, node->in[1]);

    if (a->count == 0 || a->count != b->count || a->rank != b->rank || a->axis != b->axis) {
        pin_all_inputs(f, node);
        return IOPT_OK;
    }
    for (size_t c = 0; c < a->count; c++)
        unite(f, f->sets->of[a->first + c], f->sets->of[b->first + c]);
    return hand_on(f, node, a, 0, 0, err);
}

static IoptStatus visit_concat(Finder *f, const IoptNode *node, IoptError *err)
{
    const size_t n = node->n_in - 1;
    const IoptChannels first = *channels_at(f, node->in[0]);
    size_t before, one, total = 0;
    bool fits = n > 0 && first.count > 0;

    for (size_t i = 0; fits && i < n; i++) {
        const IoptChannels *const in = channels_at(f, node->in[i]);
        fits = in->count > 0 && in->rank == first.rank && in->axis == first.axis;
        total += in->count;
    }
    /* the axis has to be the channels', which is what spares_channels refuses */
    const IoptTensor *const axis = fits ? iopt_const_input(node, n) : NULL;
    if (!fits || !axis || axis->dtype != IOPT_I32 || iopt_elems(axis) != 1 ||
        spares_channels(node, n, &first, &before, &one)) {
        pin_all_inputs(f, node);
        return IOPT_OK;
    }
    IoptChannels made = { .rank = first.rank, .axis = first.axis };
    IOPT_TRY(add_channels(f, total, &made, err));
    for (size_t i = 0, at = made.first; i < n; i++) {
        const IoptChannels *const in = channels_at(f, node->in[i]);
        memcpy(f->sets->of + at, f->sets->of + in->first, in->count * sizeof(size_t));
        at += in->count;
    }
    f->sets->nodes[node->index] = made;
    return IOPT_OK;
}

/* --- layers ----------------------------------------------------------------------------------- */

static IoptStatus visit_layer(Finder *f, const IoptNode *node, const IoptFilterLayout *layout,
                              IoptError *err)
{
    IoptChannelSets *const sets = f->sets;
    const IoptTensor *const filter = iopt_const_mapped(node->in[layout->slot].node);
    const size_t count = iopt_filter_out_channels(filter, layout);
    const bool own = is_own_const(node, layout->slot);
    const int rank = layout->rank == 4 ? 4 : 2;
    const IoptChannels *const in = channels_at(f, node->in[layout->data]);
    IoptChannels made = { .rank = rank, .axis = iopt_channel_axis(node, rank), .is_made = true };

    if (in->count) {
        sets->nodes[node->in[layout->data].node->index].is_read = true;
        if (!own || in->count != iopt_filter_in_channels(filter, layout))
            pin(f, in);
    }
    IOPT_TRY(grow_sets(f, count, err));
    IOPT_TRY(add_channels(f, count, &made, err));
    for (size_t c = 0; c < count; c++) {
        const size_t set = sets->n_sets++;
        f->parent[set] = sets->of[made.first + c] = set;
        sets->pinned[set] = !own;
        sets->relu6[set] = false;
    }
    sets->nodes[node->index] = made;
    return IOPT_OK;
}

static IoptStatus visit(Finder *f, const IoptNode *node, IoptError *err)
{
    IoptFilterLayout layout;

    if (node->n_in == 0)
        return IOPT_OK;
    if (iopt_op_in(node->op, "Conv2D|DepthwiseConv2dNative|MatMul") &&
        !iopt_attr_bool(node, "transpose_a", false) && iopt_filter_layout(node, &layout) &&
        iopt_elems(iopt_const_mapped(node->in[layout.slot].node)) > 0)
        return visit_layer(f, node, &layout, err);
    if (iopt_is_op(node, "ConcatV2"))
        return visit_concat(f, node, err);
    if (iopt_op_in(node->op, "Add|AddV2") && channels_at(f, node->in[1])->count)
        return visit_sum(f, node, err);
    return visit_chain(f, node, err);
}

/* Sets get their numbers. */
static IoptStatus compress(Finder *f, IoptError *err)
{
    IoptChannelSets *const sets = f->sets;
    size_t n = 0;
    void *block;

    IOPT_TRY(iopt_alloc(&block, sets->n_sets, sizeof(size_t), err));
    size_t *const number = block;
    for (size_t i = 0; i < sets->n_sets; i++) { /* roots come before what belongs to them */
        const size_t root = find(f, i);
        if (root == i) {
            sets->pinned[n] = sets->pinned[i];
            sets->relu6[n] = sets->relu6[i];
            number[i] = n++;
        }
        number[i] = number[root];
    }
    for (size_t i = 0; i < sets->n_of; i++)
        sets->of[i] = number[sets->of[i]];
    sets->n_sets = n;
    free(block);
    return IOPT_OK;
}

IoptStatus iopt_channel_sets_find(const IoptGraph *graph, IoptChannelSets *out, IoptError *err)
{
    Finder f = { .sets = out };
    IoptStatus status = IOPT_OK;
    IoptNode **order = NULL;
    void *block;

    *out = (IoptChannelSets){ .n_nodes = graph->n_nodes };
    IOPT_DO(iopt_alloc(&block, graph->n_nodes, sizeof(IoptChannels), err));
    out->nodes = block;
    IOPT_DO(iopt_graph_order(graph, &order, err));
    for (size_t i = 0; i < graph->n_nodes; i++)
        IOPT_DO(visit(&f, order[i], err));
    for (size_t i = 0; i < graph->n_outputs; i++)
        pin(&f, channels_at(&f, graph->outputs[i]));
    IOPT_DO(compress(&f, err));
done:
    free(order);
    free(f.parent);
    return status;
}

void iopt_channel_sets_free(IoptChannelSets *sets)
{
    free(sets->nodes);
    free(sets->of);
    free(sets->pinned);
    free(sets->relu6);
    *sets = (IoptChannelSets){ 0 };
}
