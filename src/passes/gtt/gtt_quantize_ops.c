/* quantize_nodes: ops that have a form on eight-bit codes.
 *
 * A node X becomes, for each float input S,
 *
 *     X_eightbit/S/{reshape_dims, reduction_dims, reshape, min, max, quantize}
 *
 * then X/eightbit on these codes, for sums of 32 bits X/eightbit/{requant_range, requantize}, and
 * the Dequantize X.
 */
#include <stdlib.h>

#include "base/compiler.h"
#include "base/text.h"
#include "passes/gtt/gtt_build.h"
#include "passes/gtt/gtt_names.h"
#include "passes/gtt/gtt_op_def.h"
#include "passes/gtt/gtt_quantize.h"
#include "passes/gtt/gtt_replace.h"

enum { MAX_NAMES = 4 };

/* How a float op becomes one on codes. */
typedef struct QuantizedOp {
    const char *op, *quantized;    /* NULL: "Quantized" and the op */
    const char *copied[MAX_NAMES]; /* attributes that stay */
    const char *codes[MAX_NAMES];  /* attributes that say quint8 */
    const char *sums;              /* the attribute that says qint32; NULL: the result is codes */
    int plain;                     /* the input that stays as it is; -1: none */
    bool mins_first; /* ranges are all minima, then all maxima; else one pair per input */
} QuantizedOp;

static const QuantizedOp quantized_ops[] = {
    { "Add", NULL, { 0 }, { "T1", "T2" }, "Toutput", -1, false },
    { "AvgPool", NULL, { "ksize", "strides", "padding" }, { "T" }, NULL, -1, false },
    { "BiasAdd", NULL, { 0 }, { "T1", "T2" }, "out_type", -1, false },
    { "Concat", NULL, { "N" }, { "T" }, NULL, 0, true },
    { "Conv2D", NULL, { "strides", "padding" }, { "Tinput", "Tfilter" }, "out_type", -1, false },
    { "MatMul", NULL, { "transpose_a", "transpose_b" }, { "T1", "T2" }, "Toutput", -1, false },
    { "MaxPool", NULL, { "ksize", "strides", "padding" }, { "T" }, NULL, -1, false },
    { "Mul", NULL, { 0 }, { "T1", "T2" }, "Toutput", -1, false },
    { "Relu", NULL, { 0 }, { "Tinput" }, NULL, -1, false },
    { "Relu6", NULL, { 0 }, { "Tinput" }, NULL, -1, false },
    { "Reshape", NULL, { 0 }, { "T" }, NULL, 1, false },
    { "ResizeBilinear", NULL, { "align_corners" }, { "T" }, NULL, 1, false },
    /* with extended=true */
    { "DepthwiseConv2dNative",
      "QuantizedDepthwiseConv2D",
      { "strides", "padding" },
      { "Tinput", "Tfilter" },
      "out_type",
      -1,
      false },
};

static const QuantizedOp *find_op(const char *op)
{
    for (size_t i = 0; i < IOPT_COUNT(quantized_ops); i++)
        if (strcmp(quantized_ops[i].op, op) == 0)
            return &quantized_ops[i];
    return NULL;
}

/* Whether input `i` of the node becomes codes.  TensorFlow does not tell control inputs from others
 * here, and makes a graph that cannot be run. */
static bool is_coded(const QuantizedOp *op, const IoptListNode *node, size_t i, bool strict)
{
    return (op->plain < 0 || i != (size_t)op->plain) &&
           (strict || !iopt_gtt_is_control(node->inputs[i]));
}

/* Whether everything that is to become codes is float now. */
static IoptStatus all_float(const QuantizedOp *op, const IoptListNode *node, bool strict, bool *out,
                            IoptError *err)
{
    const IoptOpDef *def;
    IoptOpTypes types;

    *out = true;
    IOPT_TRY(iopt_op_def_get(node->node->op, &def, err));
    IOPT_TRY(iopt_op_def_types(def, node, &types, err));
    for (size_t i = 0, at = 0; i < node->n_inputs; i++) {
        if (iopt_gtt_is_control(node->inputs[i]))
            continue;
        /* An input more than the op has is of no type, and so no float. */
        if (is_coded(op, node, i, strict) && (at >= types.n_in || types.in[at] != IOPT_F32))
            *out = false;
        at++;
    }
    for (size_t i = 0; i < types.n_out; i++)
        if (types.out[i] != IOPT_F32)
            *out = false;
    iopt_op_types_free(&types);
    return IOPT_OK;
}

/* --- inputs ----------------------------------------------------------------------------------- */

/* What the helper nodes of an input are called: "X_eightbit/S", "X_eightbit/S__port__1". */
static const char *helper_name(IoptArena *arena, const char *node, const char *input)
{
    const IoptGttName name = iopt_gtt_split(input);
    const char *const hat = name.control ? "__hat__" : "";

    if (!name.suffix.size)
        return iopt_arena_printf(arena, "%s_eightbit/%s%.*s", node, hat, (int)name.node.size,
                                 name.node.data);
    return iopt_arena_printf(arena, "%s_eightbit/%s%.*s__port__%.*s", node, hat,
                             (int)name.node.size, name.node.data, (int)name.suffix.size - 1,
                             name.suffix.data + 1);
}

/* name = Const([value]), which runs behind the node that it helps. */
static IoptStatus add_dims(IoptNodeList *made, const char *name, int32_t value, const char *input,
                           IoptError *err)
{
    const IoptGttName from = iopt_gtt_split(input);
    IoptTensor *dims;
    IoptListNode *node;

    if (!name)
        return iopt_fail_memory(err, sizeof *node);
    IOPT_TRY(iopt_tensor_vector_i32(&value, 1, &dims, err));
    IOPT_TRY(iopt_gtt_add_const(made, name, dims, &node, err));
    return iopt_gtt_add_inputf(node, err, "^%.*s", (int)from.node.size, from.node.data);
}

/* name = Min or Max over all elements. */
static IoptStatus add_extreme(IoptNodeList *made, const char *op, const char *name,
                              const char *flat, const char *axis, IoptError *err)
{
    IoptListNode *node;

    IOPT_TRY(iopt_gtt_add_node(made, op, name, (const char *const[]){ flat, axis }, 2, &node, err));
    IOPT_TRY(iopt_node_set_type(node->node, "T", IOPT_F32, err));
    return iopt_node_set_bool(node->node, "keep_dims", false, err);
}

/* The nodes that measure an input and turn it into codes; *out is the last one's name. */
static IoptStatus add_codes(IoptNodeList *made, const char *helper, const char *input,
                            const char **out, IoptError *err)
{
    static const char *const parts[] = { "reshape_dims", "reduction_dims", "reshape", "min",
                                         "max",          "quantize" };
    enum { SHAPE, AXIS, FLAT, MIN, MAX, CODES };
    const char *names[IOPT_COUNT(parts)];
    IoptListNode *node;

    for (size_t i = 0; i < IOPT_COUNT(parts); i++)
        if (!(names[i] = iopt_arena_printf(made->carrier->arena, "%s/%s", helper, parts[i])))
            return iopt_fail_memory(err, strlen(helper));
    IOPT_TRY(add_dims(made, names[SHAPE], -1, input, err));
    IOPT_TRY(add_dims(made, names[AXIS], 0, input, err));
    IOPT_TRY(iopt_gtt_add_node(made, "Reshape", names[FLAT],
                               (const char *const[]){ input, names[SHAPE] }, 2, &node, err));
    IOPT_TRY(iopt_node_set_type(node->node, "T", IOPT_F32, err));
    IOPT_TRY(add_extreme(made, "Min", names[MIN], names[FLAT], names[AXIS], err));
    IOPT_TRY(add_extreme(made, "Max", names[MAX], names[FLAT], names[AXIS], err));
    *out = names[CODES];
    return iopt_gtt_add_quantize(made, names[CODES], IOPT_QU8, input, names[MIN], names[MAX], err);
}

/* codes[i] is the name of the node that makes codes of input i; NULL where there is none.
 *
 * An input that is read twice needs them once; TensorFlow makes them twice under one name, and then
 * fails at the second. */
static IoptStatus add_all_codes(const QuantizedOp *op, const IoptListNode *node, bool strict,
                                const char **codes, IoptNodeList *made, IoptError *err)
{
    for (size_t i = 0; i < node->n_inputs; i++) {
        const char *const input = node->inputs[i];
        if (!is_coded(op, node, i, strict))
            continue;
        for (size_t k = 0; k < i && !strict && !codes[i]; k++)
            if (codes[k] && strcmp(node->inputs[k], input) == 0)
                codes[i] = codes[k];
        if (codes[i])
            continue;
        const char *const helper = helper_name(made->carrier->arena, node->node->name, input);
        if (!helper)
            return iopt_fail_memory(err, strlen(input));
        IOPT_TRY(add_codes(made, helper, input, &codes[i], err));
    }
    return IOPT_OK;
}

/* --- the op and its result -------------------------------------------------------------------- */

static IoptStatus add_ranges(const char *const *codes, size_t n, int port, IoptListNode *node,
                             IoptError *err)
{
    for (size_t i = 0; i < n; i++)
        if (codes[i])
            IOPT_TRY(iopt_gtt_add_inputf(node, err, "%s:%d", codes[i], port));
    return IOPT_OK;
}

static IoptStatus set_attrs(const QuantizedOp *op, const IoptListNode *from, IoptListNode *node,
                            IoptError *err)
{
    for (size_t i = 0; i < MAX_NAMES && op->copied[i]; i++)
        IOPT_TRY(iopt_gtt_copy_attr(from, op->copied[i], node, op->copied[i], err));
    for (size_t i = 0; i < MAX_NAMES && op->codes[i]; i++)
        IOPT_TRY(iopt_node_set_type(node->node, op->codes[i], IOPT_QU8, err));
    return op->sums ? iopt_node_set_type(node->node, op->sums, IOPT_QI32, err) : IOPT_OK;
}

static IoptStatus add_quantized(const QuantizedOp *op, const IoptListNode *from,
                                const char *const *codes, const char *name, IoptNodeList *made,
                                IoptError *err)
{
    const char *const quantized =
        op->quantized ? op->quantized
                      : iopt_arena_printf(made->carrier->arena, "Quantized%s", op->op);
    IoptListNode *node;

    if (!quantized)
        return iopt_fail_memory(err, strlen(op->op));
    IOPT_TRY(iopt_gtt_add_node(made, quantized, name, NULL, 0, &node, err));
    IOPT_TRY(set_attrs(op, from, node, err));
    for (size_t i = 0; i < from->n_inputs; i++)
        if (codes[i])
            IOPT_TRY(iopt_gtt_add_inputf(node, err, "%s:0", codes[i]));
        else if (!iopt_gtt_is_control(from->inputs[i]))
            IOPT_TRY(iopt_list_add_input(node, from->inputs[i], err));
    if (op->mins_first) {
        IOPT_TRY(add_ranges(codes, from->n_inputs, 1, node, err));
        IOPT_TRY(add_ranges(codes, from->n_inputs, 2, node, err));
    } else
        for (size_t i = 0; i < from->n_inputs; i++) {
            IOPT_TRY(add_ranges(codes + i, 1, 1, node, err));
            IOPT_TRY(add_ranges(codes + i, 1, 2, node, err));
        }
    for (size_t i = 0; i < from->n_inputs; i++)
        if (iopt_gtt_is_control(from->inputs[i]) && !codes[i])
            IOPT_TRY(iopt_list_add_input(node, from->inputs[i], err));
    return IOPT_OK;
}

/* Two constants, min and max of the fallback range. */
static IoptStatus add_fallback(const char *sums, IoptRange range, const char *min, const char *max,
                               IoptNodeList *made, IoptError *err)
{
    IoptListNode *node;

    if (!min || !max)
        return iopt_fail_memory(err, strlen(sums));
    IOPT_TRY(iopt_gtt_add_const_f32(made, min, range.min, &node, err));
    return iopt_gtt_add_const_f32(made, max, range.max, &node, err);
}

/* name = RequantizationRange(sums) */
static IoptStatus add_measured(const char *sums, const char *name, IoptNodeList *made,
                               IoptError *err)
{
    IoptListNode *node;

    IOPT_TRY(iopt_gtt_add_node(made, "RequantizationRange", name, NULL, 0, &node, err));
    IOPT_TRY(iopt_node_set_type(node->node, "Tinput", IOPT_QI32, err));
    for (int port = 0; port < 3; port++)
        IOPT_TRY(iopt_gtt_add_inputf(node, err, "%s:%d", sums, port));
    return IOPT_OK;
}

/* sums/requantize turns sums of 32 bits into codes of eight. */
static IoptStatus add_shrunk(const IoptGttQuantize *settings, const char *sums,
                             const char *requantize, IoptNodeList *made, IoptError *err)
{
    IoptArena *const arena = made->carrier->arena;
    const char *min, *max;

    if (settings->has_fallback) {
        min = iopt_arena_printf(arena, "%s/fallback_min", sums);
        max = iopt_arena_printf(arena, "%s/fallback_max", sums);
        IOPT_TRY(add_fallback(sums, settings->fallback, min, max, made, err));
    } else {
        IOPT_TRY(add_measured(sums, iopt_arena_printf(arena, "%s/requant_range", sums), made, err));
        min = iopt_arena_printf(arena, "%s/requant_range:0", sums);
        max = iopt_arena_printf(arena, "%s/requant_range:1", sums);
    }
    return iopt_gtt_add_requantize(made, requantize, sums, min, max, err);
}

static IoptStatus build(const IoptGttQuantize *settings, const QuantizedOp *op,
                        const IoptListNode *node, const char **codes, IoptNodeList *made,
                        IoptError *err)
{
    IoptArena *const arena = made->carrier->arena;
    const char *const name = node->node->name;
    const char *const quantized = iopt_arena_printf(arena, "%s/eightbit", name);
    const char *const requantize = iopt_arena_printf(arena, "%s/eightbit/requantize", name);

    if (!quantized || !requantize)
        return iopt_fail_memory(err, strlen(name));
    IOPT_TRY(add_all_codes(op, node, settings->context->strict_compat, codes, made, err));
    IOPT_TRY(add_quantized(op, node, codes, quantized, made, err));
    if (op->sums)
        IOPT_TRY(add_shrunk(settings, quantized, requantize, made, err));
    return iopt_gtt_add_dequantize_of(made, name, op->sums ? requantize : quantized, err);
}

static IoptStatus generate(const IoptGttSite *site, void *user, IoptNodeList *made, IoptError *err)
{
    const IoptGttQuantize *const *const settings = user;
    const IoptListNode *const node = site->match->node;
    const QuantizedOp *const op = find_op(node->node->op);
    IoptListNode *copy;
    void *codes;
    bool applies;

    IOPT_TRY(all_float(op, node, site->context->strict_compat, &applies, err));
    if (!applies || iopt_map_get((*settings)->stays, node->node->name))
        return iopt_list_add_copy(made, node, &copy, err);
    IOPT_TRY(iopt_alloc(&codes, node->n_inputs, sizeof(char *), err));
    const IoptStatus status = build(*settings, op, node, codes, made, err);
    free(codes);
    return status;
}

/* "Add|AvgPool|..." without the ignored ones. */
static IoptStatus list_ops(const IoptGttQuantize *settings, char **out, IoptError *err)
{
    const IoptGttParam *const ignored = settings->ignored;
    IoptText text = { 0 };

    iopt_text_append(&text, "", 0);
    for (size_t i = 0; i < IOPT_COUNT(quantized_ops); i++) {
        const char *const op = quantized_ops[i].op;
        if (quantized_ops[i].quantized && !settings->extended)
            continue;
        if (!ignored || !iopt_gtt_contains(ignored->values, ignored->n_values, op))
            iopt_text_printf(&text, "%s%s", text.size ? "|" : "", op);
    }
    return iopt_text_finish(&text, out, err);
}

IoptStatus iopt_gtt_quantize_ops(const IoptNodeList *in, const IoptGttQuantize *settings,
                                 IoptNodeList **out, IoptError *err)
{
    char *ops;

    *out = NULL;
    IOPT_TRY(list_ops(settings, &ops, err));
    const IoptGttPattern pattern = { .op = ops };
    const IoptGttRule rule = { .pattern = &pattern, .generate = generate, .user = &settings };
    const IoptStatus status = iopt_gtt_replace(in, settings->context, &rule, out, err);
    free(ops);
    return status;
}
