/* training_flags: is_training, phase_train, learning_phase and keep_prob that nobody feeds take the
 * value they have at inference.
 *
 *   in         PlaceholderWithDefault that is not fed: its default; Placeholder, scalar bool, whose
 *              name speaks of training: false; scalar float whose name is keep_prob (1) or dropout
 *              rate (0)
 *   exactness  same bits: the graph could not run without that value
 */
#include "passes/training_flags.h"

#include <ctype.h>
#include <stdio.h>

#include "base/text.h"

static bool contains(const char *text, const char *part)
{
    const size_t size = strlen(part);

    for (; strlen(text) >= size; text++) {
        size_t same = 0;
        while (same < size && tolower((unsigned char)text[same]) == part[same])
            same++;
        if (same == size)
            return true;
    }
    return false;
}

static bool is_scalar(const IoptNode *node)
{
    const IoptAttr *const shape = iopt_attr(node, "shape");
    return !shape || shape->kind != IOPT_ATTR_SHAPE || shape->u.shape.rank <= 0;
}

/* Whether a placeholder is such a flag, and its value at inference. */
static bool guess(const IoptNode *node, double *value)
{
    const IoptDType dtype = iopt_attr_type(node, "dtype", IOPT_DTYPE_NONE);

    if (!iopt_op_in(node->op, "Placeholder|PlaceholderV2") || !is_scalar(node))
        return false;
    if (dtype == IOPT_BOOL || dtype == IOPT_I32 || dtype == IOPT_I64) {
        *value = 0;
        return contains(node->name, "train") || contains(node->name, "learning_phase");
    }
    if (dtype != IOPT_F32)
        return false;
    *value = contains(node->name, "keep_prob");
    return *value != 0 || contains(node->name, "dropout_rate") || contains(node->name, "drop_rate");
}

bool iopt_is_training_flag(const IoptNode *node)
{
    double value;
    return guess(node, &value);
}

IoptStatus iopt_placeholder_set(IoptNode *node, double value, IoptError *err)
{
    IoptGraph *const graph = node->graph;
    const IoptDType dtype = iopt_attr_type(node, "dtype", IOPT_F32);
    const IoptShape scalar = iopt_shape_scalar();
    const char *const name = node->name;
    IoptTensor *tensor;
    IoptNode *constant;
    size_t kept = 0;

    if (!iopt_op_in(node->op, "Placeholder|PlaceholderV2|PlaceholderWithDefault"))
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "cannot set '%s' to a value: it is %s, not a placeholder", name, node->op);
    if (!iopt_dtype_bytes(dtype) || dtype == IOPT_STRING || !is_scalar(node))
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "cannot set '%s' to a value: it is %s, not a scalar number", name,
                         iopt_dtype_name(dtype));
    for (size_t i = 0; i < graph->n_inputs; i++)
        if (graph->inputs[i].node != node)
            graph->inputs[kept++] = graph->inputs[i];
    graph->n_inputs = kept;
    IOPT_TRY(iopt_tensor_create(dtype, &scalar, &tensor, err));
    iopt_tensor_set_f64(tensor, 0, value);
    const char *const temporary = iopt_graph_unique_name(graph, name);
    if (!temporary) {
        iopt_tensor_destroy(tensor);
        return iopt_fail_memory(err, strlen(name));
    }
    IOPT_TRY(iopt_graph_add_const(graph, temporary, tensor, &constant, err));
    IOPT_TRY(iopt_graph_replace_value((IoptValue){ node, 0 }, (IoptValue){ constant, 0 }, err));
    IOPT_TRY(iopt_graph_replace_control(node, constant, err));
    iopt_graph_remove(node);
    iopt_graph_compact(graph);
    return iopt_graph_rename(constant, name, err);
}

/* A default that nobody overrides is an Identity of it. */
static IoptStatus take_defaults(IoptGraph *graph, size_t *changes, IoptError *err)
{
    for (size_t i = 0; i < graph->n_nodes; i++) {
        IoptNode *const node = graph->nodes[i];
        if (!iopt_is_op(node, "PlaceholderWithDefault") || iopt_is_input(node) || node->n_in != 1)
            continue;
        const IoptDType dtype = iopt_attr_type(node, "dtype", IOPT_F32);
        node->op = "Identity";
        iopt_node_remove_attr(node, "dtype");
        iopt_node_remove_attr(node, "shape");
        IOPT_TRY(iopt_node_set_type(node, "T", dtype, err));
        ++*changes;
    }
    return IOPT_OK;
}

IoptStatus iopt_training_flags_default(IoptGraph *graph, char *notice, size_t notice_bytes,
                                       size_t *changes, IoptError *err)
{
    double value = 0;

    notice[0] = 0;
    for (size_t i = graph->n_nodes; i-- > 0;) {
        IoptNode *const node = graph->nodes[i];
        if (iopt_is_input(node) || !guess(node, &value))
            continue;
        const size_t used = strlen(notice);
        (void)snprintf(notice + used, notice_bytes - used, "%s%s=%g", used ? ", " : "", node->name,
                       value);
        IOPT_TRY(iopt_placeholder_set(node, value, err));
        ++*changes;
    }
    return IOPT_OK;
}

static IoptStatus run(IoptGraph *graph, IoptPassContext *context, IoptError *err)
{
    IOPT_TRY(iopt_training_flags_default(graph, context->skip_text, sizeof context->skip_text,
                                         &context->changes, err));
    return take_defaults(graph, &context->changes, err);
}

const IoptPass iopt_pass_training_flags = {
    .name = "training_flags",
    .brief = "give is_training, keep_prob and other defaults their value at inference",
    .exactness = IOPT_SAME_BITS,
    .run = run,
};
