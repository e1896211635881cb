/* quantize_nodes(extended=true): newer spellings of what has a form on codes, and care for what has
 * none.
 *
 *   AddV2(x, y)                ->  Add(x, y)
 *   ConcatV2(values..., axis)  ->  Concat(axis, values...), the axis counted from the front
 *   FakeQuant(x, min, max)     ->  FakeQuant(x, nudged min, nudged max), where zero lay outside
 *
 * Nodes that would compute something else on codes stay float, and the log says why: other data
 * formats, dilations, paddings, half pixel centers, broadcasts that TensorFlow's kernels refuse.
 */
#include <math.h>

#include "base/compiler.h"
#include "ops/infer.h"
#include "passes/gtt/gtt_build.h"
#include "passes/gtt/gtt_names.h"
#include "passes/gtt/gtt_op_def.h"
#include "passes/gtt/gtt_quantize.h"

static const char quantizable[] = "Add|AddV2|AvgPool|BiasAdd|Concat|ConcatV2|Conv2D|"
                                  "DepthwiseConv2dNative|FakeQuantWithMinMaxVars|MatMul|MaxPool|"
                                  "Mul|Relu|Relu6|Reshape|ResizeBilinear";

/* --- what stays float ------------------------------------------------------------------------- */

static bool all_ones(const IoptNode *node, const char *name)
{
    const int64_t *values;
    const size_t n = iopt_attr_ints(node, name, &values);

    for (size_t i = 0; i < n; i++)
        if (values[i] != 1)
            return false;
    return true;
}

/* What the attributes ask for and the op on codes cannot give; NULL: nothing. */
static const char *unable(const IoptNode *node)
{
    const char *const padding = iopt_attr_string(node, "padding", "SAME");
    const int64_t *strides;
    const size_t n_strides = iopt_attr_ints(node, "strides", &strides);

    if (strcmp(iopt_attr_string(node, "data_format", "NHWC"), "NHWC") != 0)
        return "its data format";
    if (strcmp(padding, "SAME") != 0 && strcmp(padding, "VALID") != 0)
        return "explicit paddings";
    if (!all_ones(node, "dilations"))
        return "dilations";
    if (iopt_is_op(node, "Conv2D") && n_strides == 4 && strides[1] != strides[2])
        return "two different strides";
    if (iopt_attr_bool(node, "half_pixel_centers", false))
        return "half pixel centers";
    if (iopt_is_op(node, "FakeQuantWithMinMaxVars") && iopt_attr_int(node, "num_bits", 8) != 8)
        return "other than eight bits";
    return NULL;
}

/* The dimensions without leading ones. */
static const int64_t *strip_ones(const IoptShape *shape, int *rank)
{
    const int64_t *dims = shape->dim;

    for (*rank = shape->rank; *rank > 0 && *dims == 1; dims++)
        --*rank;
    return dims;
}

/* Whether QuantizedAdd and QuantizedMul take these shapes: equal ones, or the smaller one is the
 * end of the larger one. */
static bool may_broadcast(const IoptFact *a, const IoptFact *b)
{
    int a_rank, b_rank;

    if (a->shape.rank < 0 || b->shape.rank < 0)
        return false;
    const int64_t *const x = strip_ones(&a->shape, &a_rank);
    const int64_t *const y = strip_ones(&b->shape, &b_rank);
    const int n = a_rank < b_rank ? a_rank : b_rank;
    for (int i = 1; i <= n; i++)
        if (x[a_rank - i] != y[b_rank - i])
            return false;
    return true;
}

/* --- the phase -------------------------------------------------------------------------------- */

typedef struct Extender {
    const IoptGttQuantize *settings;
    IoptGraph *linked; /* with facts; NULL: the list cannot be linked, and nothing is known */
    IoptNodeList *out;
} Extender;

static const IoptNode *facts_of(const Extender *e, const char *name)
{
    return e->linked ? iopt_graph_find(e->linked, name) : NULL;
}

static IoptStatus stay(Extender *e, const IoptListNode *node, const char *why, IoptError *err)
{
    iopt_gtt_say(e->settings->context, "%s '%s' stays float: %s", node->node->op, node->node->name,
                 why);
    return iopt_map_set(e->settings->stays, node->node->name, (void *)(uintptr_t)why, err);
}

/* Whether an Add or Mul may become codes. */
static bool is_sum_for_codes(const Extender *e, const IoptListNode *node)
{
    const IoptNode *const linked = facts_of(e, node->node->name);

    if (!linked || linked->n_in != 2)
        return false;
    const IoptFact a = iopt_fact_at(linked->in[0]), b = iopt_fact_at(linked->in[1]);
    return may_broadcast(&a, &b);
}

/* The axis of a concatenation, counted from the front; false: it is not known. */
static bool find_axis(const Extender *e, const IoptListNode *node, bool first, int32_t *out)
{
    const IoptNode *const linked = facts_of(e, node->node->name);
    const IoptTensor *axis;

    if (!linked || linked->n_in < 3) /* of one value nothing is joined */
        return false;
    axis = iopt_const_input(linked, first ? 0 : linked->n_in - 1);
    const IoptFact value = iopt_fact_at(linked->in[first ? 1 : 0]);
    if (!axis || iopt_elems(axis) != 1 || (axis->dtype != IOPT_I32 && axis->dtype != IOPT_I64))
        return false;
    int64_t at = iopt_tensor_get_i64(axis, 0);
    if (at < 0 && value.shape.rank > 0)
        at += value.shape.rank;
    *out = (int32_t)at;
    return at >= 0 && at < IOPT_MAX_RANK;
}

/* X_eightbit/axis, and Concat(X_eightbit/axis, values...) */
static IoptStatus add_concat(Extender *e, const IoptListNode *node, bool first, int32_t axis,
                             IoptError *err)
{
    const char *const name =
        iopt_arena_printf(e->out->carrier->arena, "%s_eightbit/axis", node->node->name);
    const size_t n = iopt_gtt_data_inputs(node);
    IoptTensor *tensor;
    IoptListNode *made;

    if (!name)
        return iopt_fail_memory(err, strlen(node->node->name));
    IOPT_TRY(iopt_tensor_scalar_i32(axis, &tensor, err));
    IOPT_TRY(iopt_gtt_add_const(e->out, name, tensor, &made, err));
    IOPT_TRY(iopt_list_add_copy(e->out, node, &made, err));
    for (size_t i = 1; i < n && !first; i++)
        made->inputs[i] = node->inputs[i - 1];
    made->inputs[0] = name;
    iopt_node_remove_attr(made->node, "Tidx");
    return iopt_list_set_op(made, "Concat", err);
}

static IoptStatus extend_concat(Extender *e, const IoptListNode *node, IoptError *err)
{
    const bool first = iopt_is_op(node->node, "Concat");
    IoptListNode *copy;
    int32_t axis;

    if (find_axis(e, node, first, &axis))
        return add_concat(e, node, first, axis, err);
    IOPT_TRY(iopt_list_add_copy(e->out, node, &copy, err));
    return stay(e, node, "its axis is not known", err);
}

/* --- ranges of FakeQuants --------------------------------------------------------------------- */

/* The range as FakeQuantWithMinMaxVars itself moves it, so that zero is in it. */
static IoptRange nudge(IoptRange range, bool narrow)
{
    const float low = narrow ? 1 : 0, high = 255;
    const float step = (range.max - range.min) / (high - low);
    const float zero = roundf(fminf(fmaxf(low - range.min / step, low), high));

    return (IoptRange){ (low - zero) * step, (high - zero) * step };
}

static bool read_float(const Extender *e, const IoptListNode *node, size_t slot, float *out)
{
    const IoptNode *const linked = facts_of(e, node->node->name);
    const IoptTensor *const value = linked ? iopt_const_input(linked, slot) : NULL;

    if (!value || value->dtype != IOPT_F32 || iopt_elems(value) != 1)
        return false;
    *out = *iopt_f32(value);
    return true;
}

static IoptStatus add_nudged(Extender *e, const IoptListNode *node, IoptRange range, IoptError *err)
{
    IoptArena *const arena = e->out->carrier->arena;
    const char *const min = iopt_arena_printf(arena, "%s_eightbit/min", node->node->name);
    const char *const max = iopt_arena_printf(arena, "%s_eightbit/max", node->node->name);
    IoptListNode *made;

    if (!min || !max)
        return iopt_fail_memory(err, strlen(node->node->name));
    IOPT_TRY(iopt_gtt_add_const_f32(e->out, min, range.min, &made, err));
    IOPT_TRY(iopt_gtt_add_const_f32(e->out, max, range.max, &made, err));
    IOPT_TRY(iopt_list_add_copy(e->out, node, &made, err));
    made->inputs[1] = min;
    made->inputs[2] = max;
    return IOPT_OK;
}

static IoptStatus extend_fake_quant(Extender *e, const IoptListNode *node, IoptError *err)
{
    IoptListNode *copy;
    IoptRange range;

    if (read_float(e, node, 1, &range.min) && read_float(e, node, 2, &range.max)) {
        if (range.max > range.min && isfinite(range.max - range.min))
            return range.min <= 0 && range.max >= 0
                       ? iopt_list_add_copy(e->out, node, &copy, err)
                       : add_nudged(e, node,
                                    nudge(range, iopt_attr_bool(node->node, "narrow_range", false)),
                                    err);
        IOPT_TRY(stay(e, node, "its range is empty", err));
    }
    return iopt_list_add_copy(e->out, node, &copy, err);
}

static IoptStatus extend_node(Extender *e, const IoptListNode *node, IoptError *err)
{
    const IoptGttParam *const ignored = e->settings->ignored;
    const char *const op = node->node->op, *why = NULL;
    IoptListNode *copy;

    if (!iopt_op_in(op, quantizable) ||
        (ignored && iopt_gtt_contains(ignored->values, ignored->n_values, op)))
        return iopt_list_add_copy(e->out, node, &copy, err);
    if ((why = unable(node->node)) == NULL && iopt_op_in(op, "Add|AddV2|Mul") &&
        !is_sum_for_codes(e, node))
        why = "its shapes are not known to fit";
    if (!why && iopt_op_in(op, "Concat|ConcatV2"))
        return extend_concat(e, node, err);
    if (!why && iopt_is_op(node->node, "FakeQuantWithMinMaxVars"))
        return extend_fake_quant(e, node, err);
    IOPT_TRY(iopt_list_add_copy(e->out, node, &copy, err));
    if (why)
        return stay(e, node, why, err);
    if (iopt_is_op(node->node, "AddV2") && iopt_attr_type(node->node, "T", IOPT_F32) == IOPT_F32)
        IOPT_TRY(iopt_list_set_op(copy, "Add", err));
    return iopt_op_def_add_defaults(iopt_op_def_find(copy->node->op), copy, err);
}

IoptStatus iopt_gtt_extend(const IoptNodeList *in, const IoptGttQuantize *settings,
                           IoptNodeList **out, IoptError *err)
{
    const IoptInferOptions options = { .fold = true };
    IoptStatus status = IOPT_OK;
    Extender e = { .settings = settings };

    *out = NULL;
    if (!settings->extended)
        return iopt_list_clone(in, out, err);
    if (iopt_list_link(in, &e.linked, NULL) == IOPT_OK &&
        iopt_graph_infer(e.linked, &options, NULL) != IOPT_OK) {
        iopt_graph_destroy(e.linked);
        e.linked = NULL;
    }
    IOPT_DO(iopt_list_create(in, &e.out, err));
    for (size_t i = 0; i < in->n_nodes; i++)
        IOPT_DO(extend_node(&e, in->nodes[i], err));
    *out = e.out;
    e.out = NULL;
done:
    iopt_list_destroy(e.out);
    iopt_graph_destroy(e.linked);
    return status;
}
