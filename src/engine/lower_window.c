/* From the attributes of a node, and a Pad before it, to the window that kernels slide. */
#include "engine/lower_window.h"

#include "ops/window_rule.h"

bool iopt_slides_over_nhwc(const IoptNode *node)
{
    const IoptShape x = iopt_shape_of(node->in[0]);

    return x.rank == 4 && iopt_is_f32(node->in[0]) && node->facts[0].shape.rank == 4 &&
           iopt_attr_string(node, "data_format", "NHWC")[1] == 'H' && x.dim[1] <= INT32_MAX &&
           x.dim[2] <= INT32_MAX;
}

bool iopt_pool_size(const IoptNode *node, int64_t size[4])
{
    const int64_t *list;
    size_t count;

    if (iopt_is_op(node, "MaxPoolV2")) {
        const IoptFact ksize = iopt_fact_at(node->in[1]), strides = iopt_fact_at(node->in[2]);
        if (!strides.value || !iopt_fact_ints(&ksize, size, 4, &count))
            return false;
    } else {
        count = iopt_attr_ints(node, "ksize", &list);
        for (size_t i = 0; i < 4 && count == 4; i++)
            size[i] = list[i];
    }
    return count == 4 && size[0] == 1 && size[3] == 1;
}

/* MaxPoolV2 has its strides in an input. */
static IoptStatus read_rule(const IoptNode *node, IoptWindowRule *rule, IoptError *err)
{
    const bool is_v2 = iopt_is_op(node, "MaxPoolV2");
    int64_t strides[4] = { 1, 1, 1, 1 };
    size_t count;

    IOPT_TRY(iopt_window_rule(node, 2, !is_v2, rule, err));
    if (is_v2) {
        const IoptFact fact = iopt_fact_at(node->in[2]);
        if (!iopt_fact_ints(&fact, strides, 4, &count))
            count = 0;
        IOPT_TRY(
            iopt_window_spread(node, "strides", strides, count, rule, rule->stride, NULL, err));
    }
    if (iopt_is_op(node, "DepthwiseConv2dNative")) /* TensorFlow ignores it there */
        rule->dilation[1] = rule->dilation[2] = 1;
    return IOPT_OK;
}

IoptStatus iopt_lower_window(const IoptNode *node, const IoptNode *pad, size_t kernel_h,
                             size_t kernel_w, IoptWindow *out, IoptError *err)
{
    const IoptShape x = iopt_shape_of(pad ? pad->in[0] : node->in[0]);
    const IoptShape padded = iopt_shape_of(node->in[0]);
    IoptWindowRule rule;
    IoptWindowPlace place[2];
    int64_t before[8] = { 0 };
    size_t count;

    IOPT_TRY(read_rule(node, &rule, err));
    rule.kernel[1] = (int64_t)kernel_h;
    rule.kernel[2] = (int64_t)kernel_w;
    for (int i = 0; i < 2; i++)
        IOPT_TRY(iopt_window_place(node, &rule, 1 + i, padded.dim[1 + i], &place[i], err));
    if (pad) {
        const IoptFact fact = iopt_fact_at(pad->in[1]);
        (void)iopt_fact_ints(&fact, before, 8, &count);
    }
    *out = (IoptWindow){
        .in_h = (size_t)x.dim[1],
        .in_w = (size_t)x.dim[2],
        .out_h = (size_t)place[0].out,
        .out_w = (size_t)place[1].out,
        .kernel_h = kernel_h,
        .kernel_w = kernel_w,
        .stride_h = (size_t)rule.stride[1],
        .stride_w = (size_t)rule.stride[2],
        .dilation_h = (size_t)rule.dilation[1],
        .dilation_w = (size_t)rule.dilation[2],
        .pad_top = (size_t)(place[0].pad + before[2]),
        .pad_left = (size_t)(place[1].pad + before[4]),
    };
    return IOPT_OK;
}
