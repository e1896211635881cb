/* Ops that move codes or choose among them: what they give has the range of what they read. */
#include <math.h>

#include "engine/int8/recognize.h"
#include "ops/int8.h"

/* The first input is moved, others (shapes, axes) stay what they are. */
static const char moves[] =
    "Identity|Snapshot|StopGradient|PreventGradient|Reshape|Squeeze|ExpandDims|Transpose|Slice|"
    "StridedSlice|SpaceToDepth|DepthToSpace|Gather|GatherV2|Tile|MirrorPad|Reverse|ReverseV2";

static IoptStatus copy_attrs(IoptNode *to, const IoptNode *from, IoptDType dtype, IoptError *err)
{
    for (size_t i = 0; i < from->n_attrs; i++)
        if (from->attrs[i].name[0] != '_' || from->attrs[i].name[1] != 'c') /* no _class */
            IOPT_TRY(iopt_node_set_attr(to, &from->attrs[i], err));
    for (size_t i = 0; i < from->n_attrs; i++)
        if (iopt_op_in(from->attrs[i].name, "T|Tparams"))
            IOPT_TRY(iopt_node_set_type(to, from->attrs[i].name, dtype, err));
    return IOPT_OK;
}

/* The same op on codes: inputs [first, first + count) of it. */
static IoptStatus move_codes(IoptNode *node, const char *op, size_t first, size_t count,
                             IoptNode **out, IoptError *err)
{
    const IoptDType dtype = iopt_int8_value(node->in[first]).range.dtype;

    IOPT_TRY(iopt_int8_add_node(node->graph, node->name, op, node->in, node->n_in, out, err));
    for (size_t i = first; i < first + count; i++)
        IOPT_TRY(iopt_node_set_input(*out, i, iopt_int8_value(node->in[i]).codes, err));
    return copy_attrs(*out, node, dtype, err);
}

static IoptStatus move_first(IoptNode *node, IoptError *err)
{
    const IoptInt8Range range = iopt_int8_value(node->in[0]).range;
    IoptNode *moved;

    IOPT_TRY(move_codes(node, node->op, 0, 1, &moved, err));
    return iopt_int8_replace_coded((IoptValue){ node, 0 }, moved, &range, err);
}

/* Zeros become codes of zero. */
static IoptStatus pad(IoptNode *node, IoptError *err)
{
    const IoptInt8Range range = iopt_int8_value(node->in[0]).range;
    const IoptShape scalar = iopt_shape_scalar();
    IoptTensor *tensor;
    IoptNode *moved;
    IoptValue zero;

    IOPT_TRY(iopt_tensor_create(range.dtype, &scalar, &tensor, err));
    if (range.dtype == IOPT_QU8)
        *(uint8_t *)tensor->data = (uint8_t)range.zero;
    else
        *(uint16_t *)tensor->data = (uint16_t)range.zero;
    IOPT_TRY(iopt_int8_add_const(node->graph, "int8/zero", tensor, &zero, err));
    IOPT_TRY(move_codes(node, "PadV2", 0, 1, &moved, err));
    IOPT_TRY(iopt_node_add_input(moved, zero, err));
    return iopt_int8_replace_coded((IoptValue){ node, 0 }, moved, &range, err);
}

static IoptStatus clip(IoptNode *node, float most, IoptError *err)
{
    const IoptInt8Value x = iopt_int8_value(node->in[0]);
    IoptS8In in = iopt_int8_range_in(&x.range);
    const IoptS8End end = iopt_int8_range_end(&x.range, 0, most);
    IoptNode *clipped;

    if (x.range.zero == 0 && !(most < x.range.max)) /* it changes nothing */
        return iopt_int8_bypass(node, err);
    in.scale = 1;
    IOPT_TRY(
        iopt_int8_add_node(node->graph, node->name, "_Int8Requantize", &x.codes, 1, &clipped, err));
    IOPT_TRY(iopt_int8_set_in(clipped, 'x', &in, err));
    IOPT_TRY(iopt_int8_set_end(clipped, &end, err));
    return iopt_int8_replace_coded((IoptValue){ node, 0 }, clipped, &x.range, err);
}

/* Relu6 keeps the range only where 6 is not within it. */
static bool is_clip(const IoptNode *node)
{
    return iopt_is_op(node, "Relu") ||
           (iopt_is_op(node, "Relu6") && iopt_int8_value(node->in[0]).range.max <= 6);
}

static bool pools_images(const IoptNode *node)
{
    const int64_t *ksize;

    return iopt_is_op(node, "MaxPool") && iopt_attr_ints(node, "ksize", &ksize) == 4 &&
           ksize[0] == 1 && ksize[3] == 1 && iopt_fact_at(node->in[0]).shape.rank == 4 &&
           iopt_attr_string(node, "data_format", "NHWC")[1] == 'H';
}

static IoptStatus max_pool(IoptNode *node, IoptError *err)
{
    const IoptInt8Value x = iopt_int8_value(node->in[0]);
    const IoptS8End end = iopt_int8_range_end(&x.range, -INFINITY, INFINITY);
    IoptNode *pool;

    IOPT_TRY(iopt_int8_add_node(node->graph, node->name, "_Int8MaxPool", &x.codes, 1, &pool, err));
    IOPT_TRY(iopt_int8_copy_attr(pool, node, "ksize", err));
    IOPT_TRY(iopt_int8_copy_attr(pool, node, "strides", err));
    IOPT_TRY(iopt_int8_copy_attr(pool, node, "padding", err));
    IOPT_TRY(iopt_int8_copy_attr(pool, node, "explicit_paddings", err));
    IOPT_TRY(iopt_int8_set_end(pool, &end, err));
    return iopt_int8_replace_coded((IoptValue){ node, 0 }, pool, &x.range, err);
}

static IoptStatus concat(IoptNode *node, IoptError *err)
{
    const size_t first = iopt_is_op(node, "ConcatV2") ? 0 : 1, count = node->n_in - 1;
    IoptNode *moved;

    for (size_t i = first; i < first + count; i++) {
        if (!iopt_int8_is_coded(node->in[i]))
            return IOPT_OK;
        const IoptInt8Range a = iopt_int8_value(node->in[first]).range;
        const IoptInt8Range b = iopt_int8_value(node->in[i]).range;
        if (!iopt_int8_range_equal(&a, &b))
            return IOPT_OK;
    }
    const IoptInt8Range range = iopt_int8_value(node->in[first]).range;
    IOPT_TRY(move_codes(node, node->op, first, count, &moved, err));
    return iopt_int8_replace_coded((IoptValue){ node, 0 }, moved, &range, err);
}

/* The values of one output of a Split. */
static IoptStatus values_of(IoptNode *split, size_t port, const IoptInt8Range *range,
                            IoptValue from, IoptError *err)
{
    const IoptValue codes = { split, (int)port };
    IoptNode *values;

    if (iopt_value_uses(from) == 0)
        return IOPT_OK;
    IOPT_TRY(iopt_int8_add_values(codes, range, &values, err));
    return iopt_graph_replace_value(from, (IoptValue){ values, 0 }, err);
}

static IoptStatus split(IoptNode *node, IoptError *err)
{
    const size_t slot = iopt_is_op(node, "SplitV") ? 0 : 1;
    IoptNode *moved;

    if (node->n_in <= slot || !iopt_int8_is_coded(node->in[slot]))
        return IOPT_OK;
    const IoptInt8Range range = iopt_int8_value(node->in[slot]).range;
    IOPT_TRY(move_codes(node, node->op, slot, 1, &moved, err));
    IOPT_TRY(iopt_int8_infer(moved, err));
    for (size_t port = 0; port < node->n_out; port++)
        IOPT_TRY(values_of(moved, port, &range, (IoptValue){ node, (int)port }, err));
    IOPT_TRY(iopt_graph_replace_control(node, moved, err));
    if (iopt_node_uses(node) == 0)
        iopt_graph_remove(node);
    return IOPT_OK;
}

IoptStatus iopt_int8_pass_through(IoptNode *node, IoptError *err)
{
    if (!iopt_int8_is_free(node) || node->n_in == 0)
        return IOPT_OK;
    if (iopt_op_in(node->op, "Split|SplitV"))
        return split(node, err);
    if (iopt_op_in(node->op, "Concat|ConcatV2"))
        return concat(node, err);
    if (!iopt_int8_is_coded(node->in[0]) || node->n_out != 1)
        return IOPT_OK;
    if (iopt_is_op(node, "Pad"))
        return pad(node, err);
    if (is_clip(node))
        return clip(node, iopt_is_op(node, "Relu6") ? 6 : INFINITY, err);
    if (pools_images(node))
        return max_pool(node, err);
    return iopt_op_in(node->op, moves) ? move_first(node, err) : IOPT_OK;
}
