/* An integer layer on its way into a plan: what Conv2D, DepthwiseConv2d and MatMul share. */
#include "engine/int8/int8_layer.h"

bool iopt_int8_layer_fits(const IoptNode *node)
{
    const size_t residual = iopt_int8_residual_slot(node);

    for (size_t i = 0; i < node->n_in; i++)
        if (!iopt_fact_at(node->in[i]).value != (i == 0 || (residual && i == residual)))
            return false;
    return iopt_value_elems(node->in[0]) > 0 && iopt_value_elems(node->in[1]) > 0;
}

/* -x_zero * (the sum of the weights), and with a zero point of theirs + x_zero * zero * K. */
static IoptStatus make_bias(IoptLower *l, IoptInt8Layer *layer, IoptError *err)
{
    const int32_t *const bias = iopt_fact_at(layer->node->in[2]).value->data;
    const int8_t *const filter = layer->filter->data;
    const size_t count = iopt_elems(layer->filter), n = layer->outputs;
    const uint32_t x_zero = (uint32_t)layer->x_zero;

    IOPT_TRY(iopt_lower_alloc(l, n, sizeof *layer->bias, &layer->bias, err));
    for (size_t o = 0; o < n; o++)
        layer->bias[o] = bias[o];
    for (size_t row = 0; row < count; row += n)
        for (size_t o = 0; o < n; o++) {
            const int32_t w = filter[row + o] - (layer->filter_zero ? layer->filter_zero[o] : 0);
            layer->bias[o] = (int32_t)((uint32_t)layer->bias[o] - x_zero * (uint32_t)w);
        }
    return IOPT_OK;
}

static IoptStatus place_result(IoptLower *l, const IoptChain *chain, IoptInt8Layer *layer,
                               IoptError *err)
{
    const IoptNode *const node = chain->root;
    const size_t slot = iopt_int8_residual_slot(node);
    const IoptValue value = iopt_chain_value(chain);

    if (!slot) {
        IOPT_TRY(iopt_lower_out(l, value, &layer->y, err));
    } else {
        IoptPlace *const r = &layer->places[layer->n_places++];
        IOPT_TRY(iopt_lower_in(l, node->in[slot], r, err));
        IOPT_TRY(iopt_lower_out_over(l, value, node->in[slot], &layer->y, err));
        layer->residual = iopt_int8_in(node, 'r', r->dtype);
        layer->residual.stride = r->stride;
    }
    layer->end.stride = layer->y.stride;
    return IOPT_OK;
}

IoptStatus iopt_int8_layer_of_chain(IoptLower *l, const IoptChain *chain, IoptInt8Layer *out,
                                    IoptError *err)
{
    const IoptNode *const node = chain->root;
    const size_t zero = iopt_int8_filter_zero_slot(node);

    *out = (IoptInt8Layer){
        .node = node,
        .filter = iopt_fact_at(node->in[1]).value,
        .filter_zero = zero ? iopt_fact_at(node->in[zero]).value->data : NULL,
        .scale = iopt_fact_at(node->in[3]).value->data,
        .outputs = iopt_value_elems(node->in[2]),
        .x_zero = (int32_t)iopt_attr_int(node, "x_zero", 0),
        .end = iopt_int8_end(node),
    };
    IOPT_TRY(iopt_lower_in(l, node->in[0], &out->x, err));
    out->places[out->n_places++] = out->x;
    IOPT_TRY(place_result(l, chain, out, err));
    return make_bias(l, out, err);
}

IoptStatus iopt_int8_zeros(IoptLower *lower, size_t count, int32_t zero, uint8_t **out,
                           IoptError *err)
{
    IOPT_TRY(iopt_lower_block(lower, count + IOPT_S8_SPARE_BYTES, out, err));
    memset(*out, zero, count + IOPT_S8_SPARE_BYTES);
    return IOPT_OK;
}
