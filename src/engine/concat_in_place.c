/* A concatenation along the channels is a buffer whose slices its producers write to.
 *
 * Walks from the outputs back, so that a concatenation inside of another is a slice already when
 * its own parts are looked at.  A value can be a slice of one concatenation only; a second one, and
 * values that no step writes (inputs, constants, views), are copied by lower_concat.c.
 */
#include "engine/concat_in_place.h"

bool iopt_concat_of(const IoptNode *node, size_t *axis, size_t *first, size_t *count)
{
    const bool is_v2 = iopt_is_op(node, "ConcatV2");
    int64_t at;
    size_t n;
    int wanted;

    if ((!is_v2 && !iopt_is_op(node, "Concat")) || node->n_in < 2)
        return false;
    const IoptFact fact = iopt_fact_at(node->in[is_v2 ? node->n_in - 1 : 0]);
    if (!iopt_fact_ints(&fact, &at, 1, &n) || n != 1 ||
        !iopt_axis(at, node->facts[0].shape.rank, &wanted))
        return false;
    *axis = (size_t)wanted;
    *first = is_v2 ? 0 : 1;
    *count = node->n_in - 1;
    return true;
}

/* Whether a step of its own writes this value and can leave gaps between its rows. */
static bool writes_gaps(const IoptLower *lower, IoptValue value)
{
    const IoptChain *const chain = lower->chain[value.node->index];

    if (value.port != 0 || chain->tail != value.node ||
        iopt_op_in(value.node->op, "Const|Placeholder|NoOp"))
        return false;
    return iopt_lowering_of(chain->root)->any_strides;
}

static void place_parts(IoptLower *lower, const IoptNode *node)
{
    const size_t whole = lower->first_value[node->index];
    size_t axis, first, count, channel = 0;

    if (!iopt_concat_of(node, &axis, &first, &count) ||
        axis + 1 != (size_t)node->facts[0].shape.rank)
        return;
    for (size_t i = 0; i < count; i++) {
        const IoptValue part = node->in[first + i];
        IoptLowerValue *const v =
            &lower->values[lower->first_value[part.node->index] + (size_t)part.port];
        const IoptShape shape = iopt_shape_of(part);
        if (!v->part_of && iopt_value_elems(part) > 0 && writes_gaps(lower, part)) {
            v->part_of = whole + 1;
            v->part_offset = channel;
        }
        channel += (size_t)shape.dim[shape.rank - 1];
    }
    lower->values[whole].place.dtype = node->facts[0].dtype;
    lower->values[whole].place.shape = node->facts[0].shape;
}

IoptStatus iopt_concat_in_place(IoptLower *lower, IoptError *err)
{
    (void)err;
    for (size_t i = lower->graph->n_nodes; i-- > 0;)
        place_parts(lower, lower->order[i]);
    return IOPT_OK;
}
