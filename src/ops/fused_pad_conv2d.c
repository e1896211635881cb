/* FusedPadConv2D, FusedResizeAndPadConv2D: a mirrored border around x, then Conv2D; the second
 * resizes x (bilinear) before that.
 *
 *   in      x [N, H, W, C]; FusedResizeAndPadConv2D: size [2], int32; paddings [4, 2], int32, zero
 *           for batch and channels; filter [KH, KW, C, O]
 *   out     y [N, OH, OW, O]
 *   attr    mode of MirrorPad; strides and padding of Conv2D; resize_align_corners
 *   exact   each step as its own op has it
 *   source  TensorFlow ops of the same names, which its graph transforms make
 */
#include "ops/conv.h"

extern const IoptOp iopt_op_mirror_pad, iopt_op_resize_bilinear;

/* The four tensors or facts of both ops, by what they are: x, perhaps resized, and the rest. */
typedef struct Steps {
    bool resizes;
    size_t paddings, filter; /* slots of the inputs */
} Steps;

static Steps steps_of(const IoptNode *node)
{
    return node->n_in == 4 ? (Steps){ true, 2, 3 } : (Steps){ false, 1, 2 };
}

/* Paddings of batch and channels have to be zero. */
static IoptStatus check_paddings(const IoptNode *node, const IoptFact *in, const IoptFact *paddings,
                                 IoptError *err)
{
    int64_t values[8];
    size_t count;

    if (!iopt_fact_ints(paddings, values, 8, &count))
        return IOPT_OK;
    if (count == 8 && (values[0] != 0 || values[1] != 0 || values[6] != 0 || values[7] != 0))
        return iopt_bad_inputs(node, in, err, "no padding of batch and channels");
    return IOPT_OK;
}

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    const Steps steps = steps_of(node);
    IoptFact image = iopt_fact(in[0].dtype, in[0].shape), padded = image;

    if (in[0].shape.rank >= 0 && in[0].shape.rank != 4)
        return iopt_bad_inputs(node, in, err, "x of rank 4");
    IOPT_TRY(check_paddings(node, in, &in[steps.paddings], err));
    if (steps.resizes)
        IOPT_TRY(iopt_op_resize_bilinear.infer(node, in, &image, err));
    const IoptFact pad[4] = { image, in[steps.paddings], in[steps.filter], in[steps.filter] };
    IOPT_TRY(iopt_op_mirror_pad.infer(node, pad, &padded, err));
    const IoptFact conv[4] = { padded, in[steps.filter], in[steps.filter], in[steps.filter] };
    return iopt_conv_infer(node, 2, conv, out, err);
}

/* *out = op(x, argument) of the type and shape that the op's rule gives. */
static IoptStatus step(const IoptOp *op, const IoptNode *node, const IoptTensor *x,
                       const IoptTensor *argument, IoptTensor **out, IoptError *err)
{
    const IoptTensor *const in[4] = { x, argument, argument, argument };
    const IoptFact x_fact = iopt_fact_of(x), fact = iopt_fact_of(argument);
    const IoptFact facts[4] = { x_fact, fact, fact, fact };
    IoptFact y = iopt_fact(IOPT_DTYPE_NONE, iopt_shape_unknown());

    IOPT_TRY(op->infer(node, facts, &y, err));
    IOPT_TRY(iopt_tensor_create(x->dtype, &y.shape, out, err));
    return op->eval(node, in, out, err);
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const Steps steps = steps_of(node);
    IoptTensor *resized = NULL, *padded = NULL;
    IoptStatus status = IOPT_OK;

    if (steps.resizes)
        IOPT_DO(step(&iopt_op_resize_bilinear, node, in[0], in[1], &resized, err));
    IOPT_DO(step(&iopt_op_mirror_pad, node, resized ? resized : in[0], in[steps.paddings], &padded,
                 err));
    const IoptTensor *const conv[2] = { padded, in[steps.filter] };
    IOPT_DO(iopt_conv_eval(node, 2, conv, out[0], err));
done:
    iopt_tensor_destroy(resized);
    iopt_tensor_destroy(padded);
    return status;
}

static double macs(const IoptNode *node, const IoptFact *in, const IoptFact *out)
{
    const IoptFact conv[2] = { in[0], in[steps_of(node).filter] };
    return iopt_conv_macs(node, conv, out);
}

#define PAD_CONV_OP(id, op_name, inputs, types, text)    \
    const IoptOp iopt_op_##id = { .name = op_name,       \
                                  .n_in = inputs,        \
                                  .n_out = 1,            \
                                  .dtypes = types,       \
                                  .flags = IOPT_OP_HALF, \
                                  .brief = text,         \
                                  .infer = infer,        \
                                  .eval = eval,          \
                                  .macs = macs }

PAD_CONV_OP(fused_pad_conv2d, "FusedPadConv2D", 3, "float double half", "MirrorPad, Conv2D");
PAD_CONV_OP(fused_resize_and_pad_conv2d, "FusedResizeAndPadConv2D", 4, "float",
            "ResizeBilinear, MirrorPad, Conv2D");
