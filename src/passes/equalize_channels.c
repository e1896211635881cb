/* equalize_channels: channels between layers are scaled so that none is far larger than others.
 *
 *   in         layer -> [bias] -> [Relu | Relu6 | MaxPool | AvgPool | Pad by 0] -> layers, which
 *              are Conv2D, DepthwiseConv2dNative and MatMul with constant filters
 *   out        the first layer's channel c and its bias divided by s[c], the next layers' input
 *              channel c multiplied by it: all ops between commute with positive factors
 *   formula    s[c] = a[c]^t / r[c]^(1-t) within 1/8 .. 8 of the mean, a = how far the channel
 *              goes (|bias| + 3 |weights|, as if inputs were of unit variance), r = the largest
 *              weight that reads it.  t is the one of 0, 1/4 .. 1 with the least expected noise of
 *              the next layers' sums; nothing is scaled where that does not save three quarters
 *              of it: it is an estimate, and weights have a scale per output channel anyway
 *   noise      of 8-bit values with one range for all channels, and of int8 weights with one scale
 *              per output channel: (max a/s)^2 sum (w s)^2 + max (w s)^2 sum (a/3s)^2
 *   Relu6      does not commute: a channel is scaled only as far as it provably stays below 6,
 *              before and after, from bounds of the layer's input
 *   exactness  rounding: of weights and biases, once a sweep
 *   keeps      values that anything else reads; channels of zeros
 *   source     M. Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias
 *              Correction", ICCV 2019, section 4.1 (t = 1/2, a = largest weight); G. Xiao et al.,
 *              "SmoothQuant", ICML 2023, section 4 (t)
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "passes/int8/int8_bias.h"
#include "passes/pass.h"
#include "passes/scale_filter.h"

enum { MAX_READERS = 16, MAX_STACK = 64, MAX_SWEEPS = 4 };

static const double largest_factor = 8, least_gain = 0.25, relu6_limit = 6;

static const char commuting_ops[] = "Relu|Relu6|MaxPool|AvgPool|Pad|Identity";

/* A layer, what adds its bias, and the layers that read its channels. */
typedef struct Link {
    IoptNode *first, *bias; /* bias NULL: none */
    size_t bias_slot, channels;
    IoptFilterLayout layout;
    IoptNode *readers[MAX_READERS];
    IoptFilterLayout reader_layouts[MAX_READERS];
    size_t n_readers;
    bool through_relu6;
} Link;

/* --- finding ---------------------------------------------------------------------------------- */

static bool is_layer(const IoptNode *node, IoptFilterLayout *layout)
{
    return iopt_op_in(node->op, "Conv2D|DepthwiseConv2dNative|MatMul") &&
           iopt_filter_layout(node, layout);
}

static size_t in_channels(const IoptNode *node, const IoptFilterLayout *layout)
{
    return iopt_filter_in_channels(iopt_const_mapped(node->in[layout->slot].node), layout);
}

/* Adds what reads `node` to the stack, or the layers among it to the link; false if something else
 * reads it, or reads it as anything but data. */
static bool follow(Link *link, const IoptNode *node, const IoptNode **stack, size_t *depth)
{
    if (iopt_is_output(node) || node->n_uses == 0)
        return false;
    for (size_t i = 0; i < node->n_uses; i++) {
        IoptNode *const reader = node->uses[i].node;
        IoptFilterLayout layout;
        if (node->uses[i].slot != 0)
            return false;
        if (is_layer(reader, &layout)) {
            if (link->n_readers == MAX_READERS || in_channels(reader, &layout) != link->channels)
                return false;
            link->reader_layouts[link->n_readers] = layout;
            link->readers[link->n_readers++] = reader;
            continue;
        }
        if (!iopt_op_in(reader->op, commuting_ops) || *depth == MAX_STACK)
            return false;
        link->through_relu6 = link->through_relu6 || iopt_is_op(reader, "Relu6");
        stack[(*depth)++] = reader;
    }
    return true;
}

static bool find_link(IoptNode *first, Link *link)
{
    const IoptNode *stack[MAX_STACK];
    size_t depth = 0;

    *link = (Link){ .first = first };
    if (!is_layer(first, &link->layout))
        return false;
    link->channels = iopt_filter_out_channels(iopt_const_mapped(first->in[link->layout.slot].node),
                                              &link->layout);
    link->bias = iopt_int8_bias_node(first, link->channels, &link->bias_slot);
    stack[depth++] = link->bias ? link->bias : first;
    while (depth)
        if (!follow(link, stack[--depth], stack, &depth))
            return false;
    return true;
}

/* Filters and bias that others read as well would have to be copied. */
static bool has_own_constants(const Link *link)
{
    bool own = iopt_node_uses(link->first->in[link->layout.slot].node) == 1 &&
               (!link->bias || iopt_node_uses(link->bias->in[link->bias_slot].node) == 1);

    for (size_t i = 0; i < link->n_readers; i++)
        own = own && link->readers[i] != link->first &&
              iopt_node_uses(link->readers[i]->in[link->reader_layouts[i].slot].node) == 1;
    return own;
}

/* --- ranges ----------------------------------------------------------------------------------- */

/* How far each channel goes, if the layer's inputs were of unit variance: |bias| + 3 |w|. */
static IoptStatus channel_reach(const Link *link, double *reach, IoptError *err)
{
    const IoptTensor *const filter = iopt_filter_tensor(link->first, &link->layout);

    if (!filter)
        return iopt_fail_memory(err, 0);
    for (size_t i = 0; i < iopt_elems(filter); i++) {
        size_t in, out;
        iopt_filter_channels(filter, &link->layout, i, &in, &out);
        reach[out] += (double)iopt_f32(filter)[i] * (double)iopt_f32(filter)[i];
    }
    for (size_t c = 0; c < link->channels; c++) {
        reach[c] = 3 * sqrt(reach[c]);
        if (link->bias)
            reach[c] += fabs((double)iopt_f32(iopt_const_input(link->bias, link->bias_slot))[c]);
    }
    return IOPT_OK;
}

/* What a reader makes of each channel c: energy[c] = sum of its squared weights, and the largest
 * for each output o, at peaks[c * outputs + o]. */
typedef struct Reading {
    double *energy;
    float *peaks; /* NULL for a depthwise reader: each output has its own scale and one channel */
    size_t outputs;
} Reading;

static void free_readings(Reading *readings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(readings[i].energy);
        free(readings[i].peaks);
    }
}

static IoptStatus read_filter(const IoptNode *node, const IoptFilterLayout *layout, size_t channels,
                              Reading *reading, double *largest, IoptError *err)
{
    const IoptTensor *const filter = iopt_filter_tensor(node, layout);
    void *block;

    if (!filter)
        return iopt_fail_memory(err, 0);
    IOPT_TRY(iopt_alloc(&block, channels, sizeof(double), err));
    reading->energy = block;
    reading->outputs = iopt_filter_out_channels(filter, layout);
    if (!layout->is_depthwise) {
        IOPT_TRY(iopt_alloc(&block, iopt_elems(filter), sizeof(float), err));
        reading->peaks = block;
    }
    for (size_t i = 0; i < iopt_elems(filter); i++) {
        const float w = fabsf(iopt_f32(filter)[i]);
        size_t in, out;
        iopt_filter_channels(filter, layout, i, &in, &out);
        largest[in] = fmax(largest[in], (double)w);
        reading->energy[in] += (double)w * (double)w;
        if (reading->peaks) {
            float *const peak = &reading->peaks[in * reading->outputs + out];
            *peak = fmaxf(*peak, w);
        }
    }
    return IOPT_OK;
}

/* Whether the layer reads values within 0 .. 6. */
static bool reads_relu6(const IoptNode *layer)
{
    const IoptNode *node = layer->in[0].node;

    while (iopt_op_in(node->op, "MaxPool|AvgPool|Pad|Identity"))
        node = node->in[0].node;
    return iopt_is_op(node, "Relu6");
}

/* bound[c] = what channel c cannot exceed, the bias in it; INFINITY if nothing is known. */
static IoptStatus upper_bounds(const Link *link, double *bound, IoptError *err)
{
    const IoptTensor *const filter = iopt_filter_tensor(link->first, &link->layout);
    const bool known = reads_relu6(link->first);

    if (!filter)
        return iopt_fail_memory(err, 0);
    for (size_t c = 0; c < link->channels; c++)
        bound[c] = !known       ? (double)INFINITY
                   : link->bias ? (double)iopt_f32(iopt_const_input(link->bias, link->bias_slot))[c]
                                : 0;
    for (size_t i = 0; known && i < iopt_elems(filter); i++) {
        size_t in, out;
        iopt_filter_channels(filter, &link->layout, i, &in, &out);
        bound[out] += relu6_limit * fmax(0, (double)iopt_f32(filter)[i]);
    }
    return IOPT_OK;
}

/* --- factors ---------------------------------------------------------------------------------- */

/* How one link is scaled: per channel the reach a, the largest weight r that reads it, the bound
 * (upper_bounds) and the factor s. */
typedef struct Factors {
    double *a, *r, *bound, *s, *best;
    Reading readings[MAX_READERS];
} Factors;

static double clamp(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

/* s for an exponent t; channels that are not alive stay as they are. */
static void factors_at(const Link *link, const Factors *f, double t, double *s)
{
    double sum = 0, count = 0;

    for (size_t c = 0; c < link->channels; c++) {
        const bool alive =
            f->a[c] > 1e-20 && f->r[c] > 1e-20 && isfinite(f->a[c]) && isfinite(f->r[c]);
        s[c] = alive ? pow(f->a[c], t) / pow(f->r[c], 1 - t) : 0;
        sum += alive ? log(s[c]) : 0;
        count += alive;
    }
    const double mean = count > 0 ? exp(sum / count) : 1;
    for (size_t c = 0; c < link->channels; c++) {
        s[c] = s[c] > 0 ? clamp(s[c] / mean, 1 / largest_factor, largest_factor) : 1;
        if (link->through_relu6)
            s[c] = f->bound[c] <= relu6_limit ? fmax(s[c], f->bound[c] / relu6_limit) : 1;
    }
}

/* The expected noise of all sums of all readers, but for constant factors. */
static double expected_noise(const Link *link, const Factors *f, const double *s)
{
    double reach = 0, power = 0, noise = 0;

    for (size_t c = 0; c < link->channels; c++) {
        const double scaled = f->a[c] / s[c];
        reach = fmax(reach, scaled);
        power += scaled * scaled / 9;
    }
    for (size_t k = 0; k < link->n_readers; k++) {
        const Reading *const reading = &f->readings[k];
        for (size_t c = 0; c < link->channels; c++)
            noise += reach * reach * reading->energy[c] * s[c] * s[c];
        for (size_t o = 0; reading->peaks && o < reading->outputs; o++) {
            double peak = 0;
            for (size_t c = 0; c < link->channels; c++)
                peak = fmax(peak, (double)reading->peaks[c * reading->outputs + o] * s[c]);
            noise += peak * peak * power;
        }
    }
    return noise;
}

/* The best factors; whether they are worth it. */
static bool choose_factors(const Link *link, Factors *f)
{
    for (size_t c = 0; c < link->channels; c++)
        f->best[c] = 1;
    const double before = expected_noise(link, f, f->best);
    double least = before * least_gain;
    bool found = false;

    for (int i = 0; i <= 4; i++) {
        factors_at(link, f, 0.25 * i, f->s);
        const double noise = expected_noise(link, f, f->s);
        if (!(noise < least))
            continue;
        least = noise;
        memcpy(f->best, f->s, link->channels * sizeof *f->s);
        found = true;
    }
    return found;
}

/* --- changing --------------------------------------------------------------------------------- */

static IoptStatus scale_filter(IoptNode *node, const IoptFilterLayout *layout,
                               const IoptAffine *affine, bool input_side, IoptError *err)
{
    const IoptTensor *const filter = iopt_filter_tensor(node, layout);
    IoptTensor *scaled;

    if (!filter)
        return iopt_fail_memory(err, 0);
    IOPT_TRY(iopt_filter_scale(filter, layout, affine, input_side, &scaled, err));
    return iopt_int8_set_const(node, layout->slot, scaled, err);
}

static IoptStatus scale_bias(const Link *link, const double *s, IoptError *err)
{
    const IoptTensor *const bias = iopt_const_input(link->bias, link->bias_slot);
    IoptTensor *scaled;

    IOPT_TRY(iopt_tensor_create(IOPT_F32, &bias->shape, &scaled, err));
    for (size_t c = 0; c < link->channels; c++)
        iopt_f32_mut(scaled)[c] = (float)((double)iopt_f32(bias)[c] / s[c]);
    return iopt_int8_set_const(link->bias, link->bias_slot, scaled, err);
}

static IoptStatus scale_link(const Link *link, const double *s, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptAffine affine = { 0 };

    IOPT_DO(iopt_affine_create(3, 4, link->channels, &affine, err));
    for (size_t c = 0; c < link->channels; c++)
        affine.scale[c] = 1 / s[c];
    IOPT_DO(scale_filter(link->first, &link->layout, &affine, false, err));
    if (link->bias)
        IOPT_DO(scale_bias(link, s, err));
    for (size_t c = 0; c < link->channels; c++)
        affine.scale[c] = s[c];
    for (size_t i = 0; i < link->n_readers; i++)
        IOPT_DO(scale_filter(link->readers[i], &link->reader_layouts[i], &affine, true, err));
done:
    iopt_affine_free(&affine);
    return status;
}

static IoptStatus equalize(const Link *link, bool *changed, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    Factors f = { 0 };
    void *block = NULL;

    IOPT_TRY(iopt_alloc(&block, link->channels, 5 * sizeof(double), err));
    f.a = block;
    f.r = f.a + link->channels;
    f.bound = f.r + link->channels;
    f.s = f.bound + link->channels;
    f.best = f.s + link->channels;
    IOPT_DO(channel_reach(link, f.a, err));
    for (size_t i = 0; i < link->n_readers; i++)
        IOPT_DO(read_filter(link->readers[i], &link->reader_layouts[i], link->channels,
                            &f.readings[i], f.r, err));
    if (link->through_relu6)
        IOPT_DO(upper_bounds(link, f.bound, err));
    *changed = choose_factors(link, &f);
    if (*changed)
        IOPT_DO(scale_link(link, f.best, err));
done:
    free_readings(f.readings, link->n_readers);
    free(block);
    return status;
}

/* Links share layers, so that scaling one changes the next: a few sweeps over all of them. */
static IoptStatus run(IoptGraph *graph, IoptPassContext *context, IoptError *err)
{
    bool any = true;

    for (size_t sweep = 0; any && sweep < MAX_SWEEPS; sweep++) {
        const size_t count = graph->n_nodes;
        any = false;
        for (size_t i = 0; i < count; i++) {
            IoptNode *const node = graph->nodes[i];
            bool changed = false;
            Link link;
            if (node->removed || !find_link(node, &link) || !has_own_constants(&link))
                continue;
            IOPT_TRY(equalize(&link, &changed, err));
            context->changes += changed && sweep == 0;
            any = any || changed;
        }
        iopt_graph_compact(graph);
    }
    return IOPT_OK;
}

const IoptPass iopt_pass_equalize_channels = {
    .name = "equalize_channels",
    .brief = "scale channels between layers so that none is far larger",
    .after = "fold_batch_norms",
    .exactness = IOPT_ROUNDING,
    .run = run,
};
