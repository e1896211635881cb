/* Identity and its kin: y = x.
 *
 *   in      x, of any type and shape (IdentityN: any number of them)
 *   out     y, the same
 *   exact
 *   source  TensorFlow ops "Identity", "IdentityN", "StopGradient", "PreventGradient", "Snapshot"
 */
#include "ops/op.h"

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    (void)node, (void)err;
    out[0] = in[0];
    out[0].value = NULL; /* the evaluation gives it */
    return IOPT_OK;
}

static void copy(const IoptTensor *in, const IoptTensor *out)
{
    if (out->bytes && out->data != in->data)
        memcpy(out->data, in->data, out->bytes);
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    (void)node, (void)err;
    copy(in[0], out[0]);
    return IOPT_OK;
}

static IoptStatus infer_n(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    const size_t n_out = iopt_node_n_out(node);

    if (node->n_in != n_out)
        return iopt_fail(err, IOPT_BAD_MODEL,
                         "%s '%s': want %zu inputs, as attribute T says; "
                         "got %zu",
                         node->op, node->name, n_out, node->n_in);
    for (size_t i = 0; i < n_out; i++)
        out[i] = iopt_fact(in[i].dtype, in[i].shape);
    return IOPT_OK;
}

static IoptStatus eval_n(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                         IoptError *err)
{
    (void)err;
    for (size_t i = 0; i < node->n_in; i++)
        copy(in[i], out[i]);
    return IOPT_OK;
}

#define SAME(id, op_name, text)                               \
    const IoptOp iopt_op_##id = { .name = op_name,            \
                                  .n_in = 1,                  \
                                  .n_out = 1,                 \
                                  .flags = IOPT_OP_REFERENCE, \
                                  .brief = text,              \
                                  .infer = infer,             \
                                  .eval = eval }

SAME(identity, "Identity", "y = x");
SAME(stop_gradient, "StopGradient", "y = x, without a gradient");
SAME(prevent_gradient, "PreventGradient", "y = x, an error to differentiate");
SAME(snapshot, "Snapshot", "y = x, a copy");

const IoptOp iopt_op_identity_n = { .name = "IdentityN",
                                    .n_in = IOPT_VARIADIC,
                                    .n_out = IOPT_VARIADIC,
                                    .brief = "y_i = x_i",
                                    .infer = infer_n,
                                    .eval = eval_n };
