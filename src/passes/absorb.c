/* Absorbing a channel map: the walk towards the filters, first to see, then to build.
 *
 * The recursion is bounded by MAX_DEPTH, whatever the graph.
 */
#include "passes/absorb.h"

enum { MAX_DEPTH = 16 };

static bool check(IoptValue value, const IoptAffine *affine, int depth, const char **why);
static IoptStatus build(IoptEdit *edit, IoptValue value, const IoptAffine *affine, IoptValue *out,
                        IoptError *err);

/* The map seen from the input of a node whose rank differs: the last axis stays the last. */
static IoptAffine with_rank(const IoptAffine *affine, int rank)
{
    IoptAffine moved = *affine;

    if (affine->axis != IOPT_UNIFORM && affine->axis == affine->rank - 1)
        moved.axis = rank - 1;
    moved.rank = rank;
    return moved;
}

static bool is_last_axis(const IoptAffine *affine)
{
    return affine->axis == IOPT_UNIFORM || affine->axis == affine->rank - 1;
}

/* --- ops that hand elements through, one input in slot 0 ------------------------------------- */

static bool all_zero(const IoptTensor *tensor)
{
    for (size_t i = 0; tensor && i < iopt_elems(tensor); i++)
        if (iopt_tensor_get_f64(tensor, i) != 0)
            return false;
    return tensor != NULL;
}

static bool channels_unpadded(const IoptNode *node, const IoptAffine *affine)
{
    const IoptTensor *const pads = iopt_const_input(node, 1);

    if (!pads || pads->shape.rank != 2)
        return false;
    if (affine->axis == IOPT_UNIFORM)
        return true;
    if (affine->axis >= pads->shape.dim[0])
        return false;
    const size_t at = 2 * (size_t)affine->axis;
    return iopt_tensor_get_i64(pads, at) == 0 && iopt_tensor_get_i64(pads, at + 1) == 0;
}

static bool check_pad(const IoptNode *node, const IoptAffine *affine, const char **why)
{
    const bool zeros = !iopt_is_op(node, "PadV2") || all_zero(iopt_const_input(node, 2));

    if (!iopt_is_op(node, "MirrorPad") && (affine->has_shift || !zeros)) {
        *why = "a Pad on the way adds values that would not be shifted";
        return false;
    }
    if (!channels_unpadded(node, affine)) {
        *why = "a Pad on the way adds channels";
        return false;
    }
    return true;
}

/* Space to batch and back move whole pixels; the former adds zeros. */
static bool check_space(const IoptNode *node, const IoptAffine *affine, const char **why)
{
    const bool pads = iopt_is_op(node, "SpaceToBatchND") && !all_zero(iopt_const_input(node, 2));
    const IoptTensor *const block = iopt_const_input(node, 1);

    if (pads && affine->has_shift) {
        *why = "a SpaceToBatchND on the way adds values that would not be shifted";
        return false;
    }
    if (affine->axis != IOPT_UNIFORM && (!block || affine->axis <= (int)iopt_elems(block))) {
        *why = "a SpaceToBatchND or BatchToSpaceND on the way mixes channels";
        return false;
    }
    return true;
}

static bool check_reshape(const IoptNode *node, const IoptAffine *affine, const char **why)
{
    const IoptShape in = iopt_fact_at(node->in[0]).shape;

    if (affine->axis == IOPT_UNIFORM)
        return true;
    if (!is_last_axis(affine) || in.rank < 1 || in.dim[in.rank - 1] != (int64_t)affine->count) {
        *why = "a Reshape on the way does not keep the channels";
        return false;
    }
    return true;
}

/* Whether the node only moves elements (or averages them), and the map may pass below it. */
static bool hands_through(const IoptNode *node, const IoptAffine *affine, const char **why,
                          bool *allowed)
{
    *allowed = true;
    if (iopt_op_in(node->op, "Pad|PadV2|MirrorPad"))
        *allowed = check_pad(node, affine, why);
    else if (iopt_op_in(node->op, "SpaceToBatchND|BatchToSpaceND"))
        *allowed = check_space(node, affine, why);
    else if (iopt_op_in(node->op, "Reshape|Squeeze|ExpandDims"))
        *allowed = check_reshape(node, affine, why);
    else
        return iopt_op_in(node->op, "Identity|AvgPool");
    return true;
}

static IoptStatus build_through(IoptEdit *edit, const IoptNode *node, const IoptAffine *affine,
                                IoptValue *out, IoptError *err)
{
    const int rank = iopt_fact_at(node->in[0]).shape.rank;
    const IoptAffine below = rank >= 0 ? with_rank(affine, rank) : *affine;
    IoptNode *copy;
    IoptValue in;

    IOPT_TRY(build(edit, node->in[0], &below, &in, err));
    IOPT_TRY(iopt_edit_clone(edit, node, &copy, err));
    IOPT_TRY(iopt_node_set_input(copy, 0, in, err));
    *out = (IoptValue){ copy, 0 };
    return IOPT_OK;
}

/* --- Concat: each branch takes its channels --------------------------------------------------- */

typedef struct Branches {
    size_t first, count;
    bool along_channels;
} Branches;

static bool read_concat(const IoptNode *node, const IoptAffine *affine, Branches *branches)
{
    const bool v2 = iopt_is_op(node, "ConcatV2");
    int axis;

    if (!iopt_op_in(node->op, "Concat|ConcatV2") || node->n_in < 2)
        return false;
    const IoptTensor *const axis_tensor = iopt_const_input(node, v2 ? node->n_in - 1 : 0);
    const int rank = iopt_fact_at((IoptValue){ (IoptNode *)(uintptr_t)node, 0 }).shape.rank;
    if (!axis_tensor || iopt_elems(axis_tensor) != 1 || rank < 0 ||
        !iopt_axis(iopt_tensor_get_i64(axis_tensor, 0), rank, &axis))
        return false;
    *branches = (Branches){ v2 ? 0 : 1, node->n_in - 1, axis == affine->axis };
    return true;
}

/* Channels of a branch; 0 if not known. */
static size_t branch_channels(const IoptNode *node, size_t slot, const IoptAffine *affine)
{
    const IoptShape shape = iopt_fact_at(node->in[slot]).shape;

    if (affine->axis == IOPT_UNIFORM || shape.rank <= affine->axis || shape.dim[affine->axis] < 0)
        return 0;
    return (size_t)shape.dim[affine->axis];
}

static bool check_concat(const IoptNode *node, const IoptAffine *affine, const Branches *branches,
                         int depth, const char **why)
{
    size_t begin = 0;

    for (size_t i = 0; i < branches->count; i++) {
        const size_t slot = branches->first + i;
        const size_t channels = branch_channels(node, slot, affine);
        if (branches->along_channels && (channels == 0 || begin + channels > affine->count)) {
            *why = "a Concat on the way has branches of unknown size";
            return false;
        }
        const IoptAffine part =
            branches->along_channels ? iopt_affine_slice(affine, begin, channels) : *affine;
        if (!check(node->in[slot], &part, depth, why))
            return false;
        begin += channels;
    }
    return true;
}

static IoptStatus build_concat(IoptEdit *edit, const IoptNode *node, const IoptAffine *affine,
                               const Branches *branches, IoptValue *out, IoptError *err)
{
    IoptNode *copy;
    size_t begin = 0;

    IOPT_TRY(iopt_edit_clone(edit, node, &copy, err));
    for (size_t i = 0; i < branches->count; i++) {
        const size_t slot = branches->first + i;
        const size_t channels = branch_channels(node, slot, affine);
        const IoptAffine part =
            branches->along_channels ? iopt_affine_slice(affine, begin, channels) : *affine;
        IoptValue in;
        IOPT_TRY(build(edit, node->in[slot], &part, &in, err));
        IOPT_TRY(iopt_node_set_input(copy, slot, in, err));
        begin += channels;
    }
    *out = (IoptValue){ copy, 0 };
    return IOPT_OK;
}

/* --- filters: where the map ends -------------------------------------------------------------- */

static bool check_filter(const IoptNode *node, const IoptFilterLayout *layout,
                         const IoptAffine *affine, const char **why)
{
    const int rank = layout->rank == 2 ? 2 : 4;
    const IoptTensor *const filter = iopt_const_mapped(node->in[layout->slot].node);

    if (affine->axis == IOPT_UNIFORM)
        return true;
    if (affine->axis != iopt_channel_axis(node, rank) ||
        affine->count != iopt_filter_out_channels(filter, layout)) {
        *why = "the constants are not one per output channel";
        return false;
    }
    return true;
}

static IoptStatus build_filter(IoptEdit *edit, const IoptNode *node, const IoptFilterLayout *layout,
                               const IoptAffine *affine, IoptValue *out, IoptError *err)
{
    const IoptTensor *const filter = iopt_filter_tensor(node, layout);
    IoptTensor *scaled;
    IoptNode *copy;

    if (!filter)
        return iopt_fail_memory(err, 0);
    IOPT_TRY(iopt_edit_clone(edit, node, &copy, err));
    if (affine->has_scale) {
        IOPT_TRY(iopt_filter_scale(filter, layout, affine, false, &scaled, err));
        IOPT_TRY(iopt_edit_set_const(edit, copy, layout->slot, scaled, err));
    }
    *out = (IoptValue){ copy, 0 };
    if (!affine->has_shift)
        return IOPT_OK;
    IoptAffine bias = *affine;
    bias.rank = layout->rank == 2 ? 2 : 4;
    bias.axis = iopt_channel_axis(node, bias.rank);
    return iopt_affine_build_bias(edit, &bias, iopt_filter_out_channels(filter, layout), *out, node,
                                  out, err);
}

/* --- the walk --------------------------------------------------------------------------------- */

/* An affine node on the way: its own map goes first.  *x is its input. */
static bool compose_with(const IoptNode *node, const IoptAffine *affine, IoptAffine *both,
                         size_t *x)
{
    if (!iopt_affine_read(node, both, x))
        return false;
    if (iopt_affine_fits(both, affine) && iopt_affine_compose(both, affine, NULL) == IOPT_OK)
        return true;
    iopt_affine_free(both);
    return false;
}

static bool check(IoptValue value, const IoptAffine *affine, int depth, const char **why)
{
    const IoptNode *const node = value.node;
    IoptFilterLayout layout;
    IoptAffine both;
    Branches branches;
    bool allowed;
    size_t x;

    if (iopt_node_uses(node) != 1 || value.port != 0 || node->n_control) {
        *why = "something before it has another reader";
        return false;
    }
    if (depth >= MAX_DEPTH) {
        *why = "the filter is too far away";
        return false;
    }
    if (iopt_filter_layout(node, &layout))
        return check_filter(node, &layout, affine, why);
    if (hands_through(node, affine, why, &allowed)) {
        const int rank = iopt_fact_at(node->in[0]).shape.rank;
        const IoptAffine below = rank >= 0 ? with_rank(affine, rank) : *affine;
        return allowed && check(node->in[0], &below, depth + 1, why);
    }
    if (read_concat(node, affine, &branches))
        return check_concat(node, affine, &branches, depth + 1, why);
    if (compose_with(node, affine, &both, &x)) {
        const bool ok = check(node->in[x], &both, depth + 1, why);
        iopt_affine_free(&both);
        return ok;
    }
    *why = "no filter makes its input";
    return false;
}

static IoptStatus build(IoptEdit *edit, IoptValue value, const IoptAffine *affine, IoptValue *out,
                        IoptError *err)
{
    const IoptNode *const node = value.node;
    IoptFilterLayout layout;
    IoptAffine both;
    Branches branches;
    const char *why;
    bool allowed;
    size_t x;

    if (iopt_filter_layout(node, &layout))
        return build_filter(edit, node, &layout, affine, out, err);
    if (hands_through(node, affine, &why, &allowed))
        return build_through(edit, node, affine, out, err);
    if (read_concat(node, affine, &branches))
        return build_concat(edit, node, affine, &branches, out, err);
    if (!compose_with(node, affine, &both, &x))
        return iopt_fail_memory(err, affine->count * 2 * sizeof(double));
    const IoptStatus status = build(edit, node->in[x], &both, out, err);
    iopt_affine_free(&both);
    return status;
}

bool iopt_absorb_check(IoptValue value, const IoptAffine *affine, const char **why)
{
    return check(value, affine, 0, why);
}

IoptStatus iopt_absorb_build(IoptEdit *edit, IoptValue value, const IoptAffine *affine,
                             IoptValue *out, IoptError *err)
{
    return build(edit, value, affine, out, err);
}
