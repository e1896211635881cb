/* Pack: stacks N values along a new axis;  Unpack: takes them apart again
 *
 *   in      Pack: N values of one shape;  Unpack: x with `num` along the axis
 *   out     Pack: [..., N, ...];  Unpack: `num` values without the axis
 *   attr    axis (of the stacked value, negative from the end), N, num
 *   source  TensorFlow ops "Pack", "Unpack"
 */
#include "ops/ints.h"
#include "ops/move.h"

/* The axis of the stacked value, which has `rank` dimensions. */
static IoptStatus stack_axis(const IoptNode *node, int rank, int *out, IoptError *err)
{
    const int64_t axis = iopt_attr_int(node, "axis", 0);

    if (!iopt_axis(axis, rank, out))
        return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': want an axis of %d dimensions; got %lld",
                         node->op, node->name, rank, (long long)axis);
    return IOPT_OK;
}

static IoptStatus infer_pack(const IoptNode *node, const IoptFact *in, IoptFact *out,
                             IoptError *err)
{
    IoptShape part = iopt_shape_unknown(), y = iopt_shape_scalar();
    int axis;

    if (node->n_in == 0)
        return iopt_fail(err, IOPT_BAD_MODEL, "Pack '%s': want at least one input", node->name);
    for (size_t i = 0; i < node->n_in; i++) {
        if (!iopt_shapes_agree(&part, &in[i].shape) ||
            (in[i].dtype && in[0].dtype && in[i].dtype != in[0].dtype))
            return iopt_bad_inputs(node, in, err, "inputs of one type and shape");
        part = iopt_shape_merge(&part, &in[i].shape);
    }
    out[0].dtype = iopt_input_type(node, in, "T");
    if (part.rank < 0)
        return IOPT_OK;
    if (part.rank == IOPT_MAX_RANK)
        return iopt_bad_inputs(node, in, err, "fewer than %d dimensions", IOPT_MAX_RANK);
    IOPT_TRY(stack_axis(node, part.rank + 1, &axis, err));
    for (int i = 0; i <= part.rank; i++) {
        if (i == axis)
            iopt_shape_push(&y, (int64_t)node->n_in);
        if (i < part.rank)
            iopt_shape_push(&y, part.dim[i]);
    }
    out[0].shape = y;
    return IOPT_OK;
}

static IoptStatus infer_unpack(const IoptNode *node, const IoptFact *in, IoptFact *out,
                               IoptError *err)
{
    const IoptShape *const x = &in[0].shape;
    const size_t num = iopt_node_n_out(node);
    IoptShape y = iopt_shape_unknown();
    int axis;

    if (x->rank >= 0) {
        IOPT_TRY(stack_axis(node, x->rank, &axis, err));
        if (!iopt_dims_agree(x->dim[axis], (int64_t)num))
            return iopt_bad_inputs(node, in, err, "%zu along axis %d", num, axis);
        y = iopt_shape_scalar();
        for (int i = 0; i < x->rank; i++)
            if (i != axis)
                iopt_shape_push(&y, x->dim[i]);
    }
    for (size_t i = 0; i < num; i++)
        out[i] = iopt_fact(iopt_input_type(node, in, "T"), y);
    return IOPT_OK;
}

/* Part `i` of `n` inside the stacked value, the axis being `axis` of `stacked`. */
static void part_strides(const IoptShape *stacked, int axis, int64_t *outer, int64_t *inner)
{
    *outer = *inner = 1;
    for (int i = 0; i < stacked->rank; i++)
        *(i < axis ? outer : inner) *= i == axis ? 1 : stacked->dim[i];
}

static IoptStatus eval_pack(const IoptNode *node, const IoptTensor *const *in,
                            IoptTensor *const *out, IoptError *err)
{
    const int64_t n = (int64_t)node->n_in;
    int64_t outer, inner;
    int axis;

    IOPT_TRY(stack_axis(node, out[0]->shape.rank, &axis, err));
    part_strides(&out[0]->shape, axis, &outer, &inner);
    for (int64_t i = 0; i < n; i++) {
        const IoptMove move = { 2, { outer, inner }, { n * inner, 1 }, { inner, 1 } };
        iopt_move_run(&move, iopt_dtype_bytes(out[0]->dtype), iopt_elem_mut(out[0], i * inner),
                      in[i]->data);
    }
    return IOPT_OK;
}

static IoptStatus eval_unpack(const IoptNode *node, const IoptTensor *const *in,
                              IoptTensor *const *out, IoptError *err)
{
    const int64_t n = (int64_t)iopt_node_n_out(node);
    int64_t outer, inner;
    int axis;

    IOPT_TRY(stack_axis(node, in[0]->shape.rank, &axis, err));
    part_strides(&in[0]->shape, axis, &outer, &inner);
    for (int64_t i = 0; i < n; i++) {
        const IoptMove move = { 2, { outer, inner }, { inner, 1 }, { n * inner, 1 } };
        iopt_move_run(&move, iopt_dtype_bytes(in[0]->dtype), out[i]->data,
                      iopt_elem(in[0], i * inner));
    }
    return IOPT_OK;
}

const IoptOp iopt_op_pack = { .name = "Pack",
                              .n_in = IOPT_VARIADIC,
                              .n_out = 1,
                              .brief = "stacks the inputs along a new axis",
                              .infer = infer_pack,
                              .eval = eval_pack };

const IoptOp iopt_op_unpack = { .name = "Unpack",
                                .n_in = 1,
                                .n_out = IOPT_VARIADIC,
                                .brief = "takes x apart along an axis",
                                .infer = infer_unpack,
                                .eval = eval_unpack };
