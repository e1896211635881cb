/* Settling: which points are used, which share a range, which are wide.
 *
 *   used    what the layers that are in 8 bits now read, and what that needs (quant_walk.h)
 *   wide    16 bits for streams on which the rounding of 8 bits would pile up
 *   shared  inputs of a concatenation take the union of their ranges, but for those that others
 *           read as well and that would lose more than half of their steps by it
 *   needless  a Relu of a value that has 8 bits keeps its q; a concatenation of one range too
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "passes/int8/quant_streams.h"
#include "tensor/quant_range.h"

/* A value whose own range is narrower than this part of the union keeps it, if others read it. */
static const double min_share = 0.5;

/* What is known while settling: per point the node it is on. */
typedef struct Settling {
    IoptQuantization *plan;
    const IoptInt8Options *options;
    IoptQuantWalk walk;
    IoptNode **nodes; /* of the points */
    int *point_at;    /* by node->index: the point, or IOPT_NO_POINT */
} Settling;

/* --- layers ----------------------------------------------------------------------------------- */

/* A layer can only be in 8 bits if what it reads has a range. */
static bool input_has_range(const Settling *s, const IoptNode *layer, const char **why)
{
    const IoptNode *node = layer->in[0].node;

    while (iopt_quant_note(&s->walk, node)->kind == IOPT_KIND_KEEP)
        node = node->in[iopt_quant_data_slot(node)].node;
    const int at = s->point_at[node->index];
    *why = at == IOPT_NO_POINT             ? "its input cannot be quantized"
           : s->plan->points[at].problem   ? s->plan->points[at].problem
           : s->plan->points[at].has_range ? NULL
                                           : "its input was not calibrated";
    return !*why;
}

static void choose_layers(Settling *s)
{
    for (size_t i = 0; i < s->plan->n_layers; i++) {
        IoptQuantLayer *const layer = &s->plan->layers[i];
        const IoptNode *const node = iopt_graph_find(s->walk.graph, layer->node);
        const char *why;
        if (layer->precision == IOPT_PRECISION_INT8 && !layer->can_be_int8)
            layer->precision = IOPT_PRECISION_FLOAT;
        if (layer->precision == IOPT_PRECISION_INT8 && !input_has_range(s, node, &why)) {
            layer->precision = IOPT_PRECISION_FLOAT;
            (void)snprintf(layer->why, sizeof layer->why, "%s", why);
        }
        if (layer->precision == IOPT_PRECISION_INT8)
            layer->why[0] = 0;
        iopt_quant_note(&s->walk, node)->is_int8 = layer->precision == IOPT_PRECISION_INT8;
    }
}

/* --- ranges and bits -------------------------------------------------------------------------- */

static bool is_wanted(const Settling *s, size_t i)
{
    const IoptQuantPoint *const point = &s->plan->points[i];

    return point->has_range && !point->problem && iopt_quant_walk_is_point(&s->walk, s->nodes[i]);
}

static bool widens(const Settling *s, size_t i, const bool *is_spoilt)
{
    if (!s->plan->points[i].may_widen || s->options->wide == IOPT_WIDE_NEVER)
        return false;
    return s->options->wide == IOPT_WIDE_ALWAYS || is_spoilt[i];
}

/* 16 bits for one member of a group are 16 for all: the concatenation is of one kind. */
static IoptStatus choose_bits(Settling *s, IoptError *err)
{
    IoptQuantization *const plan = s->plan;
    void *block;

    IOPT_TRY(iopt_alloc(&block, plan->n_points + plan->n_groups, sizeof(bool), err));
    bool *const is_spoilt = block, *const is_wide_group = is_spoilt + plan->n_points;
    const IoptStatus status =
        iopt_quant_find_wide_streams(&s->walk, plan, s->point_at, is_spoilt, err);
    for (size_t i = 0; i < plan->n_points; i++) {
        IoptQuantPoint *const point = &plan->points[i];
        point->settled_bits = point->bits == 8 && widens(s, i, is_spoilt) ? 16 : point->bits;
        if (is_wanted(s, i) && point->settled_bits > 8)
            is_wide_group[point->group] = true;
    }
    for (size_t i = 0; i < plan->n_points; i++) {
        IoptQuantPoint *const point = &plan->points[i];
        if (is_wide_group[point->group] && point->settled_bits == 8)
            point->settled_bits = 16;
    }
    free(block);
    return status;
}

typedef struct Union {
    float min, max;
} Union;

static void choose_ranges(Settling *s, Union *unions)
{
    for (size_t i = 0; i < s->plan->n_points; i++) {
        const IoptQuantPoint *const point = &s->plan->points[i];
        Union *const all = &unions[point->group];
        if (!is_wanted(s, i) || point->role == IOPT_QUANT_CONCAT)
            continue;
        all->min = fminf(all->min, point->min);
        all->max = fmaxf(all->max, point->max);
    }
    for (size_t i = 0; i < s->plan->n_points; i++) {
        IoptQuantPoint *const point = &s->plan->points[i];
        const Union all = unions[point->group];
        const bool is_concat = point->role == IOPT_QUANT_CONCAT;
        const bool others_read =
            !is_concat && (iopt_quant_note(&s->walk, s->nodes[i])->wants & ~IOPT_WANT_CONCAT);
        const double own = (double)fmaxf(point->max, 0) - (double)fminf(point->min, 0);
        const bool keeps = !s->options->unify_ranges || all.max <= all.min ||
                           (others_read && point->settled_bits == 8 &&
                            own < min_share * ((double)all.max - (double)all.min));
        const IoptQuantRange range = iopt_quant_range(
            keeps ? point->min : all.min, keeps ? point->max : all.max, point->settled_bits);
        point->settled_min = range.min;
        point->settled_max = range.max;
    }
}

/* --- which are needless ----------------------------------------------------------------------- */

/* What is known of a value on the way down; bits 0: float. */
typedef struct State {
    int bits;
    float min, max;
} State;

static bool same_state(const State *a, const State *b)
{
    return a->bits == b->bits && a->min == b->min && a->max == b->max;
}

/* The state that a concatenation has from its inputs: theirs, if it is one. */
static State concat_state(const IoptNode *node, const State *states)
{
    size_t first;
    const size_t count = iopt_quant_concat_inputs(node, &first);
    const State *const one = &states[node->in[first].node->index];

    for (size_t i = first + 1; i < first + count; i++)
        if (!same_state(one, &states[node->in[i].node->index]))
            return (State){ 0 };
    return *one;
}

static void settle_node(const Settling *s, const IoptNode *node, State *states)
{
    const IoptQuantKind kind = (IoptQuantKind)iopt_quant_note(&s->walk, node)->kind;
    const int at = s->point_at[node->index];
    State *const state = &states[node->index];

    if (kind == IOPT_KIND_KEEP)
        *state = states[node->in[iopt_quant_data_slot(node)].node->index];
    else if (kind == IOPT_KIND_CONCAT)
        *state = concat_state(node, states);
    else if (kind == IOPT_KIND_RELU && states[node->in[0].node->index].bits == 8)
        *state = states[node->in[0].node->index];
    if (at == IOPT_NO_POINT)
        return;
    IoptQuantPoint *const point = &s->plan->points[at];
    point->is_used = state->bits == 0 && is_wanted(s, (size_t)at);
    if (point->is_used)
        *state = (State){ point->settled_bits, point->settled_min, point->settled_max };
}

/* Tells each layer what it reads; one that reads floats after all (a slice of a concatenation that
 * has no range) becomes float. */
static bool tell_layers(Settling *s, const State *states)
{
    bool all_read = true;

    for (size_t i = 0; i < s->plan->n_layers; i++) {
        IoptQuantLayer *const layer = &s->plan->layers[i];
        const IoptNode *const node = iopt_graph_find(s->walk.graph, layer->node);
        const State state = node->n_in > 0 ? states[node->in[0].node->index] : (State){ 0 };
        layer->read_bits = state.bits;
        layer->read_min = state.min;
        layer->read_max = state.max;
        if (layer->precision == IOPT_PRECISION_FLOAT || state.bits)
            continue;
        layer->precision = IOPT_PRECISION_FLOAT;
        (void)snprintf(layer->why, sizeof layer->why, "its input cannot be quantized");
        all_read = false;
    }
    return all_read;
}

static IoptStatus choose_used(Settling *s, bool *is_settled, IoptError *err)
{
    void *states;

    IOPT_TRY(iopt_alloc(&states, s->walk.graph->n_nodes, sizeof(State), err));
    for (size_t k = 0; k < s->walk.graph->n_nodes; k++)
        settle_node(s, s->walk.order[k], states);
    *is_settled = tell_layers(s, states);
    free(states);
    return IOPT_OK;
}

/* --- settling --------------------------------------------------------------------------------- */

static IoptStatus find_nodes(Settling *s, IoptError *err)
{
    const IoptGraph *const graph = s->walk.graph;
    void *block;

    IOPT_TRY(iopt_alloc(&block, graph->n_nodes, sizeof(int), err));
    s->point_at = block;
    IOPT_TRY(iopt_alloc(&block, s->plan->n_points, sizeof(IoptNode *), err));
    s->nodes = block;
    for (size_t i = 0; i < graph->n_nodes; i++)
        s->point_at[i] = IOPT_NO_POINT;
    for (size_t i = 0; i < s->plan->n_points; i++) {
        s->nodes[i] = iopt_graph_find(graph, s->plan->points[i].value);
        if (!s->nodes[i])
            return iopt_fail(err, IOPT_INVALID_ARGUMENT, "the plan is of another graph: no '%s'",
                             s->plan->points[i].value);
        s->point_at[s->nodes[i]->index] = (int)i;
    }
    for (size_t i = 0; i < s->plan->n_layers; i++)
        if (!iopt_graph_find(graph, s->plan->layers[i].node))
            return iopt_fail(err, IOPT_INVALID_ARGUMENT, "the plan is of another graph: no '%s'",
                             s->plan->layers[i].node);
    return IOPT_OK;
}

IoptStatus iopt_quantization_settle(IoptQuantization *plan, const IoptGraph *graph,
                                    const IoptInt8Options *options, IoptError *err)
{
    Settling s = { .plan = plan, .options = options };
    IoptStatus status = IOPT_OK;
    void *unions = NULL;

    if (plan->left_alone)
        return IOPT_OK;
    IOPT_DO(iopt_quant_walk_create(graph, &s.walk, err));
    IOPT_DO(find_nodes(&s, err));
    IOPT_DO(iopt_alloc(&unions, plan->n_groups, sizeof(Union), err));
    for (bool is_settled = false; !is_settled;) { /* each turn more has fewer layers */
        memset(unions, 0, plan->n_groups * sizeof(Union));
        choose_layers(&s);
        IOPT_DO(iopt_quant_walk_run(&s.walk, err));
        IOPT_DO(choose_bits(&s, err));
        choose_ranges(&s, unions);
        IOPT_DO(choose_used(&s, &is_settled, err));
    }
done:
    free(unions);
    free(s.nodes);
    free(s.point_at);
    iopt_quant_walk_free(&s.walk);
    return status;
}
