/* Bias correction. */
#include "passes/int8/int8_bias.h"

#include <stdio.h>
#include <stdlib.h>

#include "ops/window_rule.h"

/* --- where the bias is ------------------------------------------------------------------------ */

/* Whether a constant of an Add is one value per channel of the last axis. */
static bool is_channel_vector(const IoptTensor *constant, size_t channels)
{
    const IoptShape *const shape = &constant->shape;

    return constant->dtype == IOPT_F32 && shape->rank >= 1 && iopt_elems(constant) == channels &&
           (size_t)shape->dim[shape->rank - 1] == channels;
}

IoptNode *iopt_int8_bias_node(const IoptNode *layer, size_t channels, size_t *slot)
{
    if (layer->n_uses != 1 || iopt_node_uses(layer) != 1 || layer->uses[0].slot < 0)
        return NULL;
    IoptNode *const node = layer->uses[0].node;
    *slot = layer->uses[0].slot == 0 ? 1 : 0;
    if (node->n_in != 2)
        return NULL;
    const IoptTensor *const constant = iopt_const_input(node, *slot);
    if (!constant || constant->dtype != IOPT_F32 || iopt_elems(constant) != channels)
        return NULL;
    if (iopt_is_op(node, "BiasAdd"))
        return node;
    const bool nchw = iopt_channel_axis(layer, 4) == 1;
    return iopt_op_in(node->op, "Add|AddV2") && !nchw && is_channel_vector(constant, channels)
               ? node
               : NULL;
}

/* --- how much --------------------------------------------------------------------------------- */

/* inside[k] = the share of outputs for which tap k reads a pixel, not padding. */
static void count_inside(const IoptWindowRule *rule, int axis, int64_t in_size,
                         const IoptWindowPlace *place, double *inside)
{
    for (int64_t k = 0; k < rule->kernel[axis]; k++) {
        int64_t hits = 0;
        for (int64_t o = 0; o < place->out; o++) {
            const int64_t at = o * rule->stride[axis] - place->pad + k * rule->dilation[axis];
            hits += at >= 0 && at < in_size;
        }
        inside[k] = place->out > 0 ? (double)hits / (double)place->out : 1.0;
    }
}

/* The share for each tap [h * w] of a convolution; all ones for MatMul or where sizes are not
 * known. */
static IoptStatus tap_shares(const IoptNode *layer, const IoptFilterLayout *layout, double **out,
                             size_t *taps, IoptError *err)
{
    IoptWindowRule rule;
    IoptWindowPlace place;
    void *block;

    const IoptTensor *const filter = iopt_const(layer->in[layout->slot].node);
    const bool is_window = layout->rank == 4;
    const size_t kh = filter && is_window ? (size_t)filter->shape.dim[0] : 1;
    const size_t kw = filter && is_window ? (size_t)filter->shape.dim[1] : 1;
    *taps = kh * kw;
    IOPT_TRY(iopt_alloc(&block, kh * kw + kh + kw, sizeof(double), err));
    double *const shares = *out = block, *const along[2] = { shares + *taps, shares + *taps + kh };
    for (size_t i = 0; i < kh * kw + kh + kw; i++)
        shares[i] = 1;
    const IoptShape x = iopt_fact_at(layer->in[layout->data]).shape;
    if (!is_window || x.rank != 4 || iopt_window_rule(layer, 2, true, &rule, NULL) != IOPT_OK)
        return IOPT_OK;
    const IoptImage image = iopt_image(&x, &rule);
    for (int i = 0; i < 2; i++) {
        const int axis = IOPT_SPATIAL - 2 + i;
        rule.kernel[axis] = (int64_t)(i == 0 ? kh : kw);
        if (image.size[axis] > 0 &&
            iopt_window_place(layer, &rule, axis, image.size[axis], &place, NULL) == IOPT_OK)
            count_inside(&rule, axis, image.size[axis], &place, along[i]);
    }
    for (size_t t = 0; t < *taps; t++)
        shares[t] = along[0][t / kw] * along[1][t % kw];
    return IOPT_OK;
}

IoptStatus iopt_int8_bias_shift(const IoptNode *layer, const IoptFilterLayout *layout,
                                const IoptTensor *matrix, const IoptInt8Weights *weights,
                                const float *mean, size_t in_channels, double *shift,
                                IoptError *err)
{
    const size_t channels = iopt_elems(weights->scale), count = iopt_elems(matrix);
    const int8_t *const codes = weights->values->data;
    const float *const scale = iopt_f32(weights->scale), *const w = iopt_f32(matrix);
    double *shares;
    size_t taps;

    IOPT_TRY(tap_shares(layer, layout, &shares, &taps, err));
    /* Rows of the matrix that belong to one tap; in groups, those of one group. */
    const size_t rows = layout->is_depthwise ? 1 : count / channels / taps;
    const size_t groups = layout->is_depthwise ? in_channels : in_channels / rows;
    const size_t per_group = channels / (groups ? groups : 1);
    memset(shift, 0, channels * sizeof *shift);
    for (size_t r = 0; r < count / channels; r++) {
        const double share = shares[r / rows < taps ? r / rows : 0];
        for (size_t c = 0; c < channels; c++) {
            const size_t i = r * channels + c, group = per_group ? c / per_group : 0;
            const size_t in = group * rows + r % rows;
            const double e = codes[i] * (double)scale[c] - (double)w[i];
            shift[c] += e * share * (double)mean[in < in_channels ? in : 0];
        }
    }
    free(shares);
    return IOPT_OK;
}

/* --- changing it ------------------------------------------------------------------------------ */

static IoptStatus make_bias(const double *shift, size_t channels, const IoptTensor *old,
                            IoptTensor **out, IoptError *err)
{
    const int64_t dim = (int64_t)channels;
    const IoptShape shape = old ? old->shape : iopt_shape(1, &dim);

    IOPT_TRY(iopt_tensor_create(IOPT_F32, &shape, out, err));
    for (size_t c = 0; c < channels; c++)
        iopt_f32_mut(*out)[c] = (float)((old ? (double)iopt_f32(old)[c] : 0) - shift[c]);
    return IOPT_OK;
}

/* layer -> BiasAdd -> whoever read the layer. */
static IoptStatus insert_bias(IoptNode *layer, IoptTensor *taken, IoptError *err)
{
    IoptGraph *const graph = layer->graph;
    const char *const format = iopt_attr_string(layer, "data_format", "NHWC");
    const IoptValue value = { layer, 0 };
    char name[512];
    IoptNode *constant, *add;

    (void)snprintf(name, sizeof name, "%s/bias", layer->name);
    const char *unique = iopt_graph_unique_name(graph, name);
    if (!unique) {
        iopt_tensor_destroy(taken);
        return iopt_fail_memory(err, 0);
    }
    IOPT_TRY(iopt_graph_add_const(graph, unique, taken, &constant, err));
    (void)snprintf(name, sizeof name, "%s/add_bias", layer->name);
    unique = iopt_graph_unique_name(graph, name);
    if (!unique)
        return iopt_fail_memory(err, 0);
    IOPT_TRY(iopt_graph_add(graph, unique, "BiasAdd", &add, err));
    constant->device = add->device = layer->device;
    IOPT_TRY(iopt_node_set_type(add, "T", IOPT_F32, err));
    IOPT_TRY(iopt_node_set_string(add, "data_format", format, err));
    IOPT_TRY(iopt_graph_replace_value(value, (IoptValue){ add, 0 }, err));
    IOPT_TRY(iopt_node_add_input(add, value, err));
    return iopt_node_add_input(add, (IoptValue){ constant, 0 }, err);
}

IoptStatus iopt_int8_bias_correct(IoptNode *layer, const double *shift, size_t channels,
                                  IoptError *err)
{
    IoptTensor *bias;
    size_t slot;

    IoptNode *const node = iopt_int8_bias_node(layer, channels, &slot);
    const IoptTensor *const old = node ? iopt_const_input(node, slot) : NULL;
    IOPT_TRY(make_bias(shift, channels, old, &bias, err));
    return node ? iopt_int8_set_const(node, slot, bias, err) : insert_bias(layer, bias, err);
}
