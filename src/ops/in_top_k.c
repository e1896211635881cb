/* InTopK: whether the score of each row's target is among the k best of the row.
 *
 *   in      predictions, float [N, C]; targets, int32 or int64 [N]; k, attribute of InTopK, scalar
 *           of InTopKV2
 *   out     y, bool [N]: fewer than k scores are strictly greater than the target's; false if the
 *           target is out of range or any score compared with is not finite
 *   exact
 *   source  TensorFlow ops "InTopK", "InTopKV2"
 */
#include <math.h>

#include "ops/op.h"

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    const IoptShape *const scores = &in[0].shape, *const targets = &in[1].shape;
    const bool has_input = node->n_in == 3;
    int64_t k;

    if (!has_input)
        IOPT_TRY(iopt_need_int(node, "k", &k, err));
    if ((scores->rank >= 0 && scores->rank != 2) || (targets->rank >= 0 && targets->rank != 1) ||
        (scores->rank == 2 && targets->rank == 1 &&
         !iopt_dims_agree(scores->dim[0], targets->dim[0])) ||
        (has_input && in[2].shape.rank > 0))
        return iopt_bad_inputs(node, in, err, "predictions [N, C], targets [N]%s",
                               has_input ? ", scalar k" : "");
    if (in[1].dtype && in[1].dtype != IOPT_I32 && in[1].dtype != IOPT_I64)
        return iopt_bad_inputs(node, in, err, "targets of int32 or int64");
    out[0].dtype = IOPT_BOOL;
    if (scores->rank == 2 || targets->rank == 1) {
        const int64_t rows = targets->rank == 1 ? targets->dim[0] : scores->dim[0];
        const int64_t other = scores->rank == 2 ? scores->dim[0] : -1;
        out[0].shape = iopt_shape_scalar();
        iopt_shape_push(&out[0].shape, rows >= 0 ? rows : other);
    }
    return IOPT_OK;
}

static bool is_in(const float *row, int64_t classes, int64_t target, int64_t k)
{
    int64_t better = 0;

    if (target < 0 || target >= classes || !isfinite(row[target]))
        return false;
    for (int64_t i = 0; i < classes; i++) {
        if (!isfinite(row[i]))
            return false;
        better += row[i] > row[target];
    }
    return better < k;
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const int64_t rows = in[0]->shape.dim[0], classes = in[0]->shape.dim[1];
    const int64_t k = node->n_in == 3 ? iopt_tensor_get_i64(in[2], 0) : iopt_attr_int(node, "k", 0);
    const float *const scores = iopt_f32(in[0]);
    uint8_t *const y = out[0]->data;

    (void)err;
    for (int64_t r = 0; r < rows; r++)
        y[r] = is_in(scores + r * classes, classes, iopt_tensor_get_i64(in[1], (size_t)r), k);
    return IOPT_OK;
}

#define IN_TOP_K_OP(id, op_name, inputs)                                             \
    const IoptOp iopt_op_##id = { .name = op_name,                                   \
                                  .n_in = inputs,                                    \
                                  .n_out = 1,                                        \
                                  .dtypes = "float",                                 \
                                  .brief = "whether the target is among the k best", \
                                  .infer = infer,                                    \
                                  .eval = eval }

IN_TOP_K_OP(in_top_k, "InTopK", 2);
IN_TOP_K_OP(in_top_k_v2, "InTopKV2", 3);
