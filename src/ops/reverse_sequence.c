/* ReverseSequence: the first seq_lengths[b] elements of sequence b backwards, the rest as they are
 *
 *   in      x; seq_lengths [batch] of int32 or int64
 *   out     y, shape of x
 *   attr    seq_dim, batch_dim
 *   source  TensorFlow op "ReverseSequence"
 */
#include "ops/ints.h"
#include "ops/move.h"

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    const IoptShape *const x = &in[0].shape;
    int64_t seq, batch = iopt_attr_int(node, "batch_dim", 0);

    IOPT_TRY(iopt_need_int(node, "seq_dim", &seq, err));
    out[0] = iopt_fact(iopt_input_type(node, in, "T"), *x);
    if (!iopt_may_have_rank(&in[1], 1) ||
        (in[1].dtype && in[1].dtype != IOPT_I32 && in[1].dtype != IOPT_I64))
        return iopt_bad_inputs(node, in, err, "a vector of lengths");
    if (x->rank < 0)
        return IOPT_OK;
    if (seq < 0 || batch < 0 || seq >= x->rank || batch >= x->rank || seq == batch ||
        (in[1].shape.rank == 1 && !iopt_dims_agree(in[1].shape.dim[0], x->dim[batch])))
        return iopt_bad_inputs(node, in, err,
                               "a length for each of dimension %lld, sequences in %lld",
                               (long long)batch, (long long)seq);
    return IOPT_OK;
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const IoptShape *const x = &in[0]->shape;
    const int seq = (int)iopt_attr_int(node, "seq_dim", 0);
    const int batch = (int)iopt_attr_int(node, "batch_dim", 0);
    const size_t elem_bytes = iopt_dtype_bytes(in[0]->dtype);
    int64_t strides[IOPT_MAX_RANK];

    iopt_shape_strides(x, strides);
    for (int64_t b = 0; b < x->dim[batch]; b++) {
        const int64_t length = iopt_tensor_get_i64(in[1], (size_t)b), at = b * strides[batch];
        IoptMove head = { 0 }, tail = { 0 };
        if (length < 0 || length > x->dim[seq])
            return iopt_fail(err, IOPT_BAD_DATA, "ReverseSequence '%s': length %lld of %lld",
                             node->name, (long long)length, (long long)x->dim[seq]);
        for (int i = 0; i < x->rank; i++) {
            const int64_t dim = i == batch ? 1 : x->dim[i], step = strides[i];
            iopt_move_axis(&head, i == seq ? length : dim, step, i == seq ? -step : step);
            iopt_move_axis(&tail, i == seq ? dim - length : dim, step, step);
        }
        const int64_t middle = at + length * strides[seq];
        if (length > 0)
            iopt_move_run(&head, elem_bytes, iopt_elem_mut(out[0], at),
                          iopt_elem(in[0], middle - strides[seq]));
        iopt_move_run(&tail, elem_bytes, iopt_elem_mut(out[0], middle), iopt_elem(in[0], middle));
    }
    return IOPT_OK;
}

const IoptOp iopt_op_reverse_sequence = {
    .name = "ReverseSequence",
    .n_in = 2,
    .n_out = 1,
    .flags = IOPT_OP_MAY_FAIL,
    .brief = "the head of each sequence backwards",
    .infer = infer,
    .eval = eval,
};
