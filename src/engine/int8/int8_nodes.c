/* Making nodes on codes: what the rules of the recognizer share.
 *
 * A value that is there in codes is an _Int8Dequantize of them, for whoever wants floats; the rules
 * look through it, and those that nobody reads go.  So the graph means the same at any time.
 */
#include "engine/int8/int8_nodes.h"

#include "ops/infer.h"
#include "ops/int8.h"

bool iopt_int8_is_coded(IoptValue value)
{
    return iopt_is_op(value.node, "_Int8Dequantize");
}

IoptInt8Value iopt_int8_value(IoptValue value)
{
    const IoptNode *const node = value.node;
    const IoptS8In x = iopt_int8_in(node, 'x', IOPT_QU8);
    const int32_t top = (int32_t)iopt_attr_int(node, "x_top", 0);

    return (IoptInt8Value){
        .codes = node->in[0],
        .range = { .dtype = top <= UINT8_MAX ? IOPT_QU8 : IOPT_QU16,
                   .scale = x.scale,
                   .zero = x.zero,
                   .top = top,
                   .min = iopt_attr_float(node, "x_min", 0),
                   .max = iopt_attr_float(node, "x_max", 0) },
    };
}

IoptStatus iopt_int8_add_node(IoptGraph *graph, const char *name, const char *op,
                              const IoptValue *in, size_t n_in, IoptNode **out, IoptError *err)
{
    const char *const unique = iopt_graph_unique_name(graph, name);

    if (!unique)
        return iopt_fail_memory(err, strlen(name));
    IOPT_TRY(iopt_graph_add(graph, unique, op, out, err));
    return iopt_node_set_inputs(*out, in, n_in, err);
}

IoptStatus iopt_int8_infer(IoptNode *node, IoptError *err)
{
    const IoptInferOptions options = { .fold = true, .strict = true };

    return iopt_node_infer(node, &options, err);
}

IoptStatus iopt_int8_add_const(IoptGraph *graph, const char *name, IoptTensor *taken,
                               IoptValue *out, IoptError *err)
{
    const char *const unique = iopt_graph_unique_name(graph, name);
    IoptNode *node;

    if (!unique) {
        iopt_tensor_destroy(taken);
        return iopt_fail_memory(err, strlen(name));
    }
    IOPT_TRY(iopt_graph_add_const(graph, unique, taken, &node, err));
    *out = (IoptValue){ node, 0 };
    return iopt_int8_infer(node, err);
}

IoptStatus iopt_int8_copy_attr(IoptNode *to, const IoptNode *from, const char *name, IoptError *err)
{
    const IoptAttr *const attr = iopt_attr(from, name);

    return attr ? iopt_node_set_attr(to, attr, err) : IOPT_OK;
}

/* The new node goes by the old one's name in profiles and messages. */
static IoptStatus take_name(IoptNode *from, IoptNode *to, IoptError *err)
{
    const char *const name = from->name, *const spare = iopt_graph_unique_name(to->graph, name);

    if (!spare)
        return iopt_fail_memory(err, strlen(name));
    IOPT_TRY(iopt_graph_rename(from, spare, err));
    return iopt_graph_rename(to, name, err);
}

static IoptStatus replace(IoptValue from, IoptNode *to, IoptError *err)
{
    IOPT_TRY(iopt_graph_replace_value(from, (IoptValue){ to, 0 }, err));
    if (iopt_value_uses(from) == 0)
        IOPT_TRY(iopt_graph_replace_control(from.node, to, err));
    if (iopt_node_uses(from.node) == 0 && !iopt_is_input(from.node))
        iopt_graph_remove(from.node);
    return IOPT_OK;
}

IoptStatus iopt_int8_replace(IoptValue from, IoptNode *to, IoptError *err)
{
    IOPT_TRY(iopt_int8_infer(to, err));
    IOPT_TRY(take_name(from.node, to, err));
    return replace(from, to, err);
}

IoptStatus iopt_int8_add_values(IoptValue codes, const IoptInt8Range *range, IoptNode **out,
                                IoptError *err)
{
    const IoptS8In in = iopt_int8_range_in(range);

    IOPT_TRY(iopt_int8_add_node(codes.node->graph, codes.node->name, "_Int8Dequantize", &codes, 1,
                                out, err));
    IOPT_TRY(iopt_int8_set_in(*out, 'x', &in, err));
    IOPT_TRY(iopt_node_set_int(*out, "x_top", range->top, err));
    IOPT_TRY(iopt_node_set_float(*out, "x_min", range->min, err));
    IOPT_TRY(iopt_node_set_float(*out, "x_max", range->max, err));
    return iopt_int8_infer(*out, err);
}

IoptStatus iopt_int8_replace_coded(IoptValue from, IoptNode *to, const IoptInt8Range *range,
                                   IoptError *err)
{
    IoptNode *values;

    IOPT_TRY(iopt_int8_infer(to, err));
    IOPT_TRY(take_name(from.node, to, err));
    IOPT_TRY(iopt_int8_add_values((IoptValue){ to, 0 }, range, &values, err));
    return replace(from, values, err);
}

IoptStatus iopt_int8_bypass(IoptNode *node, IoptError *err)
{
    const IoptValue in = node->in[0];

    IOPT_TRY(iopt_graph_replace_value((IoptValue){ node, 0 }, in, err));
    IOPT_TRY(iopt_graph_replace_control(node, in.node, err));
    if (iopt_node_uses(node) == 0)
        iopt_graph_remove(node);
    return IOPT_OK;
}
