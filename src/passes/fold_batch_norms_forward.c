/* fold_batch_norms_forward: a Mul and BiasAdd by channel constants goes into the filter that reads
 * it.
 *
 *   in         Conv2D, DepthwiseConv2dNative, MatMul behind Mul, BiasAdd, Add by channel constants
 *              that nobody else reads (a batch norm before the convolution)
 *   exactness  rounding: filter * scale is rounded once more; the shift becomes a bias, summed in
 *              double
 *   declines   a shift where the op pads: the zeros of the border would not be shifted
 */
#include "passes/pass.h"
#include "passes/scale_filter.h"

enum { ANY, ROOT, N_SLOTS };

static const IoptPattern pattern[N_SLOTS] = {
    [ROOT] = { .op = "Conv2D|DepthwiseConv2dNative|MatMul" },
};

/* Whether the op looks beyond the border of its input. */
static bool may_pad(const IoptNode *node, const IoptTensor *filter)
{
    const char *const padding = iopt_attr_string(node, "padding", "VALID");

    if (iopt_is_op(node, "MatMul") || strcmp(padding, "VALID") == 0)
        return false;
    return strcmp(padding, "SAME") != 0 || filter->shape.dim[0] != 1 || filter->shape.dim[1] != 1;
}

/* The map that the node's input is, and what it is a map of; false if there is none to fold. */
static bool read_input(const IoptNode *node, size_t slot, IoptAffine *affine, IoptValue *x)
{
    IoptAffine before;
    size_t at, at_before;

    if (iopt_node_uses(node->in[slot].node) != 1 || node->in[slot].node->n_control ||
        !iopt_affine_read(node->in[slot].node, affine, &at))
        return false;
    const IoptNode *const last = node->in[slot].node;
    *x = last->in[at];
    if (iopt_node_uses(x->node) == 1 && x->port == 0 && x->node->n_control == 0 &&
        iopt_affine_read(x->node, &before, &at_before)) {
        if (iopt_affine_fits(&before, affine) &&
            iopt_affine_compose(&before, affine, NULL) == IOPT_OK) {
            iopt_affine_free(affine);
            *affine = before;
            *x = x->node->in[at_before];
        } else {
            iopt_affine_free(&before);
        }
    }
    return true;
}

static IoptStatus build(IoptEdit *edit, IoptNode *node, const IoptFilterLayout *layout,
                        const IoptTensor *filter, const IoptAffine *affine, IoptValue x,
                        IoptError *err)
{
    IoptAffine bias = { 0 };
    IoptTensor *scaled;
    IoptNode *copy;

    IOPT_TRY(iopt_edit_clone(edit, node, &copy, err));
    IOPT_TRY(iopt_node_set_input(copy, layout->data, x, err));
    IOPT_TRY(iopt_filter_scale(filter, layout, affine, true, &scaled, err));
    IOPT_TRY(iopt_edit_set_const(edit, copy, layout->slot, scaled, err));
    IoptValue out = { copy, 0 };
    if (affine->has_shift) {
        IOPT_TRY(iopt_filter_shift(filter, layout, affine, &bias, err));
        bias.rank = layout->rank == 2 ? 2 : 4;
        bias.axis = iopt_channel_axis(node, bias.rank);
        const IoptStatus status =
            iopt_affine_build_bias(edit, &bias, bias.count, out, node, &out, err);
        iopt_affine_free(&bias);
        IOPT_TRY(status);
    }
    return iopt_edit_replace(edit, node, out.node, err);
}

static IoptStatus rewrite(IoptEdit *edit, IoptNode *const *at, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptNode *const node = at[ROOT];
    IoptFilterLayout layout;
    IoptAffine affine;
    IoptValue x;

    if (!iopt_filter_layout(node, &layout) || !read_input(node, layout.data, &affine, &x))
        return IOPT_OK;
    const IoptTensor *const filter = iopt_filter_tensor(node, &layout);
    const size_t channels = filter ? iopt_filter_in_channels(filter, &layout) : 0;
    if (!filter ||
        (affine.axis != IOPT_UNIFORM &&
         (affine.axis != iopt_channel_axis(node, affine.rank) || affine.count != channels)))
        status = iopt_edit_skip(edit, "the constants are not one per input channel");
    else if (affine.has_shift && may_pad(node, filter))
        status = iopt_edit_skip(edit, "padding with zeros does not commute with the shift");
    else
        status = build(edit, node, &layout, filter, &affine, x, err);
    iopt_affine_free(&affine);
    return status;
}

const IoptPass iopt_pass_fold_batch_norms_forward = {
    .name = "fold_batch_norms_forward",
    .brief = "bake channel scales and shifts into the filters that read them",
    .after = "fold_batch_norms",
    .exactness = IOPT_ROUNDING,
    .pattern = pattern,
    .n_pattern = N_SLOTS,
    .rewrite = rewrite,
};
