/* Bitcast: the same bytes read as another type
 *
 *   in      x
 *   out     y; a smaller type adds a last dimension, a larger one takes it away
 *   attr    type
 *   source  TensorFlow op "Bitcast" (little endian)
 */
#include <string.h>

#include "ops/ints.h"

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    IoptShape y = in[0].shape;
    IoptDType type;

    IOPT_TRY(iopt_need_type(node, "type", &type, err));
    const size_t to = iopt_dtype_bytes(type), from = iopt_dtype_bytes(in[0].dtype);
    if (!to || type == IOPT_STRING || in[0].dtype == IOPT_STRING || (in[0].dtype && !from))
        return iopt_bad_inputs(node, in, err, "types of fixed size");
    out[0].dtype = type;
    if (!from || y.rank < 0)
        return IOPT_OK;
    if (from > to) {
        if (y.rank == IOPT_MAX_RANK)
            return iopt_bad_inputs(node, in, err, "fewer than %d dimensions", IOPT_MAX_RANK);
        iopt_shape_push(&y, (int64_t)(from / to));
    } else if (from < to) {
        if (y.rank == 0 || !iopt_dims_agree(y.dim[y.rank - 1], (int64_t)(to / from)))
            return iopt_bad_inputs(node, in, err, "a last dimension of %zu", to / from);
        y.rank--;
    }
    out[0].shape = y;
    return IOPT_OK;
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    (void)node, (void)err;
    if (out[0]->bytes)
        memcpy(out[0]->data, in[0]->data, out[0]->bytes);
    return IOPT_OK;
}

const IoptOp iopt_op_bitcast = {
    .name = "Bitcast",
    .n_in = 1,
    .n_out = 1,
    .brief = "the same bytes read as another type",
    .infer = infer,
    .eval = eval,
};
