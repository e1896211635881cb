/* Fake quantizations move up through ops that only move values or take the greatest.
 *
 *   quantizer(Concat(a, b))  ->  Concat(quantizer(a), quantizer(b)), MaxPool, Reshape alike
 *
 * Rounding goes up with the values, so nothing changes; but each quantizer then stands where its
 * values are made, and can be done there.  Only where nobody else reads the value in between.
 */
#include <stdlib.h>

#include "engine/follower.h"
#include "engine/int8/recognize.h"

/* Zeros of a Pad are a step of every range. */
static const char movers[] = "Identity|Snapshot|StopGradient|Reshape|Squeeze|ExpandDims|Transpose|"
                             "Pad|MaxPool|Concat|ConcatV2";

static IoptStatus copy_quantizer(const IoptNode *quantizer, IoptValue x, IoptNode **out,
                                 IoptError *err)
{
    IOPT_TRY(iopt_int8_add_node(quantizer->graph, quantizer->name, quantizer->op, quantizer->in,
                                quantizer->n_in, out, err));
    IOPT_TRY(iopt_node_set_input(*out, 0, x, err));
    for (size_t i = 0; i < quantizer->n_attrs; i++)
        IOPT_TRY(iopt_node_set_attr(*out, &quantizer->attrs[i], err));
    return iopt_int8_infer(*out, err);
}

/* The inputs that a mover moves. */
static void moved_inputs(const IoptNode *mover, size_t *first, size_t *count)
{
    *first = iopt_is_op(mover, "Concat") ? 1 : 0;
    *count = iopt_op_in(mover->op, "Concat|ConcatV2") ? mover->n_in - 1 : 1;
}

static bool can_lift(const IoptNode *quantizer)
{
    const IoptNode *const mover = quantizer->in[0].node;
    IoptInt8Range range;
    size_t first, count;

    if (!iopt_op_in(mover->op, movers) || !iopt_int8_is_free(mover) || mover->n_in == 0 ||
        iopt_sole_reader(mover) != quantizer || !iopt_int8_range_of(quantizer, &range) ||
        range.min > 0 || range.max < 0)
        return false;
    moved_inputs(mover, &first, &count);
    for (size_t i = first; i < first + count; i++)
        if (iopt_fact_at(mover->in[i]).value)
            return false;
    return true;
}

/* One step up; *list grows by the copies. */
static IoptStatus lift(IoptNode *quantizer, IoptNode ***list, size_t *n, size_t *capacity,
                       IoptError *err)
{
    IoptNode *const mover = quantizer->in[0].node;
    size_t first, count;

    moved_inputs(mover, &first, &count);
    IOPT_TRY(iopt_grow((void **)list, capacity, *n + count, sizeof **list, err));
    for (size_t i = first; i < first + count; i++) {
        IoptNode *copy;
        IOPT_TRY(copy_quantizer(quantizer, mover->in[i], &copy, err));
        IOPT_TRY(iopt_node_set_input(mover, i, (IoptValue){ copy, 0 }, err));
        (*list)[(*n)++] = copy;
    }
    IOPT_TRY(iopt_graph_replace_value((IoptValue){ quantizer, 0 }, (IoptValue){ mover, 0 }, err));
    IOPT_TRY(iopt_graph_replace_control(quantizer, mover, err));
    iopt_graph_remove(quantizer);
    return IOPT_OK;
}

/* A quantizer of the same value with the same range, which stands for this one; or NULL. */
static IoptNode *twin_of(const IoptNode *quantizer)
{
    const IoptNode *const source = quantizer->in[0].node;
    IoptInt8Range own, other;

    if (!iopt_int8_range_of(quantizer, &own))
        return NULL;
    for (size_t i = 0; i < source->n_uses; i++) {
        IoptNode *const reader = source->uses[i].node;
        if (reader != quantizer && source->uses[i].slot == 0 && reader->index < quantizer->index &&
            reader->in[0].port == quantizer->in[0].port && iopt_int8_range_of(reader, &other) &&
            iopt_int8_is_free(reader) && iopt_int8_range_equal(&own, &other))
            return reader;
    }
    return NULL;
}

static IoptStatus settle(IoptNode *quantizer, IoptNode ***list, size_t *n, size_t *capacity,
                         IoptError *err)
{
    IoptNode *const twin = twin_of(quantizer);

    if (!iopt_int8_is_free(quantizer))
        return IOPT_OK;
    if (twin) {
        IOPT_TRY(
            iopt_graph_replace_value((IoptValue){ quantizer, 0 }, (IoptValue){ twin, 0 }, err));
        IOPT_TRY(iopt_graph_replace_control(quantizer, twin, err));
        iopt_graph_remove(quantizer);
        return IOPT_OK;
    }
    return can_lift(quantizer) ? lift(quantizer, list, n, capacity, err) : IOPT_OK;
}

IoptStatus iopt_int8_lift_quantizers(IoptGraph *graph, bool *any, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptNode **list = NULL;
    size_t n = 0, capacity = 0;

    for (size_t i = 0; i < graph->n_nodes; i++) {
        if (!iopt_int8_is_quantizer(graph->nodes[i]) || graph->nodes[i]->n_in == 0)
            continue;
        IOPT_DO(iopt_grow((void **)&list, &capacity, n + 1, sizeof *list, err));
        list[n++] = graph->nodes[i];
    }
    *any = n > 0;
    for (size_t i = 0; i < n; i++)
        if (!list[i]->removed)
            IOPT_DO(settle(list[i], &list, &n, &capacity, err));
    iopt_graph_compact(graph);
done:
    free(list);
    return status;
}
