/* Concat, ConcatV2: values one behind the other along an axis
 *
 *   in      N values of one type whose shapes differ in the axis at most; the axis, one int32 or
 *           int64, negative from the end: the last input (ConcatV2) or the first (Concat)
 *   out     y, its axis the sum of theirs
 *   source  TensorFlow ops "Concat", "ConcatV2"
 */
#include "ops/ints.h"
#include "ops/move.h"

/* Where the inputs are. */
typedef struct Slots {
    size_t axis, first, count;
} Slots;

static IoptStatus find_slots(const IoptNode *node, Slots *slots, IoptError *err)
{
    if (node->n_in < 2)
        return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': want values and an axis; got %zu inputs",
                         node->op, node->name, node->n_in);
    const bool axis_first = iopt_is_op(node, "Concat");
    slots->axis = axis_first ? 0 : node->n_in - 1;
    slots->first = axis_first ? 1 : 0;
    slots->count = node->n_in - 1;
    return IOPT_OK;
}

/* The shape of y where nothing is known of the axis: every dimension could be it. */
static IoptStatus merge_ranks(const IoptNode *node, const IoptFact *in, const Slots *slots,
                              IoptShape *y, IoptError *err)
{
    for (size_t i = 0; i < slots->count; i++) {
        const IoptFact *const part = &in[slots->first + i];
        if (part->shape.rank < 0)
            continue;
        if (part->shape.rank == 0 || (y->rank >= 0 && y->rank != part->shape.rank))
            return iopt_bad_inputs(node, in, err, "values of one rank, at least 1");
        *y = iopt_shape_of_rank(part->shape.rank);
    }
    return IOPT_OK;
}

static IoptStatus merge_parts(const IoptNode *node, const IoptFact *in, const Slots *slots,
                              int axis, IoptShape *y, IoptError *err)
{
    int64_t total = 0;

    for (size_t i = 0; i < slots->count; i++) {
        IoptShape part = in[slots->first + i].shape;
        const int64_t dim = iopt_dim_or_unknown(&part, axis);
        total = total < 0 || dim < 0 ? -1 : total + dim;
        if (part.rank < 0)
            continue;
        part.dim[axis] = -1;
        if (!iopt_shapes_agree(y, &part))
            return iopt_bad_inputs(node, in, err, "values that differ in dimension %d only", axis);
        *y = iopt_shape_merge(y, &part);
    }
    y->dim[axis] = total;
    return IOPT_OK;
}

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    IoptShape y = iopt_shape_unknown();
    Slots slots;
    int axis;

    IOPT_TRY(find_slots(node, &slots, err));
    out[0].dtype = iopt_input_type(node, &in[slots.first], "T");
    for (size_t i = 1; i < slots.count; i++)
        if (in[slots.first + i].dtype && out[0].dtype && in[slots.first + i].dtype != out[0].dtype)
            return iopt_bad_inputs(node, in, err, "values of one type");
    IOPT_TRY(merge_ranks(node, in, &slots, &y, err));
    if (y.rank >= 0) {
        IOPT_TRY(iopt_ints_axis(node, in, slots.axis, y.rank, &axis, err));
        if (axis >= 0)
            IOPT_TRY(merge_parts(node, in, &slots, axis, &y, err));
    }
    out[0].shape = y;
    return IOPT_OK;
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const IoptShape *const y = &out[0]->shape;
    int64_t outer = 1, inner = 1, at = 0;
    Slots slots;
    int axis;

    IOPT_TRY(find_slots(node, &slots, err));
    if (!iopt_axis(iopt_tensor_get_i64(in[slots.axis], 0), y->rank, &axis))
        return iopt_fail(err, IOPT_BAD_DATA, "%s '%s': axis %lld of %d dimensions", node->op,
                         node->name, (long long)iopt_tensor_get_i64(in[slots.axis], 0), y->rank);
    for (int i = 0; i < y->rank; i++)
        *(i < axis ? &outer : &inner) *= i == axis ? 1 : y->dim[i];
    const int64_t row = y->dim[axis] * inner;
    for (size_t i = 0; i < slots.count; i++) {
        const IoptTensor *const part = in[slots.first + i];
        const int64_t part_row = part->shape.dim[axis] * inner;
        const IoptMove move = { 2, { outer, part_row }, { row, 1 }, { part_row, 1 } };
        iopt_move_run(&move, iopt_dtype_bytes(part->dtype), iopt_elem_mut(out[0], at), part->data);
        at += part_row;
    }
    return IOPT_OK;
}

const IoptOp iopt_op_concat = {
    .name = "Concat",
    .n_in = IOPT_VARIADIC,
    .n_out = 1,
    .brief = "values one behind the other; the axis is the first input",
    .infer = infer,
    .eval = eval,
};

const IoptOp iopt_op_concat_v2 = {
    .name = "ConcatV2",
    .n_in = IOPT_VARIADIC,
    .n_out = 1,
    .brief = "values one behind the other; the axis is the last input",
    .infer = infer,
    .eval = eval,
};
