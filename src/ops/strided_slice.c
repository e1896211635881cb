/* StridedSlice: x[begin:end:stride, ...], with Python's ellipsis, new axes and single indices
 *
 *   in      x; begin, end, strides: vectors of int32 or int64, one entry per item in the brackets
 *   out     y; its rank depends on the masks alone
 *   attr    begin_mask, end_mask: bit i says that the bound is left out
 *           ellipsis_mask (one bit): "...";  new_axis_mask: a dimension of size 1
 *           shrink_axis_mask: one index, the dimension goes
 *           where bits of several masks meet, ellipsis wins over new axis over shrink
 *   source  TensorFlow op "StridedSlice"
 */
#include "ops/ints.h"
#include "ops/move.h"

enum { NEW_AXIS = -1 };

/* The brackets, spread over the dimensions of x. */
typedef struct Dense {
    int rank; /* of x */
    int64_t begin[IOPT_MAX_RANK], end[IOPT_MAX_RANK], stride[IOPT_MAX_RANK];
    bool open_begin[IOPT_MAX_RANK], open_end[IOPT_MAX_RANK], shrink[IOPT_MAX_RANK];
    bool known[IOPT_MAX_RANK]; /* begin, end and stride are */
    int n_out;
    int source[2 * IOPT_MAX_RANK]; /* of each dimension of y: a dimension of x, or NEW_AXIS */
} Dense;

typedef struct Spec {
    IoptInts begin, end, strides;
    int64_t n; /* items in the brackets; -1: not known */
    int64_t begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_mask;
} Spec;

static bool bit(int64_t mask, int64_t i)
{
    return i < 63 && (mask >> i & 1) != 0;
}

static IoptStatus read_spec(const IoptNode *node, const IoptFact *in, Spec *spec, IoptError *err)
{
    IOPT_TRY(iopt_ints_vector(node, in, 1, "begin", &spec->begin, err));
    IOPT_TRY(iopt_ints_vector(node, in, 2, "end", &spec->end, err));
    IOPT_TRY(iopt_ints_vector(node, in, 3, "strides", &spec->strides, err));
    const int64_t counts[3] = { spec->begin.count, spec->end.count, spec->strides.count };
    spec->n = -1;
    for (int i = 0; i < 3; i++) {
        if (!iopt_dims_agree(spec->n, counts[i]))
            return iopt_bad_inputs(node, in, err, "begin, end and strides of one length");
        spec->n = counts[i] >= 0 ? counts[i] : spec->n;
    }
    spec->begin_mask = iopt_attr_int(node, "begin_mask", 0);
    spec->end_mask = iopt_attr_int(node, "end_mask", 0);
    spec->ellipsis_mask = iopt_attr_int(node, "ellipsis_mask", 0);
    spec->new_axis_mask = iopt_attr_int(node, "new_axis_mask", 0);
    spec->shrink_mask = iopt_attr_int(node, "shrink_axis_mask", 0);
    if (spec->ellipsis_mask & (spec->ellipsis_mask - 1))
        return iopt_fail(err, IOPT_BAD_MODEL, "StridedSlice '%s': want at most one ellipsis",
                         node->name);
    return IOPT_OK;
}

/* A dimension of x that is taken whole. */
static void push_whole(Dense *dense, int axis)
{
    dense->stride[axis] = 1;
    dense->open_begin[axis] = dense->open_end[axis] = dense->known[axis] = true;
    dense->source[dense->n_out++] = axis;
}

static void push_item(Dense *dense, int axis, const Spec *spec, int64_t i)
{
    dense->known[axis] = spec->begin.known && spec->end.known && spec->strides.known;
    dense->begin[axis] = spec->begin.v[i];
    dense->end[axis] = spec->end.v[i];
    dense->stride[axis] = spec->strides.v[i];
    dense->open_begin[axis] = bit(spec->begin_mask, i);
    dense->open_end[axis] = bit(spec->end_mask, i);
    dense->shrink[axis] = bit(spec->shrink_mask, i);
    if (!dense->shrink[axis])
        dense->source[dense->n_out++] = axis;
}

/* Spreads the items over the `rank` dimensions of x; what they leave over is taken whole. */
static IoptStatus spread(const IoptNode *node, const Spec *spec, int rank, Dense *dense,
                         IoptError *err)
{
    int64_t consumed = 0; /* dimensions of x that the items name */
    int axis = 0;
    bool ellipsis = false;

    *dense = (Dense){ .rank = rank };
    for (int64_t i = 0; i < spec->n; i++)
        consumed += !bit(spec->ellipsis_mask, i) && !bit(spec->new_axis_mask, i);
    if (consumed > rank)
        return iopt_fail(err, IOPT_BAD_MODEL, "StridedSlice '%s': %lld indices for %d dimensions",
                         node->name, (long long)consumed, rank);
    for (int64_t i = 0; i < spec->n; i++)
        if (bit(spec->ellipsis_mask, i)) {
            ellipsis = true;
            for (int64_t rest = rank - consumed; rest > 0; rest--)
                push_whole(dense, axis++);
        } else if (bit(spec->new_axis_mask, i)) {
            dense->source[dense->n_out++] = NEW_AXIS;
        } else {
            push_item(dense, axis++, spec, i);
        }
    while (!ellipsis && axis < rank)
        push_whole(dense, axis++);
    if (dense->n_out > IOPT_MAX_RANK)
        return iopt_fail(err, IOPT_UNSUPPORTED, "StridedSlice '%s': the result has %d dimensions",
                         node->name, dense->n_out);
    return IOPT_OK;
}

/* A bound inside 0 .. dim for forward strides, -1 .. dim-1 for backward ones. */
static int64_t clamp_bound(int64_t bound, int64_t dim, bool forward)
{
    const int64_t low = forward ? 0 : -1, high = forward ? dim : dim - 1;

    if (bound < 0)
        bound += dim;
    return bound < low ? low : bound > high ? high : bound;
}

/* Settles begin and stride of one dimension of size `dim` and tells how many indices it has. */
static IoptStatus settle(const IoptNode *node, Dense *dense, int i, int64_t dim, int64_t *count,
                         IoptError *err)
{
    const int64_t stride = dense->stride[i];
    const bool forward = stride > 0;

    *count = -1;
    if (!dense->known[i])
        return IOPT_OK;
    if (stride == 0 || (dense->shrink[i] && stride < 0))
        return iopt_fail(err, IOPT_BAD_MODEL, "StridedSlice '%s': stride %lld in dimension %d",
                         node->name, (long long)stride, i);
    if (dim < 0)
        return IOPT_OK;
    if (dense->shrink[i]) {
        const int64_t at = dense->begin[i] < 0 ? dense->begin[i] + dim : dense->begin[i];
        if (at < 0 || at >= dim)
            return iopt_fail(err, IOPT_BAD_MODEL,
                             "StridedSlice '%s': index %lld of dimension %d, which has %lld",
                             node->name, (long long)dense->begin[i], i, (long long)dim);
        dense->begin[i] = at;
        *count = 1;
        return IOPT_OK;
    }
    const int64_t first = forward ? 0 : dim - 1, last = forward ? dim : -1;
    const int64_t begin = dense->open_begin[i] ? first : clamp_bound(dense->begin[i], dim, forward);
    const int64_t end = dense->open_end[i] ? last : clamp_bound(dense->end[i], dim, forward);
    const int64_t length = end - begin;
    dense->begin[i] = begin;
    *count = length == 0 || (length > 0) != forward ? 0 : length / stride + (length % stride != 0);
    return IOPT_OK;
}

static IoptStatus plan(const IoptNode *node, const IoptFact *in, Dense *dense, IoptShape *y,
                       IoptError *err)
{
    const IoptShape *const x = &in[0].shape;
    int64_t counts[IOPT_MAX_RANK];
    Spec spec;

    *y = iopt_shape_unknown();
    IOPT_TRY(read_spec(node, in, &spec, err));
    if (x->rank < 0 || spec.n < 0)
        return IOPT_OK;
    IOPT_TRY(spread(node, &spec, x->rank, dense, err));
    for (int i = 0; i < x->rank; i++)
        IOPT_TRY(settle(node, dense, i, x->dim[i], &counts[i], err));
    y->rank = 0;
    for (int i = 0; i < dense->n_out; i++)
        iopt_shape_push(y, dense->source[i] == NEW_AXIS ? 1 : counts[dense->source[i]]);
    return IOPT_OK;
}

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    Dense dense;

    out[0].dtype = iopt_input_type(node, in, "T");
    return plan(node, in, &dense, &out[0].shape, err);
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    int64_t to[IOPT_MAX_RANK], from[IOPT_MAX_RANK], first = 0;
    IoptMove move = { 0 };
    IoptFact facts[4];
    IoptShape y;
    Dense dense;

    iopt_facts_of(in, 4, facts);
    IOPT_TRY(plan(node, facts, &dense, &y, err));
    iopt_shape_strides(&y, to);
    iopt_shape_strides(&in[0]->shape, from);
    for (int i = 0; i < dense.rank; i++)
        first += dense.begin[i] * from[i];
    for (int i = 0; i < y.rank; i++) {
        const int source = dense.source[i];
        const int64_t step = source == NEW_AXIS ? 0 : from[source] * dense.stride[source];
        iopt_move_axis(&move, y.dim[i], to[i], step);
    }
    iopt_move_run(&move, iopt_dtype_bytes(in[0]->dtype), out[0]->data, iopt_elem(in[0], first));
    return IOPT_OK;
}

const IoptOp iopt_op_strided_slice = {
    .name = "StridedSlice",
    .n_in = 4,
    .n_out = 1,
    .brief = "x[begin:end:stride, ...]",
    .infer = infer,
    .eval = eval,
};
