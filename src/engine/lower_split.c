/* Split, SplitV along the channels or the outermost axis: each output is a view of its slice. */
#include "engine/lower.h"

/* The axis and the input that is split; false if the axis is not known. */
static bool axis_of(const IoptNode *node, int *axis, size_t *x)
{
    const bool sizes = iopt_is_op(node, "SplitV");
    const IoptFact fact = iopt_fact_at(node->in[sizes ? 2 : 0]);
    int64_t at;
    size_t count;

    *x = sizes ? 0 : 1;
    return iopt_fact_ints(&fact, &at, 1, &count) && count == 1 &&
           iopt_axis(at, iopt_shape_of(node->in[*x]).rank, axis);
}

/* Whether all axes before this one have one element: then slices lie one behind the other. */
static bool is_outermost(const IoptShape *shape, int axis)
{
    for (int i = 0; i < axis; i++)
        if (shape->dim[i] != 1)
            return false;
    return true;
}

static bool fits(const IoptNode *node)
{
    size_t x;
    int axis;

    if (!axis_of(node, &axis, &x))
        return false;
    const IoptShape shape = iopt_shape_of(node->in[x]);
    return axis == shape.rank - 1 || is_outermost(&shape, axis);
}

static IoptStatus lower(IoptLower *l, const IoptChain *chain, IoptError *err)
{
    IoptNode *const node = chain->root;
    IoptPlace place;
    size_t x;
    int axis;

    (void)axis_of(node, &axis, &x);
    const IoptShape shape = iopt_shape_of(node->in[x]);
    IOPT_TRY(axis == shape.rank - 1 ? iopt_lower_in(l, node->in[x], &place, err)
                                    : iopt_lower_in_dense(l, node->in[x], &place, err));
    for (size_t i = 0; i < node->n_out; i++) {
        const IoptShape *const part = &node->facts[i].shape;
        const size_t elems = axis == shape.rank - 1 ? (size_t)part->dim[axis]
                                                    : iopt_value_elems((IoptValue){ node, (int)i });
        IoptPlace slice = place;
        slice.channels = (size_t)part->dim[part->rank - 1];
        IOPT_TRY(iopt_lower_alias(l, (IoptValue){ node, (int)i }, slice, err));
        const size_t bytes = elems * iopt_dtype_bytes(place.dtype);
        if (place.base == IOPT_BASE_CONST)
            place.constant = (const char *)place.constant + bytes;
        else
            place.offset += bytes;
    }
    return IOPT_OK;
}

const IoptLowering iopt_lowering_split = { .ops = "Split|SplitV", .fits = fits, .lower = lower };
