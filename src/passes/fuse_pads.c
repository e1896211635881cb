/* fuse_pads: Pad by zeros and a convolution that does not pad itself become one padding
 * convolution.
 *
 *   in         Pad, PadV2 by zeros of height and width, read by one Conv2D or DepthwiseConv2dNative
 *              with padding VALID (or EXPLICIT)
 *   out        padding SAME where it adds the very same zeros, else EXPLICIT (Conv2D only: stock
 *              DepthwiseConv2dNative of TensorFlow 1 does not know it)
 *   exactness  same bits
 */
#include "passes/pass.h"

enum { ANY, CONV, PAD, PADDINGS, N_SLOTS };

static const IoptPattern pattern[N_SLOTS] = {
    [CONV] = { .op = "Conv2D|DepthwiseConv2dNative", .in = { PAD } },
    [PAD] = { .op = "Pad|PadV2", .in = { ANY, PADDINGS }, .sole_user = true },
    [PADDINGS] = { .op = "Const" },
};

/* pads[axis][side] as a flat list of 8; false unless only height and width are padded, by zeros. */
static bool read_pads(const IoptNode *pad, int height, int64_t *pads)
{
    const IoptTensor *const paddings = iopt_const_input(pad, 1);
    const IoptTensor *const value = pad->n_in > 2 ? iopt_const_input(pad, 2) : NULL;

    if (!paddings || iopt_elems(paddings) != 8)
        return false;
    if (pad->n_in > 2 && (!value || iopt_elems(value) != 1 || iopt_tensor_get_f64(value, 0) != 0))
        return false;
    for (size_t i = 0; i < 8; i++) {
        const int axis = (int)i / 2;
        pads[i] = iopt_tensor_get_i64(paddings, i);
        if (pads[i] < 0 || (pads[i] && axis != height && axis != height + 1))
            return false;
    }
    return true;
}

/* Whether padding SAME of the unpadded input adds exactly these zeros. */
static bool is_same_padding(const IoptNode *conv, const IoptShape *x, const IoptShape *filter,
                            int height, const int64_t *pads)
{
    const int64_t *strides, *dilations;
    const size_t n_strides = iopt_attr_ints(conv, "strides", &strides);
    const size_t n_dilations = iopt_attr_ints(conv, "dilations", &dilations);

    if (x->rank != 4 || n_strides != 4)
        return false;
    for (int k = 0; k < 2; k++) {
        const int axis = height + k;
        const int64_t in = x->dim[axis], stride = strides[axis];
        const int64_t dilation = n_dilations == 4 ? dilations[axis] : 1;
        if (in < 0 || stride < 1)
            return false;
        const int64_t window = (filter->dim[k] - 1) * dilation + 1;
        int64_t total = ((in + stride - 1) / stride - 1) * stride + window - in;
        total = total < 0 ? 0 : total;
        if (pads[2 * axis] != total / 2 || pads[2 * axis + 1] != total - total / 2)
            return false;
    }
    return true;
}

static IoptStatus rewrite(IoptEdit *edit, IoptNode *const *at, IoptError *err)
{
    const IoptNode *const conv = at[CONV];
    const char *const padding = iopt_attr_string(conv, "padding", "");
    const int height = strcmp(iopt_attr_string(conv, "data_format", "NHWC"), "NCHW") == 0 ? 2 : 1;
    const IoptFact x = iopt_fact_at(at[PAD]->in[0]), filter = iopt_fact_at(conv->in[1]);
    const int64_t *own = NULL;
    int64_t pads[8];
    IoptNode *fused;

    const bool is_explicit = strcmp(padding, "EXPLICIT") == 0;
    if (!is_explicit && strcmp(padding, "VALID") != 0)
        return iopt_edit_skip(edit, "the convolution pads by itself (%s)", padding);
    if (!read_pads(at[PAD], height, pads) || filter.shape.rank != 4)
        return iopt_edit_skip(edit, "it does not pad height and width by zeros alone");
    if (is_explicit && iopt_attr_ints(conv, "explicit_paddings", &own) == 8)
        for (size_t i = 0; i < 8; i++)
            pads[i] += own[i];
    const bool same = is_same_padding(conv, &x.shape, &filter.shape, height, pads);
    if (!same && iopt_is_op(conv, "DepthwiseConv2dNative"))
        return iopt_edit_skip(edit, "a depthwise convolution knows SAME and VALID only");
    IOPT_TRY(iopt_edit_clone(edit, conv, &fused, err));
    IOPT_TRY(iopt_node_set_input(fused, 0, at[PAD]->in[0], err));
    IOPT_TRY(iopt_node_set_string(fused, "padding", same ? "SAME" : "EXPLICIT", err));
    if (same)
        iopt_node_remove_attr(fused, "explicit_paddings");
    else
        IOPT_TRY(iopt_node_set_ints(fused, "explicit_paddings", pads, 8, err));
    return iopt_edit_replace(edit, at[CONV], fused, err);
}

const IoptPass iopt_pass_fuse_pads = {
    .name = "fuse_pads",
    .brief = "let the convolution do the padding before it",
    .after = "fold_batch_norms",
    .exactness = IOPT_SAME_BITS,
    .pattern = pattern,
    .n_pattern = N_SLOTS,
    .rewrite = rewrite,
};
