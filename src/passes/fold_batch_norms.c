/* fold_batch_norms: a Mul and BiasAdd by channel constants goes into the filters and biases that
 * made its input.
 *
 *   in         Conv2D, DepthwiseConv2dNative, Conv2DBackpropInput, MatMul, seen through BiasAdd,
 *              Mul, Add, Pad, SpaceToBatchND, BatchToSpaceND, Concat, Reshape, Squeeze,
 *              ExpandDims, Identity, AvgPool
 *   exactness  rounding: filter * scale is rounded once more
 *   declines   where a node on the way has another reader, or where zeros that were added on the
 *              way (Pad) would have to be shifted
 *   source     the pass of this name in TensorFlow's Graph Transform Tool, which knows Conv2D and
 *              MatMul
 */
#include "passes/absorb.h"
#include "passes/pass.h"

enum { ANY, ROOT, N_SLOTS };

static const IoptPattern pattern[N_SLOTS] = {
    [ROOT] = { .op = "Mul|BiasAdd|Add|AddV2" },
};

static bool is_filter_op(const IoptNode *node)
{
    IoptFilterLayout layout;
    return iopt_filter_layout(node, &layout);
}

static IoptStatus rewrite(IoptEdit *edit, IoptNode *const *at, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptNode *const node = at[ROOT];
    IoptAffine affine;
    size_t x;
    IoptValue out;
    const char *why = NULL;

    if (!iopt_affine_read(node, &affine, &x))
        return IOPT_OK;
    /* A bias right behind its filter is where it belongs. */
    if (!affine.has_scale && is_filter_op(node->in[x].node))
        goto done;
    if (!iopt_absorb_check(node->in[x], &affine, &why)) {
        status = iopt_edit_skip(edit, "%s", why);
        goto done;
    }
    IOPT_DO(iopt_absorb_build(edit, node->in[x], &affine, &out, err));
    if (node->n_control || iopt_is_output(node))
        IOPT_DO(iopt_edit_replace(edit, node, out.node, err));
    else
        IOPT_DO(iopt_edit_replace_value(edit, (IoptValue){ node, 0 }, out, err));
done:
    iopt_affine_free(&affine);
    return status;
}

const IoptPass iopt_pass_fold_batch_norms = {
    .name = "fold_batch_norms",
    .brief = "bake channel scales and shifts into filters and biases",
    .after = "merge_affines",
    .exactness = IOPT_ROUNDING,
    .pattern = pattern,
    .n_pattern = N_SLOTS,
    .rewrite = rewrite,
};
