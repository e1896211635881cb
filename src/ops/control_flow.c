/* Switch and Merge: values that flow along one of two branches.
 *
 *   Switch  in data, predicate (a bool scalar); out data on port 0 if false, on port 1 if true,
 *           and nothing on the other
 *   Merge   in N values of which one arrives; out that value, and which it was (int32 scalar)
 *   source  TensorFlow ops "Switch", "Merge", "RefSwitch", "RefMerge"
 *
 * Whoever runs the graph moves the values; there is nothing to evaluate.
 */
#include "ops/op.h"

static IoptStatus infer_switch(const IoptNode *node, const IoptFact *in, IoptFact *out,
                               IoptError *err)
{
    if ((in[1].dtype && in[1].dtype != IOPT_BOOL) || in[1].shape.rank > 0)
        return iopt_bad_inputs(node, in, err, "data and a bool scalar");
    out[0] = out[1] = iopt_fact(in[0].dtype, in[0].shape);
    return IOPT_OK;
}

/* What all inputs have in common; one that knows nothing (a loop's back edge) may be anything. */
static IoptStatus infer_merge(const IoptNode *node, const IoptFact *in, IoptFact *out,
                              IoptError *err)
{
    if (node->n_in == 0)
        return iopt_bad_inputs(node, in, err, "at least one input");
    out[0] = iopt_fact(in[0].dtype, in[0].shape);
    out[1] = iopt_fact(IOPT_I32, iopt_shape_scalar());
    for (size_t i = 1; i < node->n_in; i++) {
        IoptShape *const shape = &out[0].shape;
        const IoptShape *const other = &in[i].shape;
        if (out[0].dtype && in[i].dtype && out[0].dtype != in[i].dtype)
            return iopt_bad_inputs(node, in, err, "inputs of one type");
        if (!out[0].dtype)
            out[0].dtype = in[i].dtype;
        if (shape->rank != other->rank)
            *shape = iopt_shape_unknown();
        for (int k = 0; k < shape->rank; k++)
            if (shape->dim[k] != other->dim[k])
                shape->dim[k] = -1;
    }
    return IOPT_OK;
}

#define CONTROL_OP(id, op_name, inputs, rule, text)         \
    const IoptOp iopt_op_##id = { .name = op_name,          \
                                  .n_in = inputs,           \
                                  .n_out = 2,               \
                                  .flags = IOPT_OP_CONTROL, \
                                  .brief = text,            \
                                  .infer = rule }

CONTROL_OP(switch, "Switch", 2, infer_switch, "data to port 0 or 1");
CONTROL_OP(ref_switch, "RefSwitch", 2, infer_switch, "data to port 0 or 1");
CONTROL_OP(merge, "Merge", IOPT_VARIADIC, infer_merge, "the input that arrives");
CONTROL_OP(ref_merge, "RefMerge", IOPT_VARIADIC, infer_merge, "the input that arrives");
