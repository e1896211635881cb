/* equalize_channels: channels between layers are scaled so that none is far larger than others.
 *
 *   in         layer -> [bias] -> [Relu | Relu6 | MaxPool | AvgPool | Mean | Pad by 0 | ConcatV2 |
 *              Add] -> layers: Conv2D, DepthwiseConv2dNative, MatMul with constant filters
 *   out        the first layer's channel c and its bias divided by s[c], the next layers' input
 *              channel c multiplied by it: all ops between commute with positive factors
 *   formula    passes/int8/equalize.h has it; how far a channel goes is guessed from |bias| + 3
 *              |weights|, as if inputs were of unit variance, and so nothing is scaled unless that
 *              saves three quarters of the expected noise of 8-bit values and weights
 *   data       recipe int8 does the same by what channels do on images
 *              (measure/quantize_equalize.c)
 *   exactness  rounding: of weights and biases, once
 *   keeps      channels that anything else reads, or that are zeros
 *   source     M. Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias
 *              Correction", ICCV 2019, section 4.1
 */
#include <math.h>
#include <stdlib.h>

#include "passes/int8/equalize.h"
#include "passes/int8/int8_bias.h"
#include "passes/pass.h"
#include "passes/scale_filter.h"

static const double least_gain = 0.25;

/* |bias| + 3 |w| of each channel that a layer makes; the most of those of a set. */
static IoptStatus guess_reach(const IoptNode *node, const IoptChannelSets *sets, double *sums,
                              double *peak, IoptError *err)
{
    const IoptChannels *const channels = iopt_channels_of(sets, node);
    IoptFilterLayout layout;
    size_t slot;

    if (!channels->is_made || !iopt_filter_layout(node, &layout))
        return IOPT_OK;
    const IoptTensor *const filter = iopt_filter_tensor(node, &layout);
    if (!filter)
        return iopt_fail_memory(err, 0);
    memset(sums, 0, channels->count * sizeof *sums);
    for (size_t i = 0; i < iopt_elems(filter); i++) {
        size_t in, out;
        iopt_filter_channels(filter, &layout, i, &in, &out);
        sums[out] += (double)iopt_f32(filter)[i] * (double)iopt_f32(filter)[i];
    }
    const IoptNode *const adder = iopt_int8_bias_node(node, channels->count, &slot);
    const IoptTensor *const bias = adder ? iopt_const_input(adder, slot) : NULL;
    for (size_t c = 0; c < channels->count; c++) {
        double *const most = &peak[sets->of[channels->first + c]];
        const double reach = 3 * sqrt(sums[c]) + (bias ? fabs((double)iopt_f32(bias)[c]) : 0);
        *most = fmax(*most, reach);
    }
    return IOPT_OK;
}

static IoptStatus equalize(IoptGraph *graph, const IoptChannelSets *sets, double *block,
                           IoptPassContext *context, IoptError *err)
{
    double *const peak = block, *const power = peak + sets->n_sets;
    double *const factor = power + sets->n_sets, *const sums = factor + sets->n_sets;
    IoptEqualizeReport report;

    for (size_t i = 0; i < sets->n_nodes; i++)
        IOPT_TRY(guess_reach(graph->nodes[i], sets, sums, peak, err));
    for (size_t set = 0; set < sets->n_sets; set++)
        power[set] = peak[set] * peak[set] / 9;
    const IoptEqualizeInput input = { peak, power, least_gain, 1 };
    IOPT_TRY(iopt_equalize_choose(graph, sets, &input, factor, &report, err));
    context->changes += report.sets;
    return report.sets ? iopt_equalize_apply(graph, sets, factor, err) : IOPT_OK;
}

static IoptStatus run(IoptGraph *graph, IoptPassContext *context, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptChannelSets sets = { 0 };
    void *block = NULL;

    iopt_graph_compact(graph);
    IOPT_DO(iopt_channel_sets_find(graph, &sets, err));
    IOPT_DO(iopt_alloc(&block, 3 * sets.n_sets + sets.n_of, sizeof(double), err));
    IOPT_DO(equalize(graph, &sets, block, context, err));
done:
    free(block);
    iopt_channel_sets_free(&sets);
    return status;
}

const IoptPass iopt_pass_equalize_channels = {
    .name = "equalize_channels",
    .brief = "scale channels between layers so that none is far larger",
    .after = "fold_batch_norms",
    .exactness = IOPT_ROUNDING,
    .run = run,
};
