/* Applying: the graph with FakeQuant on values and int8 weights.
 *
 * First all weights are rounded; a layer whose sums might leave int32 turns float, and the plan is
 * settled again.  Then a copy of the graph is changed, node by node.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "passes/int8/planned_layer.h"
#include "passes/pass.h"
#include "tensor/quant_range.h"

/* --- rounding --------------------------------------------------------------------------------- */

/* Rounded weights of one layer, and what they shift its outputs by; not rounded: values NULL. */
typedef struct Rounded {
    IoptInt8Weights weights;
    double *shift; /* [out_channels], or NULL */
} Rounded;

static void free_rounded(Rounded *rounded, size_t count)
{
    for (size_t i = 0; rounded && i < count; i++) {
        iopt_int8_weights_free(&rounded[i].weights);
        free(rounded[i].shift);
    }
    free(rounded);
}

static IoptStatus round_layer(const IoptNode *node, const IoptQuantLayer *layer,
                              const IoptInt8Options *options, Rounded *out, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptTensor *matrix = NULL;
    IoptFilterLayout layout;
    void *shift;

    if (!iopt_filter_layout(node, &layout))
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "the plan is of another graph: %s '%s'",
                         node->op, node->name);
    IOPT_TRY(iopt_planned_weights(node, &layout, layer, options, &out->weights, err));
    if (!iopt_planned_corrects(node, layer, options, layer->rounded != NULL))
        return IOPT_OK;
    IOPT_DO(iopt_alloc(&shift, layer->out_channels, sizeof(double), err));
    out->shift = shift;
    IOPT_DO(iopt_int8_matrix(iopt_filter_tensor(node, &layout), &layout, &matrix, err));
    IOPT_DO(iopt_int8_bias_shift(node, &layout, matrix, &out->weights, layer->input_mean,
                                 layer->in_channels, out->shift, err));
done:
    iopt_tensor_destroy(matrix);
    return status;
}

/* Whether all sums stay within int32, the bias in them; *largest_shift in steps of the sums. */
static bool sums_fit(const IoptNode *node, const IoptQuantLayer *layer, const Rounded *rounded,
                     double *largest_shift)
{
    const IoptTensor *const values = rounded->weights.values;
    const int8_t *const codes = values->data;
    const size_t channels = layer->out_channels, taps = iopt_elems(values) / channels;
    const IoptTensor *const bias = iopt_planned_bias(node, channels);

    *largest_shift = 0;
    for (size_t c = 0; c < channels; c++) {
        const double unit = iopt_planned_step(layer) * (double)iopt_f32(rounded->weights.scale)[c];
        const double shift = rounded->shift ? rounded->shift[c] : 0;
        double sum = fabs(((bias ? (double)iopt_f32(bias)[c] : 0) - shift) / unit);
        for (size_t k = 0; k < taps; k++)
            sum += 255.0 * abs(codes[k * channels + c]);
        if (!(sum < 2147483648.0)) /* NaN and infinite biases, too */
            return false;
        *largest_shift = fmax(*largest_shift, fabs(shift / unit));
    }
    return true;
}

static IoptStatus round_layers(const IoptGraph *graph, IoptQuantization *plan,
                               const IoptInt8Options *options, Rounded *rounded, IoptError *err)
{
    bool all_fit = true;

    for (size_t i = 0; i < plan->n_layers; i++) {
        IoptQuantLayer *const layer = &plan->layers[i];
        const IoptNode *const node = iopt_graph_find(graph, layer->node);
        layer->weight_sqnr_db = layer->bias_shift = 0;
        if (layer->precision != IOPT_PRECISION_INT8)
            continue;
        if (!node)
            return iopt_fail(err, IOPT_INVALID_ARGUMENT, "the plan is of another graph: no '%s'",
                             layer->node);
        IOPT_TRY(round_layer(node, layer, options, &rounded[i], err));
        layer->weight_sqnr_db = rounded[i].weights.sqnr_db;
        if (sums_fit(node, layer, &rounded[i], &layer->bias_shift))
            continue;
        all_fit = false;
        layer->can_be_int8 = false;
        layer->precision = IOPT_PRECISION_FLOAT;
        layer->weight_sqnr_db = layer->bias_shift = 0;
        (void)snprintf(layer->why, sizeof layer->why, "its sums might leave int32");
    }
    return all_fit ? IOPT_OK : iopt_quantization_settle(plan, graph, options, err);
}

/* --- FakeQuant -------------------------------------------------------------------------------- */

static IoptStatus add_scalar(IoptGraph *graph, const char *base, const char *suffix, float value,
                             IoptNode **out, IoptError *err)
{
    char name[512];
    IoptTensor *scalar;

    (void)snprintf(name, sizeof name, "%s/%s", base, suffix);
    const char *const unique = iopt_graph_unique_name(graph, name);
    if (!unique)
        return iopt_fail_memory(err, 0);
    IOPT_TRY(iopt_tensor_scalar_f32(value, &scalar, err));
    return iopt_graph_add_const(graph, unique, scalar, out, err);
}

static IoptStatus add_fake_quant(IoptValue value, float min, float max, int bits, IoptNode **out,
                                 IoptError *err)
{
    IoptGraph *const graph = value.node->graph;
    char name[512];
    IoptNode *low, *high;

    (void)snprintf(name, sizeof name, "%s/fake_quant", value.node->name);
    const char *const unique = iopt_graph_unique_name(graph, name);
    if (!unique)
        return iopt_fail_memory(err, 0);
    IOPT_TRY(iopt_graph_add(graph, unique, "FakeQuantWithMinMaxVars", out, err));
    IOPT_TRY(add_scalar(graph, unique, "min", min, &low, err));
    IOPT_TRY(add_scalar(graph, unique, "max", max, &high, err));
    (*out)->device = low->device = high->device = value.node->device;
    IOPT_TRY(iopt_node_set_int(*out, "num_bits", bits, err));
    IOPT_TRY(iopt_node_set_bool(*out, "narrow_range", false, err));
    IOPT_TRY(iopt_node_add_input(*out, value, err));
    IOPT_TRY(iopt_node_add_input(*out, (IoptValue){ low, 0 }, err));
    return iopt_node_add_input(*out, (IoptValue){ high, 0 }, err);
}

/* All nodes that read the value read the FakeQuant instead; graph outputs stay. */
static IoptStatus quantize_value(IoptValue value, float min, float max, int bits, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptNode *fake;
    void *block;

    const size_t count = value.node->n_uses;
    IOPT_TRY(iopt_alloc(&block, count, sizeof(IoptUse), err));
    IoptUse *const uses = block; /* the list changes while inputs do */
    if (count)
        memcpy(uses, value.node->uses, count * sizeof *uses);
    IOPT_DO(add_fake_quant(value, min, max, bits, &fake, err));
    for (size_t i = 0; i < count; i++) {
        if (uses[i].slot < 0 || uses[i].node->in[uses[i].slot].port != value.port)
            continue;
        IOPT_DO(
            iopt_node_set_input(uses[i].node, (size_t)uses[i].slot, (IoptValue){ fake, 0 }, err));
    }
done:
    free(block);
    return status;
}

static IoptStatus quantize_points(IoptGraph *graph, const IoptQuantization *plan, IoptError *err)
{
    for (size_t i = 0; i < plan->n_points; i++) {
        const IoptQuantPoint *const point = &plan->points[i];
        IoptNode *const node = point->is_used ? iopt_graph_find(graph, point->value) : NULL;
        if (!point->is_used)
            continue;
        if (!node)
            return iopt_fail(err, IOPT_INVALID_ARGUMENT, "the plan is of another graph: no '%s'",
                             point->value);
        IOPT_TRY(quantize_value((IoptValue){ node, 0 }, point->settled_min, point->settled_max,
                                point->settled_bits, err));
    }
    return IOPT_OK;
}

/* A layer that reads a wide value gets 8 bits of it: one FakeQuant for all such readers. */
static IoptStatus narrow_input(IoptNode *node, const IoptQuantLayer *layer, IoptError *err)
{
    const IoptQuantRange range = iopt_quant_range(layer->read_min, layer->read_max, 8);
    const IoptValue wide = node->in[0];
    IoptNode *fake = NULL;

    for (size_t i = 0; !fake && i < wide.node->n_uses; i++) {
        IoptNode *const reader = wide.node->uses[i].node;
        if (wide.node->uses[i].slot == 0 && iopt_is_op(reader, "FakeQuantWithMinMaxVars") &&
            iopt_attr_int(reader, "num_bits", 8) == 8)
            fake = reader;
    }
    if (!fake)
        IOPT_TRY(add_fake_quant(wide, range.min, range.max, 8, &fake, err));
    return iopt_node_set_input(node, 0, (IoptValue){ fake, 0 }, err);
}

/* --- the graph -------------------------------------------------------------------------------- */

/* Makes each bias, shifted by `shift` if that is not NULL, a whole number of steps of the sums: as
 * the integers have it, so that the float simulation adds the same. */
static IoptStatus settle_bias(IoptNode *node, const IoptQuantLayer *layer, const Rounded *rounded,
                              IoptError *err)
{
    const size_t channels = layer->out_channels;
    const IoptTensor *const bias = iopt_planned_bias(node, channels);
    double *shift;

    if (!bias && !rounded->shift)
        return IOPT_OK;
    IOPT_TRY(iopt_alloc((void **)&shift, channels, sizeof *shift, err));
    for (size_t c = 0; c < channels; c++) {
        const double unit = iopt_planned_step(layer) * (double)iopt_f32(rounded->weights.scale)[c];
        const double old = bias ? (double)iopt_f32(bias)[c] : 0;
        shift[c] = rounded->shift ? rounded->shift[c] : 0;
        const double steps = rint((old - shift[c]) / unit);
        if (isfinite(steps * unit))
            shift[c] = old - steps * unit;
    }
    const IoptStatus status = iopt_int8_bias_correct(node, shift, channels, err);
    free(shift);
    return status;
}

static IoptStatus build_layers(IoptGraph *graph, const IoptQuantization *plan, Rounded *rounded,
                               IoptError *err)
{
    for (size_t i = 0; i < plan->n_layers; i++) {
        const IoptQuantLayer *const layer = &plan->layers[i];
        IoptNode *const node = iopt_graph_find(graph, layer->node);
        IoptFilterLayout layout;
        if (layer->precision != IOPT_PRECISION_INT8 || !iopt_filter_layout(node, &layout))
            continue;
        IOPT_TRY(settle_bias(node, layer, &rounded[i], err));
        IOPT_TRY(iopt_int8_weights_build(node, &layout, &rounded[i].weights, err));
        if (layer->read_bits > 8)
            IOPT_TRY(narrow_input(node, layer, err));
    }
    return IOPT_OK;
}

/* Many ranges begin at the same zero: one constant for all, so that optimizing the result again
 * finds nothing to merge. */
static IoptStatus tidy(IoptGraph *graph, IoptError *err)
{
    const IoptPassOptions options = { 0 };
    IoptPassContext context = { .options = &options };

    (void)iopt_graph_sweep(graph);
    iopt_graph_compact(graph);
    return iopt_pass_run(iopt_pass_find("merge_duplicates"), graph, &context, err);
}

IoptStatus iopt_quantization_apply(const IoptGraph *graph, IoptQuantization *plan,
                                   const IoptInt8Options *options, IoptGraph **out, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptGraph *made = NULL;
    void *rounded = NULL;

    *out = NULL;
    IOPT_DO(iopt_alloc(&rounded, plan->n_layers, sizeof(Rounded), err));
    if (!plan->left_alone)
        IOPT_DO(round_layers(graph, plan, options, rounded, err));
    IOPT_DO(iopt_graph_clone(graph, &made, err));
    if (!plan->left_alone) {
        IOPT_DO(quantize_points(made, plan, err));
        IOPT_DO(build_layers(made, plan, rounded, err));
        IOPT_DO(tidy(made, err));
    }
    *out = made;
    made = NULL;
done:
    iopt_graph_destroy(made);
    free_rounded(rounded, plan->n_layers);
    return status;
}
