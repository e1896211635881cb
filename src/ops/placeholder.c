/* Placeholder and PlaceholderWithDefault: values that come from outside.
 *
 *   in      PlaceholderWithDefault: the default, of a shape that fits attribute `shape`
 *   out     of attributes `dtype` and `shape` (absent: unknown)
 *   source  TensorFlow ops of the same names
 *
 * Graphs up to version 21 wrote an unknown shape as a scalar's; there a scalar is unknown.
 *
 * A default is not a constant: somebody may feed another value.  So neither is ever folded here;
 * the passes decide what nobody will feed.
 */
#include "ops/op.h"

/* Field 1 of GraphDef.versions, the version of TensorFlow's format that wrote the graph. */
static bool is_old_graph(const IoptGraph *graph)
{
    const IoptBytes versions = graph->versions;
    uint64_t producer = 0;

    if (versions.size < 2 || versions.data[0] != 0x08)
        return false;
    for (size_t i = 1; i < versions.size && i <= 9; i++) {
        const unsigned char byte = (unsigned char)versions.data[i];
        producer |= (uint64_t)(byte & 0x7f) << 7 * (i - 1);
        if (byte < 0x80)
            break;
    }
    return producer <= 21;
}

static IoptShape shape_attr(const IoptNode *node)
{
    const IoptAttr *const shape = iopt_attr(node, "shape");

    if (!shape || shape->kind != IOPT_ATTR_SHAPE)
        return iopt_shape_unknown();
    return shape->u.shape.rank == 0 && iopt_is_op(node, "Placeholder") && is_old_graph(node->graph)
               ? iopt_shape_unknown()
               : shape->u.shape;
}

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    (void)in;
    IOPT_TRY(iopt_need_type(node, "dtype", &out[0].dtype, err));
    out[0].shape = shape_attr(node);
    return IOPT_OK;
}

static IoptStatus infer_default(const IoptNode *node, const IoptFact *in, IoptFact *out,
                                IoptError *err)
{
    const IoptShape shape = shape_attr(node);

    IOPT_TRY(iopt_need_type(node, "dtype", &out[0].dtype, err));
    if (in[0].dtype && in[0].dtype != out[0].dtype)
        return iopt_bad_inputs(node, in, err, "a default of %s", iopt_dtype_name(out[0].dtype));
    if (!iopt_shapes_agree(&shape, &in[0].shape))
        return iopt_bad_inputs(node, in, err, "a default of shape %s", iopt_shape_text(&shape).s);
    /* The graph fixes only the attribute; an evaluation has the default's own shape. */
    out[0].shape = in[0].value ? in[0].shape : shape;
    return IOPT_OK;
}

static IoptStatus eval_default(const IoptNode *node, const IoptTensor *const *in,
                               IoptTensor *const *out, IoptError *err)
{
    (void)node, (void)err;
    if (out[0]->bytes && out[0]->data != in[0]->data)
        memcpy(out[0]->data, in[0]->data, out[0]->bytes);
    return IOPT_OK;
}

const IoptOp iopt_op_placeholder = { .name = "Placeholder",
                                     .n_in = 0,
                                     .n_out = 1,
                                     .flags = IOPT_OP_STATEFUL,
                                     .brief = "a value that is fed",
                                     .infer = infer };
const IoptOp iopt_op_placeholder_with_default = { .name = "PlaceholderWithDefault",
                                                  .n_in = 1,
                                                  .n_out = 1,
                                                  .flags = IOPT_OP_REFERENCE | IOPT_OP_RANDOM,
                                                  .brief = "a value that may be fed",
                                                  .infer = infer_default,
                                                  .eval = eval_default };
