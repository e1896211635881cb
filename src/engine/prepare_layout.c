/* NCHW graphs run in NHWC: the kernels know one layout.
 *
 * Walks the nodes in order.  A convolution, pooling, BiasAdd or batch norm in NCHW is turned into
 * NHWC, and so its value is NHWC where its readers still expect NCHW ("turned").  A reader that can
 * do the same in the other order is turned as well; any other gets a Transpose back.  What a
 * Transpose made of NHWC is taken from before it.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/prepare.h"
#include "ops/op.h"

enum { RANK = 4 };

static const int32_t to_nhwc[RANK] = { 0, 2, 3, 1 }, to_nchw[RANK] = { 0, 3, 1, 2 };
static const int nhwc_axis[RANK] = { 0, 3, 1, 2 }; /* of an NCHW axis */

typedef struct Layout {
    IoptGraph *graph;
    size_t n;        /* nodes that were there at first */
    bool *turned;    /* by node->index: output 0 is NHWC now */
    IoptNode **nhwc; /* by node->index: the Transpose of output 0 to NHWC, or NULL */
    IoptNode **nchw; /* by node->index: the Transpose back of a turned value, or NULL */
} Layout;

static bool is_turned(const Layout *t, IoptValue value)
{
    return value.port == 0 && value.node->index < t->n && t->turned[value.node->index];
}

static IoptStatus add_vector(Layout *t, const char *base, const int32_t *values, size_t count,
                             IoptNode **out, IoptError *err)
{
    const char *const name = iopt_graph_unique_name(t->graph, base);
    IoptTensor *tensor;

    if (!name)
        return iopt_fail_memory(err, strlen(base));
    IOPT_TRY(iopt_tensor_vector_i32(values, count, &tensor, err));
    return iopt_graph_add_const(t->graph, name, tensor, out, err);
}

static IoptStatus add_transpose(Layout *t, IoptValue x, const int32_t perm[RANK], IoptNode **out,
                                IoptError *err)
{
    const char *const name = iopt_graph_unique_name(t->graph, x.node->name);
    IoptNode *order;

    if (!name)
        return iopt_fail_memory(err, strlen(x.node->name));
    IOPT_TRY(add_vector(t, "layout", perm, RANK, &order, err));
    IOPT_TRY(iopt_graph_add(t->graph, name, "Transpose", out, err));
    IOPT_TRY(iopt_node_add_input(*out, x, err));
    IOPT_TRY(iopt_node_add_input(*out, (IoptValue){ order, 0 }, err));
    IOPT_TRY(iopt_node_set_type(*out, "T", iopt_fact_at(x).dtype, err));
    return iopt_node_set_type(*out, "Tperm", IOPT_I32, err);
}

static bool is_transpose(const IoptNode *node, const int32_t perm[RANK])
{
    int64_t order[RANK];
    size_t count;

    if (!iopt_is_op(node, "Transpose") || node->n_in != 2)
        return false;
    const IoptFact fact = iopt_fact_at(node->in[1]);
    if (!iopt_fact_ints(&fact, order, RANK, &count) || count != RANK)
        return false;
    for (size_t i = 0; i < RANK; i++)
        if (order[i] != perm[i])
            return false;
    return true;
}

/* The NHWC form of an NCHW value. */
static IoptStatus nhwc_of(Layout *t, IoptValue value, IoptValue *out, IoptError *err)
{
    IoptNode *made;

    *out = value;
    if (is_turned(t, value))
        return IOPT_OK;
    if (is_transpose(value.node, to_nchw)) {
        *out = value.node->in[0];
        return IOPT_OK;
    }
    const bool cached = value.port == 0 && value.node->index < t->n;
    made = cached ? t->nhwc[value.node->index] : NULL;
    if (!made)
        IOPT_TRY(add_transpose(t, value, to_nhwc, &made, err));
    if (cached)
        t->nhwc[value.node->index] = made;
    *out = (IoptValue){ made, 0 };
    return IOPT_OK;
}

/* The NCHW form of a turned value, for a reader that wants nothing else. */
static IoptStatus nchw_of(Layout *t, IoptValue value, IoptValue *out, IoptError *err)
{
    IoptNode **const made = &t->nchw[value.node->index];

    if (!*made)
        IOPT_TRY(add_transpose(t, value, to_nchw, made, err));
    *out = (IoptValue){ *made, 0 };
    return IOPT_OK;
}

static IoptStatus turn_input(Layout *t, IoptNode *node, size_t slot, IoptError *err)
{
    IoptValue value;

    IOPT_TRY(nhwc_of(t, node->in[slot], &value, err));
    return iopt_node_set_input(node, slot, value, err);
}

/* --- attributes and constants in the other order ------------------------------------------- */

static IoptStatus turn_list(IoptNode *node, const char *name, size_t each, IoptError *err)
{
    const int64_t *list;
    int64_t turned[2 * RANK];
    const size_t count = iopt_attr_ints(node, name, &list);

    if (count != each * RANK)
        return IOPT_OK; /* absent, or the op's own complaint */
    for (size_t axis = 0; axis < RANK; axis++)
        for (size_t i = 0; i < each; i++)
            turned[(size_t)nhwc_axis[axis] * each + i] = list[axis * each + i];
    return iopt_node_set_ints(node, name, turned, count, err);
}

/* A bit for each axis. */
static IoptStatus turn_mask(IoptNode *node, const char *name, IoptError *err)
{
    const int64_t mask = iopt_attr_int(node, name, 0);
    int64_t turned = 0;

    for (int axis = 0; axis < RANK; axis++)
        if (mask >> axis & 1)
            turned |= (int64_t)1 << nhwc_axis[axis];
    return iopt_node_set_int(node, name, turned, err);
}

/* Whether input `slot` is a known list of `each` small integers per axis. */
static bool known_list(const IoptNode *node, size_t slot, size_t each, int64_t out[2 * RANK])
{
    const IoptFact fact = iopt_fact_at(node->in[slot]);
    size_t count;

    if (!iopt_fact_ints(&fact, out, 2 * RANK, &count) || count != each * RANK)
        return false;
    for (size_t i = 0; i < count; i++)
        if (out[i] < INT32_MIN || out[i] > INT32_MAX)
            return false;
    return true;
}

static IoptStatus turn_constant_list(Layout *t, IoptNode *node, size_t slot, size_t each,
                                     const char *type_attr, IoptError *err)
{
    const IoptShape shape = iopt_fact_at(node->in[slot]).shape;
    int64_t list[2 * RANK];
    int32_t turned[2 * RANK];
    IoptTensor *flat, *tensor;
    IoptNode *constant;

    (void)known_list(node, slot, each, list);
    for (size_t axis = 0; axis < RANK; axis++)
        for (size_t i = 0; i < each; i++)
            turned[(size_t)nhwc_axis[axis] * each + i] = (int32_t)list[axis * each + i];
    IOPT_TRY(iopt_tensor_vector_i32(turned, each * RANK, &flat, err));
    const IoptStatus status = iopt_tensor_reshape(flat, &shape, &tensor, err);
    iopt_tensor_destroy(flat);
    if (status != IOPT_OK)
        return status;
    const char *const name = iopt_graph_unique_name(t->graph, node->in[slot].node->name);
    if (!name) {
        iopt_tensor_destroy(tensor);
        return iopt_fail_memory(err, RANK);
    }
    IOPT_TRY(iopt_graph_add_const(t->graph, name, tensor, &constant, err));
    IOPT_TRY(iopt_node_set_type(node, type_attr, IOPT_I32, err));
    return iopt_node_set_input(node, slot, (IoptValue){ constant, 0 }, err);
}

/* --- ops that can be turned ---------------------------------------------------------------- */

static bool is_image(IoptValue value)
{
    return iopt_fact_at(value).shape.rank == RANK;
}

static bool is_nchw_op(const IoptNode *node)
{
    return node->n_in >= 1 && is_image(node->in[0]) &&
           strcmp(iopt_attr_string(node, "data_format", "NHWC"), "NCHW") == 0 &&
           iopt_op_in(node->op, "Conv2D|DepthwiseConv2dNative|MaxPool|AvgPool|BiasAdd|"
                                "FusedBatchNorm|FusedBatchNormV2|FusedBatchNormV3");
}

static IoptStatus turn_nchw_op(Layout *t, IoptNode *node, IoptError *err)
{
    IOPT_TRY(turn_input(t, node, 0, err));
    IOPT_TRY(iopt_node_set_string(node, "data_format", "NHWC", err));
    IOPT_TRY(turn_list(node, "strides", 1, err));
    IOPT_TRY(turn_list(node, "ksize", 1, err));
    IOPT_TRY(turn_list(node, "dilations", 1, err));
    return turn_list(node, "explicit_paddings", 2, err);
}

/* Whether an input of an elementwise op means the same in the other order, as it is. */
static bool is_scalar(IoptValue value)
{
    const IoptShape shape = iopt_fact_at(value).shape;
    size_t elems;

    return iopt_shape_elems(&shape, &elems) && elems == 1;
}

static bool is_elementwise(const Layout *t, const IoptNode *node)
{
    bool any = false;

    if (!iopt_op_in(node->op,
                    "Relu|Relu6|LeakyRelu|Elu|Selu|Sigmoid|Tanh|Softplus|Exp|Erf|Identity|"
                    "Snapshot|StopGradient|CheckNumerics|Square|Sqrt|Rsqrt|Neg|Abs|Add|AddV2|Sub|"
                    "Mul|RealDiv|Maximum|Minimum|SquaredDifference|AddN|FakeQuantWithMinMaxArgs|"
                    "FakeQuantWithMinMaxVars|QuantizeAndDequantizeV2|QuantizeAndDequantizeV3"))
        return false;
    for (size_t i = 0; i < node->n_in; i++) {
        any |= is_turned(t, node->in[i]);
        if (!is_image(node->in[i]) && !is_scalar(node->in[i]))
            return false;
    }
    return any && node->facts[0].shape.rank == RANK;
}

static IoptStatus turn_images(Layout *t, IoptNode *node, size_t first, size_t count, IoptError *err)
{
    for (size_t i = first; i < first + count; i++)
        if (is_image(node->in[i]))
            IOPT_TRY(turn_input(t, node, i, err));
    return IOPT_OK;
}

static bool is_concat(const Layout *t, const IoptNode *node, int *axis)
{
    int64_t at;
    size_t count;
    bool any = false;

    if (!iopt_is_op(node, "ConcatV2") || node->n_in < 2)
        return false;
    const IoptFact fact = iopt_fact_at(node->in[node->n_in - 1]);
    if (!iopt_fact_ints(&fact, &at, 1, &count) || count != 1 || !iopt_axis(at, RANK, axis))
        return false;
    for (size_t i = 0; i + 1 < node->n_in; i++) {
        any |= is_turned(t, node->in[i]);
        if (!is_image(node->in[i]))
            return false;
    }
    return any;
}

static IoptStatus turn_concat(Layout *t, IoptNode *node, int axis, IoptError *err)
{
    const char *const name = iopt_graph_unique_name(t->graph, "axis");
    IoptTensor *value;
    IoptNode *constant;

    if (!name)
        return iopt_fail_memory(err, RANK);
    IOPT_TRY(turn_images(t, node, 0, node->n_in - 1, err));
    IOPT_TRY(iopt_tensor_scalar_i32(nhwc_axis[axis], &value, err));
    IOPT_TRY(iopt_graph_add_const(t->graph, name, value, &constant, err));
    IOPT_TRY(iopt_node_set_type(node, "Tidx", IOPT_I32, err));
    return iopt_node_set_input(node, node->n_in - 1, (IoptValue){ constant, 0 }, err);
}

/* Mean over height and width. */
static bool is_mean(const Layout *t, const IoptNode *node)
{
    int64_t axes[RANK];
    size_t count;

    if (!iopt_is_op(node, "Mean") || node->n_in != 2 || !is_turned(t, node->in[0]))
        return false;
    const IoptFact fact = iopt_fact_at(node->in[1]);
    if (!iopt_fact_ints(&fact, axes, RANK, &count) || count != 2)
        return false;
    const int64_t a = axes[0] < 0 ? axes[0] + RANK : axes[0];
    const int64_t b = axes[1] < 0 ? axes[1] + RANK : axes[1];
    return (a == 2 && b == 3) || (a == 3 && b == 2);
}

static IoptStatus turn_mean(Layout *t, IoptNode *node, bool *turned, IoptError *err)
{
    static const int32_t axes[] = { 1, 2 };
    IoptNode *constant;

    IOPT_TRY(add_vector(t, "axes", axes, 2, &constant, err));
    IOPT_TRY(iopt_node_set_type(node, "Tidx", IOPT_I32, err));
    *turned = iopt_attr_bool(node, "keep_dims", false); /* else [N, C] is the same in both */
    return iopt_node_set_input(node, 1, (IoptValue){ constant, 0 }, err);
}

static bool is_pad(const Layout *t, const IoptNode *node)
{
    int64_t list[2 * RANK];

    return iopt_op_in(node->op, "Pad|PadV2|MirrorPad") && node->n_in >= 2 &&
           is_turned(t, node->in[0]) && known_list(node, 1, 2, list);
}

/* Every axis has its own begin, end and stride. */
static bool is_strided_slice(const Layout *t, const IoptNode *node)
{
    int64_t list[2 * RANK];

    return iopt_is_op(node, "StridedSlice") && node->n_in == 4 && is_turned(t, node->in[0]) &&
           known_list(node, 1, 1, list) && known_list(node, 2, 1, list) &&
           known_list(node, 3, 1, list) && iopt_attr_int(node, "ellipsis_mask", 0) == 0 &&
           iopt_attr_int(node, "new_axis_mask", 0) == 0 &&
           iopt_attr_int(node, "shrink_axis_mask", 0) == 0;
}

static IoptStatus turn_strided_slice(Layout *t, IoptNode *node, IoptError *err)
{
    for (size_t slot = 1; slot <= 3; slot++)
        IOPT_TRY(turn_constant_list(t, node, slot, 1, "Index", err));
    IOPT_TRY(turn_mask(node, "begin_mask", err));
    return turn_mask(node, "end_mask", err);
}

/* Turns a node if that can be; *turned says whether its value is NHWC then, *done whether its
 * inputs are as it wants them. */
static IoptStatus turn_node(Layout *t, IoptNode *node, bool *turned, bool *done, IoptError *err)
{
    int axis;

    *turned = *done = true;
    if (is_nchw_op(node))
        return turn_nchw_op(t, node, err);
    if (is_elementwise(t, node))
        return turn_images(t, node, 0, node->n_in, err);
    if (is_concat(t, node, &axis))
        return turn_concat(t, node, axis, err);
    if (is_pad(t, node))
        return turn_constant_list(t, node, 1, 2, "Tpaddings", err);
    if (is_strided_slice(t, node))
        return turn_strided_slice(t, node, err);
    if (is_mean(t, node))
        return turn_mean(t, node, turned, err);
    *turned = false;
    if (is_transpose(node, to_nhwc) && is_turned(t, node->in[0])) {
        const IoptValue there = node->in[0];
        node->op = "Identity";
        return iopt_node_set_inputs(node, &there, 1, err);
    }
    *done = false;
    return IOPT_OK;
}

static IoptStatus visit(Layout *t, IoptNode *node, IoptError *err)
{
    bool done;

    IOPT_TRY(turn_node(t, node, &t->turned[node->index], &done, err));
    for (size_t i = 0; !done && i < node->n_in; i++) {
        IoptValue plain;
        if (!is_turned(t, node->in[i]))
            continue;
        IOPT_TRY(nchw_of(t, node->in[i], &plain, err));
        IOPT_TRY(iopt_node_set_input(node, i, plain, err));
    }
    return IOPT_OK;
}

static IoptStatus turn_graph(Layout *t, IoptNode *const *order, IoptError *err)
{
    for (size_t i = 0; i < t->n; i++)
        IOPT_TRY(visit(t, order[i], err));
    for (size_t i = 0; i < t->graph->n_outputs; i++) {
        IoptValue plain;
        if (!is_turned(t, t->graph->outputs[i]))
            continue;
        IOPT_TRY(nchw_of(t, t->graph->outputs[i], &plain, err));
        t->graph->outputs[i] = plain;
    }
    return IOPT_OK;
}

IoptStatus iopt_prepare_layout(IoptGraph *graph, bool *changed, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    Layout t = { .graph = graph, .n = graph->n_nodes };
    IoptNode **order = NULL;

    *changed = false;
    for (size_t i = 0; i < graph->n_nodes; i++)
        *changed |= is_nchw_op(graph->nodes[i]);
    if (!*changed)
        return IOPT_OK;
    IOPT_DO(iopt_graph_order(graph, &order, err));
    IOPT_DO(iopt_alloc((void **)&t.turned, t.n, sizeof *t.turned, err));
    IOPT_DO(iopt_alloc((void **)&t.nhwc, t.n, sizeof *t.nhwc, err));
    IOPT_DO(iopt_alloc((void **)&t.nchw, t.n, sizeof *t.nchw, err));
    IOPT_DO(turn_graph(&t, order, err));
done:
    free(order);
    free(t.turned);
    free(t.nhwc);
    free(t.nchw);
    return status;
}
