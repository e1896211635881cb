/* fake_quantize_training: what convolutions and products read passes a FakeQuantWithMinMaxVars,
 * so that a training learns with eight-bit values.
 *
 * The range of a value S is known where an op bounds it (Relu6, Sigmoid, Tanh); else it is a moving
 * average of what training shows:
 *
 *     min      = Min(S, all axes)
 *     average  = Variable, which the first run sets to min and each later one moves towards it:
 *     Assign(average, first run ? min : average - (average - min) * (1 - decay))
 *
 * Names, all below S/: Min, Min/Variable, Min/EMA/..., the same for Max, Decay, ReductionAxes/...,
 * FakeQuantWithMinMaxVars.  Gradients stay as they are, and so does the graph's saver: a graph that
 * has one is refused, since the averages would be missing in its checkpoints.
 *
 *   source  the experimental transform of this name in TensorFlow 1.3
 */
#include "base/compiler.h"
#include "base/text.h"
#include "passes/gtt/gtt_build.h"
#include "passes/gtt/gtt_names.h"
#include "passes/gtt/gtt_quantize.h"
#include "tensor/tensor.h"

static const float decay = 0.999f;

/* Nodes are appended to `made`; a failure sticks in `status`, and nothing is added any more. */
typedef struct Builder {
    IoptNodeList *made;
    const char *scope; /* of the names */
    IoptStatus status;
    IoptError *err;
} Builder;

/* "scope/name" */
static const char *scoped(const Builder *builder, const char *name)
{
    return iopt_arena_printf(builder->made->carrier->arena, "%s/%s", builder->scope, name);
}

/* Adds scope/name = op(a, b, c), of which the last ones may be NULL; gives its name. */
static const char *add(Builder *builder, IoptListNode **out, const char *op, const char *name,
                       const char *a, const char *b, const char *c)
{
    const char *const inputs[] = { a, b, c };
    const size_t n = !a ? 0 : !b ? 1 : !c ? 2 : 3;

    if (builder->status == IOPT_OK)
        builder->status = iopt_gtt_add_node(builder->made, op, scoped(builder, name), inputs, n,
                                            out, builder->err);
    return builder->status == IOPT_OK ? (*out)->node->name : "";
}

/* The same, with a type attribute. */
static const char *add_typed(Builder *builder, const char *op, const char *attr, IoptDType type,
                             const char *name, const char *a, const char *b, const char *c)
{
    IoptListNode *node;
    const char *const full = add(builder, &node, op, name, a, b, c);

    if (builder->status == IOPT_OK)
        builder->status = iopt_node_set_type(node->node, attr, type, builder->err);
    return full;
}

static const char *add_float(Builder *builder, const char *name, float value)
{
    const char *const full = scoped(builder, name);
    IoptListNode *node;

    if (builder->status == IOPT_OK)
        builder->status =
            full ? iopt_gtt_add_const_f32(builder->made, full, value, &node, builder->err)
                 : iopt_fail_memory(builder->err, strlen(name));
    return builder->status == IOPT_OK ? full : "";
}

static const char *add_int(Builder *builder, const char *name, int32_t value)
{
    const char *const full = scoped(builder, name);
    IoptTensor *tensor;
    IoptListNode *node;

    if (builder->status == IOPT_OK)
        builder->status = full ? iopt_tensor_scalar_i32(value, &tensor, builder->err)
                               : iopt_fail_memory(builder->err, strlen(name));
    if (builder->status == IOPT_OK)
        builder->status = iopt_gtt_add_const(builder->made, full, tensor, &node, builder->err);
    return builder->status == IOPT_OK ? full : "";
}

static const char *with_port_1(const Builder *builder, const char *name)
{
    return iopt_arena_printf(builder->made->carrier->arena, "%s:1", name);
}

/* --- ranges ---------------------------------------------------------------------------------- */

typedef struct Range {
    bool given;
    float min, max;
} Range;

/* The range that the op behind an input keeps to; ops that only move values are looked through. */
static Range find_range(const IoptMap *index, const char *input)
{
    static const struct {
        const char *op;
        Range range;
    } bounded[] = { { "Relu6", { true, 0, 6 } },
                    { "Sigmoid", { true, 0, 1 } },
                    { "Tanh", { true, -1, 1 } } };
    static const char movers[] = "Identity|MaxPool|AvgPool|MaxPool3D|AvgPool3D|Reshape|ConcatV2";
    const IoptListNode *node = iopt_gtt_source(index, input);

    /* The bound on the steps ends a walk in a circle. */
    for (size_t steps = index->count; node && steps > 0; steps--) {
        for (size_t i = 0; i < IOPT_COUNT(bounded); i++)
            if (iopt_is_op(node->node, bounded[i].op))
                return bounded[i].range;
        if (!iopt_op_in(node->node->op, movers) || !node->n_inputs)
            break;
        node = iopt_gtt_source(index, node->inputs[0]);
    }
    return (Range){ 0 };
}

/* The axes of a value, as Range(0, Rank(value), 1). */
static const char *add_axes(Builder *builder, const char *value)
{
    const char *const start = add_int(builder, "ReductionAxes/RangeStart", 0);
    const char *const delta = add_int(builder, "ReductionAxes/RangeDelta", 1);
    const char *const end =
        add_typed(builder, "Rank", "T", IOPT_F32, "ReductionAxes/InputRank", value, NULL, NULL);

    return add_typed(builder, "Range", "Tidx", IOPT_I32, "ReductionAxes/ReductionAxes", start, end,
                     delta);
}

/* A variable without dimensions. */
static const char *add_variable(Builder *builder)
{
    const IoptShape scalar = iopt_shape_scalar();
    IoptListNode *node;
    const char *const name = add(builder, &node, "VariableV2", "Variable", NULL, NULL, NULL);

    if (builder->status == IOPT_OK)
        builder->status = iopt_node_set_shape(node->node, "shape", &scalar, builder->err);
    if (builder->status == IOPT_OK)
        builder->status = iopt_node_set_type(node->node, "dtype", IOPT_F32, builder->err);
    return name;
}

/* variable - (variable - value) * (1 - decay) */
static const char *add_average(Builder *b, const char *variable, const char *value,
                               const char *factor)
{
    const char *const one = add_float(b, "EMA/OneConst", 1);
    const char *const complement =
        add_typed(b, "Sub", "T", IOPT_F32, "EMA/DecayComplement", one, factor, NULL);
    const char *const difference =
        add_typed(b, "Sub", "T", IOPT_F32, "EMA/ValueDiff", variable, value, NULL);
    const char *const update =
        add_typed(b, "Mul", "T", IOPT_F32, "EMA/UpdateValue", difference, complement, NULL);

    return add_typed(b, "Sub", "T", IOPT_F32, "EMA/EMAValue", variable, update, NULL);
}

/* The moving average of Min or Max over the axes of a value. */
static const char *add_bound(const Builder *outer, const char *op, const char *value,
                             const char *axes, const char *factor, IoptStatus *status)
{
    Builder inner = *outer, *const b = &inner;
    IoptListNode *node;
    const char *const extreme = add(b, &node, op, op, value, axes, NULL);

    if (b->status == IOPT_OK)
        b->status = iopt_node_set_type(node->node, "T", IOPT_F32, b->err);
    b->scope = extreme;
    const char *const variable = add_variable(b);
    const char *const initialized = add_typed(b, "IsVariableInitialized", "dtype", IOPT_F32,
                                              "IsInitialized", variable, NULL, NULL);
    const char *const branch =
        add_typed(b, "Switch", "T", IOPT_F32, "Switch", extreme, initialized, NULL);
    const char *const average = add_average(b, variable, with_port_1(b, branch), factor);
    const char *const merged = add(b, &node, "Merge", "Merge", branch, average, NULL);
    if (b->status == IOPT_OK)
        b->status = iopt_node_set_type(node->node, "T", IOPT_F32, b->err);
    if (b->status == IOPT_OK)
        b->status = iopt_node_set_int(node->node, "N", 2, b->err);
    const char *const assigned =
        add_typed(b, "Assign", "T", IOPT_F32, "AssignValue", variable, merged, NULL);
    *status = b->status;
    return assigned;
}

/* --- the FakeQuant --------------------------------------------------------------------------- */

/* The node that an input is to read: made when it is asked for the first time. */
static IoptStatus add_fake_quant(IoptNodeList *made, const char *input, Range range,
                                 const char *name, IoptError *err)
{
    const IoptGttName from = iopt_gtt_split(input);
    Builder b = { .made = made, .err = err };
    const char *min, *max;
    IoptListNode *node;

    b.scope = iopt_arena_copy(made->carrier->arena, from.node.data, from.node.size);
    if (!b.scope)
        return iopt_fail_memory(err, from.node.size);
    if (range.given) {
        min = add_float(&b, "InputMin", range.min);
        max = add_float(&b, "InputMax", range.max);
    } else {
        const char *const factor = add_float(&b, "Decay", decay);
        const char *const axes = add_axes(&b, input);
        min = add_bound(&b, "Min", input, axes, factor, &b.status);
        max = add_bound(&b, "Max", input, axes, factor, &b.status);
    }
    (void)add(&b, &node, "FakeQuantWithMinMaxVars", name, input, min, max);
    IOPT_TRY(b.status);
    IOPT_TRY(iopt_node_set_int(node->node, "num_bits", 8, err));
    return iopt_node_set_bool(node->node, "narrow_range", false, err);
}

/* Inputs of one node share one FakeQuant, as they share its names. */
static IoptStatus convert_input(const IoptNodeList *in, const IoptMap *index, IoptMap *done,
                                IoptListNode *node, size_t i, IoptNodeList *made, IoptError *err)
{
    IoptArena *const arena = in->carrier->arena;
    const IoptListNode *const from = iopt_gtt_source(index, node->inputs[i]);
    const char *const name = "FakeQuantWithMinMaxVars";

    if (!from)
        return IOPT_OK; /* the driver tells of it */
    char *fake = iopt_map_get(done, from->node->name);
    if (!fake) {
        fake = iopt_arena_printf(arena, "%s/%s", from->node->name, name);
        if (!fake)
            return iopt_fail_memory(err, strlen(from->node->name));
        IOPT_TRY(
            add_fake_quant(made, node->inputs[i], find_range(index, node->inputs[i]), name, err));
        IOPT_TRY(iopt_map_set(done, from->node->name, fake, err));
    }
    return iopt_list_set_input(node, i, fake, err);
}

static IoptStatus convert(const IoptNodeList *in, const IoptMap *index, IoptMap *done,
                          IoptNodeList *made, IoptError *err)
{
    for (size_t i = 0; i < in->n_nodes; i++) {
        const IoptListNode *const node = in->nodes[i];
        if (iopt_is_op(node->node, "SaveV2"))
            return iopt_fail(err, IOPT_UNSUPPORTED,
                             "SaveV2 '%s': its checkpoints would lack the moving averages",
                             node->node->name);
        if (!iopt_op_in(node->node->op, "Conv2D|MatMul") ||
            iopt_has_prefix(node->node->name, "gradients"))
            continue;
        for (size_t k = 0; k < node->n_inputs; k++)
            if (!iopt_gtt_is_control(node->inputs[k]))
                IOPT_TRY(convert_input(in, index, done, made->nodes[i], k, made, err));
    }
    return IOPT_OK;
}

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptMap index = { 0 }, done = { 0 };
    IoptNodeList *made = NULL;

    (void)context;
    *out = NULL;
    IOPT_DO(iopt_gtt_index(in, &index, err));
    IOPT_DO(iopt_list_clone(in, &made, err));
    IOPT_DO(convert(in, &index, &done, made, err));
    *out = made;
    made = NULL;
done:
    iopt_list_destroy(made);
    iopt_map_free(&index);
    iopt_map_free(&done);
    return status;
}

const IoptTransform iopt_transform_fake_quantize_training = {
    .name = "fake_quantize_training",
    .brief = "insert FakeQuant with moving averages before convolutions, for training",
    .historic = true,
    .run = run
};
