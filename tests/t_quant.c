/* Quantizing small graphs in tests. */
#include "t_quant.h"

#include <math.h>

/* Ranges as a calibrator would leave them. */
static void give_ranges(IoptQuantization *plan, float min, float max)
{
    for (size_t i = 0; i < plan->n_points; i++) {
        plan->points[i].has_range = true;
        plan->points[i].min = fmaxf(min, plan->points[i].lowest);
        plan->points[i].max = fminf(max, plan->points[i].highest);
    }
}

IoptQuantization *t_quant_plan(Test *t, IoptGraph *g, const IoptInt8Options *options)
{
    IoptQuantization *plan;

    T_OK(t, iopt_quantization_plan(g, options, &plan, &t->err));
    give_ranges(plan, -4, 4);
    T_OK(t, iopt_quantization_settle(plan, g, options, &t->err));
    return plan;
}

IoptGraph *t_quant_apply(Test *t, const IoptGraph *g, IoptQuantization *plan,
                         const IoptInt8Options *options)
{
    IoptGraph *q;

    T_OK(t, iopt_quantization_apply(g, plan, options, &q, &t->err));
    return q;
}

IoptGraph *t_quantize(Test *t, const char *text, IoptInt8Options options)
{
    IoptGraph *g = t_graph(t, text);
    IoptQuantization *plan = t_quant_plan(t, g, &options);
    IoptGraph *q = t_quant_apply(t, g, plan, &options);

    iopt_quantization_destroy(plan);
    iopt_graph_destroy(g);
    return q;
}

const IoptNode *t_source(Test *t, const IoptGraph *g, const char *name, size_t slot)
{
    const IoptNode *const node = iopt_graph_find(g, name);

    T_CHECK(t, node && slot < node->n_in);
    return node->in[slot].node;
}

size_t t_count_ops(const IoptGraph *g, const char *op)
{
    size_t count = 0;

    for (size_t i = 0; i < g->n_nodes; i++)
        count += iopt_is_op(g->nodes[i], op);
    return count;
}
