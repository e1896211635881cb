/* GatherNd: slices of x by index tuples;  ScatterNd: sums slices into zeros by index tuples
 *
 *   in      GatherNd: x, indices [..., k] of int32 or int64
 *           ScatterNd: indices [..., k], updates [..., slice], shape of y
 *   out     GatherNd [..., slice]: y[...] = x[tuple];  ScatterNd [shape]: y[tuple] += updates[...]
 *           a tuple of k numbers names a slice x.shape[k:]
 *   source  TensorFlow ops "GatherNd", "ScatterNd"
 */
#include "ops/ints.h"
#include "ops/move.h"

/* The shape of indices.shape[:-1] + table.shape[k:]. */
static IoptStatus tuple_shape(const IoptNode *node, const IoptFact *in, const IoptFact *indices,
                              const IoptShape *table, IoptShape *out, IoptError *err)
{
    const IoptShape *const shape = &indices->shape;

    *out = iopt_shape_unknown();
    if (shape->rank == 0 ||
        (indices->dtype && indices->dtype != IOPT_I32 && indices->dtype != IOPT_I64))
        return iopt_bad_inputs(node, in, err, "indices [..., k] of int32 or int64");
    if (shape->rank < 0 || table->rank < 0 || shape->dim[shape->rank - 1] < 0)
        return IOPT_OK;
    const int64_t k = shape->dim[shape->rank - 1];
    if (k > table->rank || shape->rank - 1 + table->rank - k > IOPT_MAX_RANK)
        return iopt_bad_inputs(node, in, err, "tuples of at most %d indices", table->rank);
    *out = *shape;
    out->rank--;
    for (int i = (int)k; i < table->rank; i++)
        iopt_shape_push(out, table->dim[i]);
    return IOPT_OK;
}

static IoptStatus infer_gather(const IoptNode *node, const IoptFact *in, IoptFact *out,
                               IoptError *err)
{
    out[0].dtype = iopt_input_type(node, in, "Tparams");
    return tuple_shape(node, in, &in[1], &in[0].shape, &out[0].shape, err);
}

static IoptStatus infer_scatter(const IoptNode *node, const IoptFact *in, IoptFact *out,
                                IoptError *err)
{
    IoptShape updates;

    out[0].dtype = iopt_input_type(node, &in[1], "T");
    IOPT_TRY(iopt_ints_shape(node, in, 2, false, &out[0].shape, err));
    IOPT_TRY(tuple_shape(node, in, &in[0], &out[0].shape, &updates, err));
    if (!iopt_shapes_agree(&updates, &in[1].shape))
        return iopt_bad_inputs(node, in, err, "updates %s", iopt_shape_text(&updates).s);
    return IOPT_OK;
}

/* Element offset of the slice that tuple `t` names. */
static IoptStatus slice_offset(const IoptNode *node, const IoptTensor *indices, int64_t k,
                               int64_t t, const IoptShape *table, int64_t *out, IoptError *err)
{
    int64_t strides[IOPT_MAX_RANK];

    iopt_shape_strides(table, strides);
    *out = 0;
    for (int64_t i = 0; i < k; i++) {
        const int64_t at = iopt_tensor_get_i64(indices, (size_t)(t * k + i));
        if (at < 0 || at >= table->dim[i])
            return iopt_fail(err, IOPT_BAD_DATA, "%s '%s': index %lld is not below %lld", node->op,
                             node->name, (long long)at, (long long)table->dim[i]);
        *out += at * strides[i];
    }
    return IOPT_OK;
}

/* Number of tuples, numbers in each, elements of a slice. */
static void count_tuples(const IoptTensor *indices, const IoptShape *table, int64_t *n, int64_t *k,
                         int64_t *slice)
{
    *n = *slice = 1;
    *k = indices->shape.dim[indices->shape.rank - 1];
    for (int i = 0; i < indices->shape.rank - 1; i++)
        *n *= indices->shape.dim[i];
    for (int i = (int)*k; i < table->rank; i++)
        *slice *= table->dim[i];
}

static IoptStatus eval_gather(const IoptNode *node, const IoptTensor *const *in,
                              IoptTensor *const *out, IoptError *err)
{
    const size_t elem_bytes = iopt_dtype_bytes(in[0]->dtype);
    int64_t n, k, slice, from;

    count_tuples(in[1], &in[0]->shape, &n, &k, &slice);
    const IoptMove move = { 1, { slice }, { 1 }, { 1 } };
    for (int64_t t = 0; slice && t < n; t++) {
        IOPT_TRY(slice_offset(node, in[1], k, t, &in[0]->shape, &from, err));
        iopt_move_run(&move, elem_bytes, iopt_elem_mut(out[0], t * slice), iopt_elem(in[0], from));
    }
    return IOPT_OK;
}

/* y[to ...] += x[from ...]; bool: or. */
static void add_slice(IoptTensor *y, int64_t to, const IoptTensor *x, int64_t from, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const size_t a = (size_t)(to + i), b = (size_t)(from + i);
        if (y->dtype == IOPT_F32)
            iopt_f32_mut(y)[a] += iopt_f32(x)[b];
        else if (iopt_dtype_is_float(y->dtype))
            iopt_tensor_set_f64(y, a, iopt_tensor_get_f64(y, a) + iopt_tensor_get_f64(x, b));
        else /* unsigned, as integers wrap around */
            iopt_tensor_set_i64(y, a,
                                (int64_t)((uint64_t)iopt_tensor_get_i64(y, a) +
                                          (uint64_t)iopt_tensor_get_i64(x, b)));
    }
}

static IoptStatus eval_scatter(const IoptNode *node, const IoptTensor *const *in,
                               IoptTensor *const *out, IoptError *err)
{
    int64_t n, k, slice, to;

    if (out[0]->dtype == IOPT_STRING || out[0]->dtype == IOPT_C64 || out[0]->dtype == IOPT_C128)
        return iopt_fail(err, IOPT_UNSUPPORTED, "ScatterNd '%s': cannot add %s", node->name,
                         iopt_dtype_name(out[0]->dtype));
    count_tuples(in[0], &out[0]->shape, &n, &k, &slice);
    for (int64_t t = 0; slice && t < n; t++) {
        IOPT_TRY(slice_offset(node, in[0], k, t, &out[0]->shape, &to, err));
        add_slice(out[0], to, in[1], t * slice, slice);
    }
    return IOPT_OK;
}

const IoptOp iopt_op_gather_nd = {
    .name = "GatherNd",
    .n_in = 2,
    .n_out = 1,
    .flags = IOPT_OP_MAY_FAIL,
    .brief = "slices of x by index tuples",
    .infer = infer_gather,
    .eval = eval_gather,
};

const IoptOp iopt_op_scatter_nd = {
    .name = "ScatterNd",
    .n_in = 3,
    .n_out = 1,
    .flags = IOPT_OP_MAY_FAIL,
    .brief = "sums slices into zeros by index tuples",
    .infer = infer_scatter,
    .eval = eval_scatter,
};
