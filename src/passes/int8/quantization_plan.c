/* Planning: layers, and the points on what they read. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "ops/infer.h"
#include "passes/int8/quant_walk.h"
#include "passes/scale_filter.h"

/* Ops that multiply, as they are told to the user. */
static const char layer_ops[] =
    "Conv2D|DepthwiseConv2dNative|MatMul|BatchMatMul|BatchMatMulV2|Conv2DBackpropInput|Conv3D|"
    "DepthwiseConv2dNativeBackpropInput";

static const char quantized_ops[] =
    "FakeQuantWithMinMaxArgs|FakeQuantWithMinMaxVars|FakeQuantWithMinMaxVarsPerChannel|"
    "QuantizeAndDequantize|QuantizeAndDequantizeV2|QuantizeAndDequantizeV3|QuantizeV2|Dequantize|"
    "QuantizedConv2D|QuantizedMatMul|Requantize";

/* --- is there anything to do ------------------------------------------------------------------ */

/* Weights in int8 behind a Cast: the file was quantized before. */
static bool is_int8_cast(const IoptNode *node)
{
    return iopt_is_op(node, "Cast") && node->n_in == 1 &&
           iopt_fact_at(node->in[0]).dtype == IOPT_I8 && iopt_const_mapped(node->in[0].node);
}

static const IoptNode *find_quantized(const IoptGraph *graph)
{
    for (size_t i = 0; i < graph->n_nodes; i++)
        if (iopt_op_in(graph->nodes[i]->op, quantized_ops) || is_int8_cast(graph->nodes[i]))
            return graph->nodes[i];
    return NULL;
}

/* --- layers ----------------------------------------------------------------------------------- */

/* NULL if the layer can be in 8 bits, else what is in the way. */
static const char *obstacle(const IoptNode *node, IoptFilterLayout *layout)
{
    if (!iopt_op_in(node->op, "Conv2D|DepthwiseConv2dNative|MatMul"))
        return "no integer form of this op";
    if (!iopt_filter_layout(node, layout))
        return "its filter is no float constant";
    const IoptFact x = iopt_fact_at(node->in[layout->data]);
    if (x.dtype != IOPT_F32 || iopt_const_mapped(node->in[layout->data].node))
        return "its input is no float value";
    const IoptTensor *const filter = iopt_filter_tensor(node, layout);
    if (!filter)
        return "no memory for its filter";
    for (size_t i = 0; i < iopt_elems(filter); i++)
        if (!isfinite(iopt_f32(filter)[i]))
            return "its weights are not all finite";
    return NULL;
}

static bool is_listed(const IoptInt8Options *options, const char *name)
{
    for (size_t i = 0; i < options->n_keep_float; i++)
        if (strcmp(options->keep_float[i], name) == 0)
            return true;
    return false;
}

/* Multiply-adds for one image: filter elements times places in the output. */
static double count_macs(const IoptNode *node, const IoptFilterLayout *layout)
{
    const IoptShape out = iopt_fact_at((IoptValue){ (IoptNode *)(uintptr_t)node, 0 }).shape;
    double macs = (double)iopt_elems(iopt_filter_tensor(node, layout));

    if (out.rank == 2)
        return macs;
    if (out.rank != 4)
        return 0;
    const int first = iopt_channel_axis(node, 4) == 1 ? 2 : 1;
    for (int i = first; i < first + 2; i++)
        macs *= out.dim[i] > 0 ? (double)out.dim[i] : 0;
    return macs;
}

static IoptStatus add_layer(IoptQuantization *plan, size_t *capacity, const IoptNode *node,
                            const IoptInt8Options *options, IoptError *err)
{
    IoptQuantLayer layer = { .input = IOPT_NO_POINT, .output = IOPT_NO_POINT };
    IoptFilterLayout layout;
    void *layers = plan->layers;

    const IoptStatus status =
        iopt_grow(&layers, capacity, plan->n_layers + 1, sizeof *plan->layers, err);
    plan->layers = layers;
    IOPT_TRY(status);
    layer.node = iopt_arena_text(plan->arena, node->name);
    layer.op = iopt_arena_text(plan->arena, node->op);
    if (!layer.node || !layer.op)
        return iopt_fail_memory(err, 0);
    const char *const why = obstacle(node, &layout);
    layer.can_be_int8 = !why;
    if (!why) {
        const IoptTensor *const filter = iopt_filter_tensor(node, &layout);
        layer.out_channels = iopt_filter_out_channels(filter, &layout);
        layer.in_channels = iopt_filter_in_channels(filter, &layout);
        layer.macs = count_macs(node, &layout);
        const IoptShape x = iopt_fact_at(node->in[layout.data]).shape;
        const int axis = iopt_channel_axis(node, x.rank); /* more than the filter's, in groups */
        if (x.rank > axis && axis >= 0 && x.dim[axis] > 0)
            layer.in_channels = (size_t)x.dim[axis];
    }
    const bool wish = is_listed(options, node->name);
    layer.precision = why || wish ? IOPT_PRECISION_FLOAT : IOPT_PRECISION_INT8;
    if (why || wish)
        (void)snprintf(layer.why, sizeof layer.why, "%s", why ? why : "asked for");
    plan->layers[plan->n_layers++] = layer;
    return IOPT_OK;
}

/* --- first and last layers -------------------------------------------------------------------- */

/* Marks what is reached from a node over data edges up to the next layer; forwards from what is
 * fed, or backwards from what is wanted. */
static IoptStatus keep_edge_float(IoptQuantization *plan, const IoptQuantWalk *walk, bool forwards,
                                  IoptError *err)
{
    const size_t count = walk->graph->n_nodes;
    void *block;

    IOPT_TRY(iopt_alloc(&block, count, sizeof(bool), err));
    bool *const reached = block; /* nothing but what is no layer lies between it and the edge */
    for (size_t k = 0; k < count; k++) {
        const IoptNode *const node = walk->order[forwards ? k : count - 1 - k];
        bool hit = forwards ? iopt_is_input(node) : iopt_is_output(node);
        for (size_t i = 0; forwards && i < node->n_in; i++)
            hit = hit || reached[node->in[i].node->index];
        for (size_t i = 0; !forwards && i < node->n_uses; i++)
            hit = hit || reached[node->uses[i].node->index];
        const bool is_layer = iopt_op_in(node->op, layer_ops);
        reached[node->index] = hit && !is_layer;
        for (size_t i = 0; hit && is_layer && i < plan->n_layers; i++) {
            IoptQuantLayer *const layer = &plan->layers[i];
            if (strcmp(layer->node, node->name) != 0 || layer->precision == IOPT_PRECISION_FLOAT)
                continue;
            layer->precision = IOPT_PRECISION_FLOAT;
            (void)snprintf(layer->why, sizeof layer->why, "a %s layer, asked for",
                           forwards ? "first" : "last");
        }
    }
    free(block);
    return IOPT_OK;
}

/* --- points ----------------------------------------------------------------------------------- */

/* What the values of a node cannot leave, from the op alone. */
static void natural_bounds(const IoptNode *node, float *lowest, float *highest)
{
    *lowest = iopt_op_in(node->op, "Relu|Relu6|Sigmoid|Softmax|Softplus|Abs|Square|Exp") ? 0.0f
              : iopt_is_op(node, "Tanh")                                                 ? -1.0f
                                         : -INFINITY;
    *highest = iopt_is_op(node, "Relu6")                      ? 6.0f
               : iopt_op_in(node->op, "Sigmoid|Softmax|Tanh") ? 1.0f
                                                              : INFINITY;
}

/* Averages, choices and concatenations stay within what their inputs stay within. */
static void bounds_of(const IoptQuantWalk *walk, const IoptNode *node, const float *lowest,
                      const float *highest, float *low, float *high)
{
    const IoptQuantKind kind = (IoptQuantKind)iopt_quant_note(walk, node)->kind;
    size_t first = 0, count = 1;

    if (kind == IOPT_KIND_CONCAT)
        count = iopt_quant_concat_inputs(node, &first);
    else if (kind == IOPT_KIND_KEEP || kind == IOPT_KIND_POOL)
        first = iopt_quant_data_slot(node);
    else {
        natural_bounds(node, low, high);
        return;
    }
    *low = INFINITY;
    *high = -INFINITY;
    for (size_t i = first; i < first + count; i++) {
        *low = fminf(*low, lowest[node->in[i].node->index]);
        *high = fmaxf(*high, highest[node->in[i].node->index]);
    }
    if (iopt_is_op(node, "Pad")) { /* zeros come in */
        *low = fminf(*low, 0);
        *high = fmaxf(*high, 0);
    }
}

static IoptQuantRole role_of(const IoptQuantWalk *walk, const IoptNode *node)
{
    const IoptNode *under = node;

    switch ((IoptQuantKind)iopt_quant_note(walk, node)->kind) {
    case IOPT_KIND_CONCAT: return IOPT_QUANT_CONCAT;
    case IOPT_KIND_POOL: return IOPT_QUANT_POOL;
    case IOPT_KIND_OTHER: return iopt_is_input(node) ? IOPT_QUANT_INPUT : IOPT_QUANT_VALUE;
    case IOPT_KIND_RELU: under = node->in[0].node; break;
    default: break;
    }
    if (iopt_quant_note(walk, under)->kind == IOPT_KIND_SUM)
        return IOPT_QUANT_SUM;
    if (iopt_quant_chain_layer(walk, node))
        return IOPT_QUANT_LAYER;
    while (iopt_quant_note(walk, under)->kind == IOPT_KIND_AFFINE)
        under = under->in[iopt_quant_data_slot(under)].node;
    return iopt_is_input(under) ? IOPT_QUANT_INPUT : IOPT_QUANT_VALUE;
}

static IoptStatus add_points(IoptQuantization *plan, const IoptQuantWalk *walk, IoptError *err)
{
    const size_t count = walk->graph->n_nodes;
    IoptStatus status = IOPT_OK;
    void *points = NULL, *bounds = NULL;
    size_t capacity = 0;

    IOPT_DO(iopt_alloc(&bounds, count, 2 * sizeof(float), err));
    float *const lowest = bounds, *const highest = lowest + count;
    for (size_t k = 0; k < count; k++) {
        const IoptNode *const node = walk->order[k];
        const size_t at = node->index;
        bounds_of(walk, node, lowest, highest, &lowest[at], &highest[at]);
        if (!iopt_quant_walk_is_point(walk, node))
            continue;
        IOPT_DO(iopt_grow(&points, &capacity, plan->n_points + 1, sizeof *plan->points, err));
        plan->points = points;
        const unsigned wants = iopt_quant_note(walk, node)->wants;
        IoptQuantPoint *const point = &plan->points[plan->n_points++];
        *point =
            (IoptQuantPoint){ .value = iopt_arena_text(plan->arena, node->name),
                              .role = role_of(walk, node),
                              .bits = 8,
                              .may_widen = (wants & (IOPT_WANT_STREAM | IOPT_WANT_RESIDUAL)) != 0,
                              .group = iopt_quant_walk_group(walk, node),
                              .lowest = lowest[at],
                              .highest = highest[at] };
        if (!point->value)
            IOPT_DO(iopt_fail_memory(err, 0));
    }
done:
    plan->points = points;
    free(bounds);
    return status;
}

/* Groups were named after nodes; now 0, 1, 2 ... in the order of their first points. */
static IoptStatus number_groups(IoptQuantization *plan, size_t n_nodes, IoptError *err)
{
    void *block;

    IOPT_TRY(iopt_alloc(&block, n_nodes, sizeof(size_t), err));
    size_t *const numbers = block; /* plus one; 0: none yet */
    for (size_t i = 0; i < plan->n_points; i++) {
        size_t *const number = &numbers[plan->points[i].group];
        if (!*number)
            *number = ++plan->n_groups;
        plan->points[i].group = *number - 1;
    }
    free(block);
    return IOPT_OK;
}

/* --- which points a layer touches ------------------------------------------------------------- */

static int point_of(const IoptQuantization *plan, const IoptQuantWalk *walk, const IoptNode *node)
{
    return iopt_quant_walk_is_point(walk, node) ? iopt_quantization_find(plan, node->name)
                                                : IOPT_NO_POINT;
}

static int input_point(const IoptQuantization *plan, const IoptQuantWalk *walk,
                       const IoptNode *layer)
{
    const IoptNode *node = layer->in[0].node;

    while (iopt_quant_note(walk, node)->kind == IOPT_KIND_KEEP)
        node = node->in[iopt_quant_data_slot(node)].node;
    return point_of(plan, walk, node);
}

/* Down from the layer through maps, sums and activations that are read once, to the first point. */
static int output_point(const IoptQuantization *plan, const IoptQuantWalk *walk,
                        const IoptNode *layer)
{
    const IoptNode *node = layer;

    while (true) {
        const int point = point_of(plan, walk, node);
        if (point != IOPT_NO_POINT || iopt_node_uses(node) != 1 || node->n_uses != 1)
            return point;
        const IoptNode *const next = node->uses[0].node;
        const IoptQuantKind kind = (IoptQuantKind)iopt_quant_note(walk, next)->kind;
        if (kind != IOPT_KIND_AFFINE && kind != IOPT_KIND_SUM && kind != IOPT_KIND_RELU)
            return IOPT_NO_POINT;
        node = next;
    }
}

/* --- the plan --------------------------------------------------------------------------------- */

static IoptStatus find_layers(IoptQuantization *plan, IoptQuantWalk *walk,
                              const IoptInt8Options *options, IoptError *err)
{
    size_t capacity = 0;
    bool any = false;

    for (size_t i = 0; i < walk->graph->n_nodes; i++)
        if (iopt_op_in(walk->order[i]->op, layer_ops))
            IOPT_TRY(add_layer(plan, &capacity, walk->order[i], options, err));
    if (options->float_first)
        IOPT_TRY(keep_edge_float(plan, walk, true, err));
    if (options->float_last)
        IOPT_TRY(keep_edge_float(plan, walk, false, err));
    for (size_t i = 0; i < plan->n_layers; i++)
        any = any || plan->layers[i].precision == IOPT_PRECISION_INT8;
    if (!any)
        plan->left_alone = "no layer of it can be in 8 bits";
    return IOPT_OK;
}

/* Points of all layers that could be in 8 bits: those turned to float now may come back. */
static IoptStatus find_points(IoptQuantization *plan, IoptQuantWalk *walk, IoptError *err)
{
    for (size_t i = 0; i < plan->n_layers; i++) {
        const IoptNode *const node = iopt_graph_find(walk->graph, plan->layers[i].node);
        iopt_quant_note(walk, node)->is_int8 = plan->layers[i].can_be_int8;
    }
    IOPT_TRY(iopt_quant_walk_run(walk, err));
    IOPT_TRY(add_points(plan, walk, err));
    IOPT_TRY(number_groups(plan, walk->graph->n_nodes, err));
    for (size_t i = 0; i < plan->n_layers; i++) {
        IoptQuantLayer *const layer = &plan->layers[i];
        const IoptNode *const node = iopt_graph_find(walk->graph, layer->node);
        if (!layer->can_be_int8)
            continue;
        layer->input = input_point(plan, walk, node);
        layer->output = output_point(plan, walk, node);
    }
    return IOPT_OK;
}

static IoptStatus make_plan(IoptGraph *graph, const IoptInt8Options *options,
                            IoptQuantization *plan, IoptError *err)
{
    const IoptInferOptions infer = { .fold = true };
    IoptStatus status = IOPT_OK;
    IoptQuantWalk walk = { 0 };

    IOPT_TRY(iopt_arena_create(&plan->arena, err));
    IOPT_TRY(iopt_graph_infer(graph, &infer, err));
    const IoptNode *const quantized = find_quantized(graph);
    if (quantized) {
        plan->is_quantized = true;
        plan->left_alone = iopt_arena_printf(plan->arena, "it is quantized already: %s '%s'",
                                             quantized->op, quantized->name);
        return plan->left_alone ? IOPT_OK : iopt_fail_memory(err, 0);
    }
    IOPT_DO(iopt_quant_walk_create(graph, &walk, err));
    IOPT_DO(find_layers(plan, &walk, options, err));
    if (!plan->left_alone)
        IOPT_DO(find_points(plan, &walk, err));
done:
    iopt_quant_walk_free(&walk);
    return status;
}

IoptStatus iopt_quantization_plan(IoptGraph *graph, const IoptInt8Options *options,
                                  IoptQuantization **out, IoptError *err)
{
    void *plan;

    *out = NULL;
    IOPT_TRY(iopt_alloc(&plan, 1, sizeof **out, err));
    const IoptStatus status = make_plan(graph, options, plan, err);
    if (status != IOPT_OK)
        iopt_quantization_destroy(plan);
    else
        *out = plan;
    return status;
}
