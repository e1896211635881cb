/* merge_affines: a chain of Mul, RealDiv, Add, Sub and BiasAdd by channel constants becomes at most
 * one Mul and one BiasAdd.
 *
 *   in         float x; constants that are scalars or have one value per channel (NHWC or NCHW)
 *   exactness  rounding: the constants are put together in double and rounded once
 *   also       an Add or Sub of a channel constant becomes a BiasAdd, a RealDiv by constants a Mul
 */
#include "passes/affine.h"
#include "passes/pass.h"

enum { ANY, ROOT, N_SLOTS };

static const IoptPattern pattern[N_SLOTS] = {
    [ROOT] = { .op = "Mul|RealDiv|Add|AddV2|Sub|BiasAdd" },
};

/* The affine node that alone reads this one, or NULL: the chain is rewritten from its end. */
static bool continues(const IoptNode *node, const IoptAffine *affine)
{
    IoptAffine next;
    size_t x;

    if (iopt_node_uses(node) != 1 || node->n_uses != 1 || node->uses[0].slot == IOPT_CONTROL)
        return false;
    const IoptNode *const user = node->uses[0].node;
    if (!iopt_affine_read(user, &next, &x))
        return false;
    const bool fits = user->in[x].node == node && iopt_affine_fits(affine, &next);
    iopt_affine_free(&next);
    return fits;
}

static bool is_scale(const IoptNode *node)
{
    return iopt_is_op(node, "Mul");
}

static bool is_shift(const IoptNode *node, const IoptAffine *affine)
{
    return iopt_is_op(node, "BiasAdd") ||
           (affine->axis == IOPT_UNIFORM && iopt_op_in(node->op, "Add|AddV2|Sub") &&
            !affine->has_scale);
}

static IoptStatus rewrite(IoptEdit *edit, IoptNode *const *at, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptAffine total = { 0 }, one = { 0 };
    IoptNode *first = at[ROOT];
    size_t length = 1, x, first_x;
    IoptValue out;

    if (!iopt_affine_read(at[ROOT], &total, &first_x))
        return IOPT_OK;
    if (continues(at[ROOT], &total))
        goto done;
    const bool ends_in_shift = is_shift(at[ROOT], &total), is_lone_scale = is_scale(at[ROOT]);
    while (iopt_node_uses(first->in[first_x].node) == 1 && first->in[first_x].port == 0 &&
           first->in[first_x].node->n_control == 0 &&
           iopt_affine_read(first->in[first_x].node, &one, &x)) {
        if (!iopt_affine_fits(&one, &total))
            break;
        first = first->in[first_x].node;
        first_x = x;
        IOPT_DO(iopt_affine_compose(&one, &total, err));
        iopt_affine_free(&total);
        total = one;
        one = (IoptAffine){ 0 };
        length++;
    }
    if ((length == 1 && (ends_in_shift || is_lone_scale)) ||
        (length == 2 && ends_in_shift && is_scale(first)))
        goto done; /* as it should be */
    IOPT_DO(iopt_affine_build(edit, &total, first->in[first_x], at[ROOT], &out, err));
    IOPT_DO(iopt_edit_replace(edit, at[ROOT], out.node, err));
done:
    iopt_affine_free(&total);
    iopt_affine_free(&one);
    return status;
}

const IoptPass iopt_pass_merge_affines = {
    .name = "merge_affines",
    .brief = "make one multiply-add of a chain of channel constants",
    .after = "decompose_batch_norms",
    .exactness = IOPT_ROUNDING,
    .pattern = pattern,
    .n_pattern = N_SLOTS,
    .rewrite = rewrite,
};
