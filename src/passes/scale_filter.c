/* Filters and channel constants. */
#include "passes/scale_filter.h"

#include "base/compiler.h"

static const IoptFilterLayout layouts[] = {
    { .op = "Conv2D", .slot = 1, .data = 0, .rank = 4, .in_axis = 2, .out_axis = 1 },
    { .op = "DepthwiseConv2dNative",
      .slot = 1,
      .data = 0,
      .rank = 4,
      .in_axis = 2,
      .out_axis = 1,
      .is_depthwise = true },
    { .op = "Conv2DBackpropInput", .slot = 1, .data = 2, .rank = 4, .in_axis = 1, .out_axis = 2 },
    { .op = "MatMul", .slot = 1, .data = 0, .rank = 2, .in_axis = 2, .out_axis = 1 },
};

bool iopt_filter_layout(const IoptNode *node, IoptFilterLayout *layout)
{
    for (size_t i = 0; i < IOPT_COUNT(layouts); i++) {
        if (!iopt_is_op(node, layouts[i].op) || node->n_in <= layouts[i].slot ||
            node->n_in <= layouts[i].data)
            continue;
        *layout = layouts[i];
        const IoptTensor *const filter = iopt_const_mapped(node->in[layout->slot].node);
        if (!filter || filter->dtype != IOPT_F32 || filter->shape.rank != layout->rank ||
            filter->bytes == 0)
            return false;
        if (iopt_is_op(node, "MatMul") && iopt_attr_bool(node, "transpose_a", false))
            return false;
        if (iopt_is_op(node, "MatMul") && iopt_attr_bool(node, "transpose_b", false)) {
            layout->in_axis = 1;
            layout->out_axis = 2;
        }
        return true;
    }
    return false;
}

const IoptTensor *iopt_filter_tensor(const IoptNode *node, const IoptFilterLayout *layout)
{
    return iopt_const(node->in[layout->slot].node);
}

static size_t filter_dim(const IoptTensor *filter, int from_end)
{
    return (size_t)filter->shape.dim[filter->shape.rank - from_end];
}

size_t iopt_filter_out_channels(const IoptTensor *filter, const IoptFilterLayout *layout)
{
    const size_t out = filter_dim(filter, layout->out_axis);
    return layout->is_depthwise ? out * filter_dim(filter, layout->in_axis) : out;
}

size_t iopt_filter_in_channels(const IoptTensor *filter, const IoptFilterLayout *layout)
{
    return filter_dim(filter, layout->in_axis);
}

int iopt_channel_axis(const IoptNode *node, int rank)
{
    const char *const format = iopt_attr_string(node, "data_format", "NHWC");
    return strcmp(format, "NCHW") == 0 ? 1 : rank - 1;
}

void iopt_filter_channels(const IoptTensor *filter, const IoptFilterLayout *layout, size_t i,
                          size_t *in, size_t *out)
{
    const size_t last = filter_dim(filter, 1), before = filter_dim(filter, 2);
    const size_t at_last = i % last, at_before = i / last % before;

    *in = layout->in_axis == 1 ? at_last : at_before;
    *out = layout->out_axis == 1 ? at_last : at_before;
    if (layout->is_depthwise)
        *out += *in * last;
}

IoptStatus iopt_filter_scale(const IoptTensor *filter, const IoptFilterLayout *layout,
                             const IoptAffine *affine, bool input_side, IoptTensor **out,
                             IoptError *err)
{
    IOPT_TRY(iopt_tensor_create(IOPT_F32, &filter->shape, out, err));
    const float *const from = iopt_f32(filter);
    float *const to = iopt_f32_mut(*out);
    const size_t count = iopt_elems(filter);
    for (size_t i = 0; i < count; i++) {
        size_t in_channel, out_channel;
        iopt_filter_channels(filter, layout, i, &in_channel, &out_channel);
        to[i] = (float)((double)from[i] *
                        iopt_affine_scale(affine, input_side ? in_channel : out_channel));
    }
    return IOPT_OK;
}

IoptStatus iopt_filter_shift(const IoptTensor *filter, const IoptFilterLayout *layout,
                             const IoptAffine *affine, IoptAffine *out, IoptError *err)
{
    const size_t channels = iopt_filter_out_channels(filter, layout);
    const float *const values = iopt_f32(filter);
    const size_t count = iopt_elems(filter);

    IOPT_TRY(iopt_affine_create(affine->axis, affine->rank, channels, out, err));
    out->has_shift = true;
    for (size_t i = 0; i < count; i++) {
        size_t in_channel, out_channel;
        iopt_filter_channels(filter, layout, i, &in_channel, &out_channel);
        out->shift[out_channel] += (double)values[i] * iopt_affine_shift(affine, in_channel);
    }
    return IOPT_OK;
}
