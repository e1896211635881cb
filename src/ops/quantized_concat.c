/* QuantizedConcat: codes one behind the other along an axis, in a range that holds them all
 *
 *   in      the axis, one int32, not negative; N values, N mins, N maxes
 *   out     y, and its range: from 0 or the lowest min to the highest max; symmetric if signed
 *   exact   values whose range is y's are copied.  As in TensorFlow, the k-th value that has
 *           elements is converted by the k-th range, which is not its own if there are empty ones
 *           before it.
 *   source  TensorFlow op "QuantizedConcat"
 */
#include <math.h>

#include "ops/quantized.h"

static IoptStatus count_values(const IoptNode *node, size_t *out, IoptError *err)
{
    *out = node->n_in / 3;
    if (node->n_in < 7 || node->n_in % 3 != 1)
        return iopt_fail(err, IOPT_BAD_MODEL,
                         "QuantizedConcat '%s': want an axis, N >= 2 values and their ranges; got "
                         "%zu inputs",
                         node->name, node->n_in);
    return IOPT_OK;
}

/* The shape of all values together. */
static IoptStatus joined_shape(const IoptNode *node, const IoptFact *in, size_t n, int axis,
                               IoptShape *y, IoptError *err)
{
    int64_t total = 0;

    for (size_t i = 1; i <= n; i++) {
        IoptShape part = in[i].shape;
        const int64_t dim = axis < 0 ? -1 : iopt_dim_or_unknown(&part, axis);
        total = total < 0 || dim < 0 ? -1 : total + dim;
        for (int k = 0; k < part.rank; k++)
            if (axis < 0 || k == axis)
                part.dim[k] = -1;
        if (!iopt_shapes_agree(y, &part))
            return iopt_bad_inputs(node, in, err, "values that differ in one dimension only");
        *y = iopt_shape_merge(y, &part);
    }
    if (y->rank >= 0 && axis >= 0)
        y->dim[axis] = total;
    return IOPT_OK;
}

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    IoptShape y = iopt_shape_unknown();
    IoptInts axis;
    size_t n;

    IOPT_TRY(count_values(node, &n, err));
    IOPT_TRY(iopt_ints_scalar(node, in, 0, "axis", &axis, err));
    for (size_t i = 1; i <= n; i++)
        if (in[i].dtype && in[1].dtype && in[i].dtype != in[1].dtype)
            return iopt_bad_inputs(node, in, err, "values of one type");
        else if (in[i].shape.rank >= 0)
            y = iopt_shape_of_rank(in[i].shape.rank);
    if (axis.known && (axis.v[0] < 0 || (y.rank >= 0 && axis.v[0] >= y.rank)))
        return iopt_fail(err, IOPT_BAD_MODEL, "QuantizedConcat '%s': axis %lld of %d dimensions",
                         node->name, (long long)axis.v[0], y.rank);
    IOPT_TRY(iopt_ranges_check(node, in, 1 + n, 2 * n, err));
    if (y.rank >= 0)
        IOPT_TRY(joined_shape(node, in, n, axis.known ? (int)axis.v[0] : -1, &y, err));
    iopt_quantized_facts(out, iopt_input_type(node, &in[1], "T"), y);
    return IOPT_OK;
}

static IoptRange range_at(const IoptTensor *const *in, size_t n, size_t i)
{
    return (IoptRange){ iopt_f32(in[1 + n + i])[0], iopt_f32(in[1 + 2 * n + i])[0] };
}

static IoptRange common_range(const IoptTensor *const *in, size_t n)
{
    IoptRange all = { 0, range_at(in, n, 0).max };

    for (size_t i = 0; i < n; i++) {
        all.min = fminf(all.min, range_at(in, n, i).min);
        all.max = fmaxf(all.max, range_at(in, n, i).max);
    }
    if (iopt_is_symmetric(in[1]->dtype)) {
        all.max = fmaxf(fabsf(all.min), fabsf(all.max));
        all.min = -all.max;
    }
    return all;
}

/* Writes one value to its rows of y, `row` elements apart. */
static void put_part(const IoptTensor *part, IoptRange from, int64_t part_row, IoptTensor *y,
                     IoptRange to, int64_t at, int64_t row)
{
    const IoptToReal real = iopt_to_real(part->dtype, from);
    const IoptToCode code = iopt_to_code(y->dtype, to);
    const bool copies = from.min == to.min && from.max == to.max;

    for (int64_t i = 0; i < (int64_t)iopt_elems(part); i++) {
        const int64_t value = iopt_tensor_get_i64(part, (size_t)i);
        iopt_tensor_set_i64(y, (size_t)(i / part_row * row + at + i % part_row),
                            copies ? value : iopt_code(&code, iopt_real(&real, value)));
    }
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const IoptShape *const y = &out[0]->shape;
    const int axis = (int)iopt_tensor_get_i64(in[0], 0);
    int64_t inner = 1, at = 0;
    size_t n, k = 0;

    IOPT_TRY(count_values(node, &n, err));
    if (axis < 0 || axis >= y->rank)
        return iopt_fail(err, IOPT_BAD_DATA, "QuantizedConcat '%s': axis %d of %d dimensions",
                         node->name, axis, y->rank);
    const IoptRange range = common_range(in, n);
    for (int i = axis + 1; i < y->rank; i++)
        inner *= y->dim[i];
    for (size_t i = 1; i <= n; i++) {
        const int64_t part_row = in[i]->shape.dim[axis] * inner;
        if (iopt_elems(in[i]) == 0)
            continue;
        put_part(in[i], range_at(in, n, k++), part_row, out[0], range, at, y->dim[axis] * inner);
        at += part_row;
    }
    iopt_range_put(out, 1, range);
    return IOPT_OK;
}

const IoptOp iopt_op_quantized_concat = {
    .name = "QuantizedConcat",
    .n_in = IOPT_VARIADIC,
    .n_out = 3,
    .brief = "codes one behind the other in a common range",
    .infer = infer,
    .eval = eval,
};
