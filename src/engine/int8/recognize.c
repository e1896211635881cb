/* Recognizing 8-bit graphs: the rules in order. */
#include "engine/int8/recognize.h"

#include <stdlib.h>

#include "ops/infer.h"

/* A quantizer of codes by their own range. */
static bool changes_nothing(const IoptNode *quantizer, const IoptInt8Range *range)
{
    if (!iopt_int8_is_coded(quantizer->in[0]))
        return false;
    const IoptInt8Range own = iopt_int8_value(quantizer->in[0]).range;
    return iopt_int8_range_equal(&own, range);
}

static IoptStatus quantize(IoptNode *node, const IoptInt8Range *range, IoptPlanInt8 *counts,
                           IoptError *err)
{
    bool done;

    if (changes_nothing(node, range))
        return iopt_int8_bypass(node, err);
    IOPT_TRY(iopt_int8_layer_before(node, range, &done, counts, err));
    if (!done)
        IOPT_TRY(iopt_int8_arithmetic_before(node, range, &done, err));
    return done ? IOPT_OK : iopt_int8_quantize(node, range, err);
}

static IoptStatus visit(IoptNode *node, IoptPlanInt8 *counts, IoptError *err)
{
    IoptInt8Range range;

    if (!iopt_int8_is_quantizer(node))
        return iopt_int8_pass_through(node, err);
    if (!iopt_int8_is_free(node) || iopt_fact_at(node->in[0]).value ||
        !iopt_int8_range_of(node, &range))
        return IOPT_OK;
    return quantize(node, &range, counts, err);
}

static IoptStatus visit_all(IoptGraph *graph, IoptNode *const *order, size_t count,
                            IoptPlanInt8 *counts, IoptError *err)
{
    for (size_t i = 0; i < count; i++)
        if (!order[i]->removed)
            IOPT_TRY(visit(order[i], counts, err));
    for (size_t i = 0; i < count; i++)
        if (!order[i]->removed)
            IOPT_TRY(iopt_int8_layer_of(order[i], counts, err));
    iopt_graph_compact(graph);
    (void)iopt_graph_sweep(graph);
    return IOPT_OK;
}

IoptStatus iopt_int8_recognize(IoptGraph *graph, IoptPlanInt8 *counts, IoptError *err)
{
    IoptNode **order;
    bool any;

    *counts = (IoptPlanInt8){ 0 };
    IOPT_TRY(iopt_int8_lift_quantizers(graph, &any, err));
    if (!any)
        return IOPT_OK;
    graph->internal_ops = true;
    IOPT_TRY(iopt_graph_order(graph, &order, err));
    const IoptStatus status = visit_all(graph, order, graph->n_nodes, counts, err);
    free(order);
    return status;
}
