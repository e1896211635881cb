/* One layer of a plan: bias, step, weights. */
#include "passes/int8/planned_layer.h"

#include <math.h>
#include <stdlib.h>

#include "tensor/quant_range.h"

double iopt_planned_step(const IoptQuantLayer *layer)
{
    return (double)iopt_quant_range(layer->read_min, layer->read_max, 8).scale;
}

const IoptTensor *iopt_planned_bias(const IoptNode *node, size_t channels)
{
    size_t slot;

    const IoptNode *const adder = iopt_int8_bias_node(node, channels, &slot);
    return adder ? iopt_const_input(adder, slot) : NULL;
}

bool iopt_planned_corrects(const IoptNode *node, const IoptQuantLayer *layer,
                           const IoptInt8Options *options, bool is_refined)
{
    if (!options->bias_correction || !layer->input_mean)
        return false;
    return !is_refined || iopt_planned_bias(node, layer->out_channels);
}

/* Scales below which biases would be beyond 2^29 steps of the sums; NULL without a bias. */
static IoptStatus least_scales(const IoptNode *node, const IoptQuantLayer *layer, float **out,
                               IoptError *err)
{
    const IoptTensor *const bias = iopt_planned_bias(node, layer->out_channels);
    const double unit = iopt_planned_step(layer) * 0x1p29;
    void *block;

    *out = NULL;
    if (!bias)
        return IOPT_OK;
    IOPT_TRY(iopt_alloc(&block, layer->out_channels, sizeof(float), err));
    *out = block;
    for (size_t c = 0; c < layer->out_channels; c++)
        (*out)[c] = (float)(fabs((double)iopt_f32(bias)[c]) / unit);
    return IOPT_OK;
}

IoptStatus iopt_planned_weights(const IoptNode *node, const IoptFilterLayout *layout,
                                const IoptQuantLayer *layer, const IoptInt8Options *options,
                                IoptInt8Weights *out, IoptError *err)
{
    const IoptTensor *const filter = iopt_filter_tensor(node, layout);
    float *least;

    if (!filter)
        return iopt_fail_memory(err, 0);
    if (layer->rounded)
        return iopt_int8_weights_given(filter, layout, layer->rounded, layer->rounded_scale, out,
                                       err);
    IOPT_TRY(least_scales(node, layer, &least, err));
    const IoptStatus status =
        iopt_int8_weights_choose(filter, layout, options->weight_mse, least, out, err);
    free(least);
    return status;
}
