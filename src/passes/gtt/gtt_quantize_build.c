/* Building the nodes that carry codes and ranges. */
#include "passes/gtt/gtt_quantize.h"

IoptStatus iopt_gtt_add_node(IoptNodeList *made, const char *op, const char *name,
                             const char *const *inputs, size_t n, IoptListNode **out,
                             IoptError *err)
{
    *out = NULL;
    if (!name)
        return iopt_fail_memory(err, sizeof **out);
    IOPT_TRY(iopt_list_add(made, name, op, out, err));
    for (size_t i = 0; i < n; i++) {
        if (!inputs[i])
            return iopt_fail_memory(err, sizeof **out);
        IOPT_TRY(iopt_list_add_input(*out, inputs[i], err));
    }
    return IOPT_OK;
}

/* "from:port" */
static const char *port_of(const IoptNodeList *made, const char *from, int port)
{
    return from ? iopt_arena_printf(made->carrier->arena, "%s:%d", from, port) : NULL;
}

static IoptStatus set_codes(const IoptListNode *node, IoptDType type, IoptError *err)
{
    IOPT_TRY(iopt_node_set_type(node->node, "T", type, err));
    return iopt_node_set_string(node->node, "mode", "MIN_FIRST", err);
}

IoptStatus iopt_gtt_add_dequantize(IoptNodeList *made, const char *name, const char *codes,
                                   const char *min, const char *max, IoptError *err)
{
    const char *const inputs[] = { codes, min, max };
    IoptListNode *node;

    IOPT_TRY(iopt_gtt_add_node(made, "Dequantize", name, inputs, 3, &node, err));
    return set_codes(node, IOPT_QU8, err);
}

IoptStatus iopt_gtt_add_dequantize_of(IoptNodeList *made, const char *name, const char *from,
                                      IoptError *err)
{
    return iopt_gtt_add_dequantize(made, name, port_of(made, from, 0), port_of(made, from, 1),
                                   port_of(made, from, 2), err);
}

IoptStatus iopt_gtt_add_quantize(IoptNodeList *made, const char *name, IoptDType type,
                                 const char *input, const char *min, const char *max,
                                 IoptError *err)
{
    const char *const inputs[] = { input, min, max };
    IoptListNode *node;

    IOPT_TRY(iopt_gtt_add_node(made, "QuantizeV2", name, inputs, 3, &node, err));
    return set_codes(node, type, err);
}

IoptStatus iopt_gtt_add_requantize(IoptNodeList *made, const char *name, const char *from,
                                   const char *min, const char *max, IoptError *err)
{
    const char *const inputs[] = { port_of(made, from, 0), port_of(made, from, 1),
                                   port_of(made, from, 2), min, max };
    IoptListNode *node;

    IOPT_TRY(iopt_gtt_add_node(made, "Requantize", name, inputs, 5, &node, err));
    IOPT_TRY(iopt_node_set_type(node->node, "Tinput", IOPT_QI32, err));
    return iopt_node_set_type(node->node, "out_type", IOPT_QU8, err);
}
