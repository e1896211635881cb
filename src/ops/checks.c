/* Ops that watch values go by: CheckNumerics, Assert, Print, NoOp.
 *
 *   CheckNumerics  in x, a float type; out x; fails on NaN and infinity (IOPT_BAD_DATA)
 *   Assert         in a bool scalar and data to show; no output; fails if the bool is false
 *   Print          in x and data to show; out x; prints nothing here
 *   NoOp           nothing
 *   source         TensorFlow ops of the same names, and "CheckNumericsV2"
 */
#include <math.h>

#include "ops/elementwise.h"

static IoptStatus infer_first(const IoptNode *node, const IoptFact *in, IoptFact *out,
                              IoptError *err)
{
    if (node->n_in == 0)
        return iopt_bad_inputs(node, in, err, "at least one input");
    return iopt_infer_same(node, in, out, err);
}

static void pass_on(const IoptTensor *in, const IoptTensor *out)
{
    if (out->bytes && out->data != in->data)
        memcpy(out->data, in->data, out->bytes);
}

static IoptStatus eval_check(const IoptNode *node, const IoptTensor *const *in,
                             IoptTensor *const *out, IoptError *err)
{
    const size_t n = iopt_elems(in[0]);

    for (size_t i = 0; i < n; i++) {
        const double x = iopt_tensor_get_f64(in[0], i);
        if (!isfinite(x))
            return iopt_fail(err, IOPT_BAD_DATA, "%s '%s': %s: element %zu is %s", node->op,
                             node->name, iopt_attr_string(node, "message", ""), i,
                             isnan(x) ? "not a number" : "infinite");
    }
    pass_on(in[0], out[0]);
    return IOPT_OK;
}

static IoptStatus eval_print(const IoptNode *node, const IoptTensor *const *in,
                             IoptTensor *const *out, IoptError *err)
{
    (void)node, (void)err;
    pass_on(in[0], out[0]);
    return IOPT_OK;
}

static IoptStatus infer_assert(const IoptNode *node, const IoptFact *in, IoptFact *out,
                               IoptError *err)
{
    (void)out;
    if (node->n_in == 0 || in[0].shape.rank > 0)
        return iopt_bad_inputs(node, in, err, "a bool scalar, and data");
    return IOPT_OK;
}

static IoptStatus eval_assert(const IoptNode *node, const IoptTensor *const *in,
                              IoptTensor *const *out, IoptError *err)
{
    (void)out;
    if (!*(const uint8_t *)in[0]->data)
        return iopt_fail(err, IOPT_BAD_DATA, "Assert '%s': the condition is false", node->name);
    return IOPT_OK;
}

static IoptStatus infer_nothing(const IoptNode *node, const IoptFact *in, IoptFact *out,
                                IoptError *err)
{
    (void)node, (void)in, (void)out, (void)err;
    return IOPT_OK;
}

static IoptStatus eval_nothing(const IoptNode *node, const IoptTensor *const *in,
                               IoptTensor *const *out, IoptError *err)
{
    (void)node, (void)in, (void)out, (void)err;
    return IOPT_OK;
}

#define CHECK_OP(id, op_name)                                                    \
    const IoptOp iopt_op_##id = { .name = op_name,                               \
                                  .n_in = 1,                                     \
                                  .n_out = 1,                                    \
                                  .dtypes = IOPT_FLOAT_TYPES,                    \
                                  .flags = IOPT_OP_REFERENCE | IOPT_OP_MAY_FAIL, \
                                  .brief = "y = x, refusing NaN and infinity",   \
                                  .infer = infer_first,                          \
                                  .eval = eval_check }

CHECK_OP(check_numerics, "CheckNumerics");
CHECK_OP(check_numerics_v2, "CheckNumericsV2");

const IoptOp iopt_op_print = { .name = "Print",
                               .n_in = IOPT_VARIADIC,
                               .n_out = 1,
                               .flags = IOPT_OP_REFERENCE | IOPT_OP_STATEFUL,
                               .brief = "y = x, after showing data",
                               .infer = infer_first,
                               .eval = eval_print };
const IoptOp iopt_op_assert = { .name = "Assert",
                                .n_in = IOPT_VARIADIC,
                                .n_out = 0,
                                .dtypes = "bool",
                                .flags = IOPT_OP_STATEFUL | IOPT_OP_MAY_FAIL,
                                .brief = "fails unless the condition holds",
                                .infer = infer_assert,
                                .eval = eval_assert };
const IoptOp iopt_op_no_op = { .name = "NoOp",
                               .n_in = 0,
                               .n_out = 0,
                               .flags = IOPT_OP_STATEFUL,
                               .brief = "nothing",
                               .infer = infer_nothing,
                               .eval = eval_nothing };
