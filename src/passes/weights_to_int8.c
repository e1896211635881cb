/* weights_to_int8: filters in 8 bits, arithmetic in float.
 *
 *   in         Conv2D, DepthwiseConv2dNative, Conv2DBackpropInput, MatMul with a float constant
 *   out        the constant as int8, Cast to float, Mul by a float scale per output channel, chosen
 *              by least squared error; the file is about a quarter; no data is needed
 *   exactness  lossy: each weight moves by half a step at most
 *   keeps      filters that are not finite, and those too small to gain from it
 *   source     form: the weights of TensorFlow's quantization-aware graphs, per channel
 */
#include <math.h>
#include <stdio.h>

#include "passes/int8/int8_filter.h"
#include "passes/pass.h"

/* Below this two more nodes cost more than the bytes saved. */
enum { LEAST_BYTES = 256 };

static bool is_finite(const IoptTensor *tensor)
{
    for (size_t i = 0; i < iopt_elems(tensor); i++)
        if (!isfinite(iopt_f32(tensor)[i]))
            return false;
    return true;
}

static void skip(IoptPassContext *context, const IoptNode *node, const char *why)
{
    context->skips++;
    (void)snprintf(context->skip_text, sizeof context->skip_text, "%s '%s': %s", node->op,
                   node->name, why);
}

static IoptStatus round_filter(IoptNode *node, const IoptFilterLayout *layout,
                               IoptPassContext *context, IoptError *err)
{
    const IoptTensor *const filter = iopt_filter_tensor(node, layout);
    IoptInt8Weights weights;

    if (!filter)
        return iopt_fail_memory(err, 0);
    if (filter->bytes < LEAST_BYTES)
        return IOPT_OK;
    if (!is_finite(filter)) {
        skip(context, node, "its weights are not all finite");
        return IOPT_OK;
    }
    IOPT_TRY(iopt_int8_weights_choose(filter, layout, true, NULL, &weights, err));
    IOPT_TRY(iopt_int8_weights_build(node, layout, &weights, err));
    context->changes++;
    return IOPT_OK;
}

static IoptStatus run(IoptGraph *graph, IoptPassContext *context, IoptError *err)
{
    const size_t count = graph->n_nodes;

    for (size_t i = 0; i < count; i++) {
        IoptNode *const node = graph->nodes[i];
        IoptFilterLayout layout;
        if (!node->removed && iopt_filter_layout(node, &layout))
            IOPT_TRY(round_filter(node, &layout, context, err));
    }
    iopt_graph_compact(graph);
    return IOPT_OK;
}

const IoptPass iopt_pass_weights_to_int8 = {
    .name = "weights_to_int8",
    .brief = "keep filters in 8 bits, one scale per output channel",
    .after = "fold_batch_norms",
    .exactness = IOPT_LOSSY,
    .run = run,
};
