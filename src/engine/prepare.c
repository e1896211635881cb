/* Preparing a graph: cut at the inputs, fix shapes, resolve conditions, fold what never changes. */
#include "engine/prepare.h"

#include <stdlib.h>
#include <string.h>

#include "base/knobs.h"
#include "base/text.h"
#include "engine/int8/recognize.h"
#include "ops/infer.h"

static IoptStatus infer(IoptGraph *graph, bool strict, IoptError *err)
{
    const IoptInferOptions options = { .fold = true, .max_fold_bytes = 16384, .strict = strict };

    return iopt_graph_infer(graph, &options, err);
}

static bool is_fed(const IoptGraph *graph, const IoptNode *node)
{
    for (size_t i = 0; i < graph->n_inputs; i++)
        if (graph->inputs[i].node == node)
            return true;
    return false;
}

/* A default that nobody overrides is the value. */
static IoptStatus take_defaults(IoptGraph *graph, IoptError *err)
{
    for (size_t i = 0; i < graph->n_nodes; i++) {
        IoptNode *const node = graph->nodes[i];
        if (!iopt_is_op(node, "PlaceholderWithDefault") || node->n_in != 1 || is_fed(graph, node))
            continue;
        IOPT_TRY(iopt_graph_replace_value((IoptValue){ node, 0 }, node->in[0], err));
        IOPT_TRY(iopt_graph_replace_control(node, node->in[0].node, err));
    }
    return IOPT_OK;
}

/* With no inputs chosen, every Placeholder is one. */
static IoptStatus find_inputs(IoptGraph *graph, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptValue *values = NULL;
    size_t count = 0;

    if (graph->n_inputs)
        return IOPT_OK;
    IOPT_DO(iopt_alloc((void **)&values, graph->n_nodes, sizeof *values, err));
    for (size_t i = 0; i < graph->n_nodes; i++)
        if (iopt_is_op(graph->nodes[i], "Placeholder"))
            values[count++] = (IoptValue){ graph->nodes[i], 0 };
    IOPT_DO(iopt_graph_set_inputs(graph, values, count, err));
done:
    free(values);
    return status;
}

static bool names_input(const char *asked, const char *name)
{
    const size_t size = strlen(asked);

    return strcmp(asked, name) == 0 ||
           (strncmp(asked, name, size) == 0 && strcmp(name + size, ":0") == 0);
}

/* The shape that input `name` gets: what the graph knows, made more precise by the options. */
static IoptStatus wanted_shape(const IoptPlanOptions *options, const char *name, IoptShape *shape,
                               IoptError *err)
{
    for (size_t i = 0; i < options->n_shapes; i++) {
        const IoptShape *const asked = &options->shapes[i].shape;
        if (!names_input(options->shapes[i].name, name))
            continue;
        if (!iopt_shapes_agree(asked, shape))
            return iopt_fail(err, IOPT_INVALID_ARGUMENT, "input '%s': want shape %s; got %s", name,
                             iopt_shape_text(shape).s, iopt_shape_text(asked).s);
        *shape = iopt_shape_merge(shape, asked);
    }
    if (options->batch > 0 && shape->rank > 0 && shape->dim[0] < 0)
        shape->dim[0] = options->batch;
    return IOPT_OK;
}

/* Every shape in the options has to be that of an input. */
static IoptStatus check_shape_names(const IoptPlanOptions *options, const char *const *names,
                                    size_t count, IoptError *err)
{
    for (size_t i = 0; i < options->n_shapes; i++) {
        size_t at = 0;
        while (at < count && !names_input(options->shapes[i].name, names[at]))
            at++;
        if (at == count) {
            const char *const near = iopt_nearest(options->shapes[i].name, names, count);
            return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                             "a shape is given for '%s', which is no input%s%s%s",
                             options->shapes[i].name, near ? "; did you mean '" : "",
                             near ? near : "", near ? "'?" : "");
        }
    }
    return IOPT_OK;
}

/* Input `i` becomes a Placeholder of its final shape. */
static IoptStatus cut_input(IoptGraph *graph, size_t i, const IoptPlanOptions *options,
                            const char *name, IoptError *err)
{
    IoptValue fed = graph->inputs[i];
    IoptFact fact = iopt_fact_at(fed);

    if (!iopt_is_op(fed.node, "Placeholder")) {
        const char *const fresh = iopt_graph_unique_name(graph, fed.node->name);
        IoptNode *node;
        if (!fresh)
            return iopt_fail_memory(err, strlen(fed.node->name));
        if (fact.dtype == IOPT_DTYPE_NONE)
            return iopt_fail(err, IOPT_UNSUPPORTED,
                             "input '%s': the type of %s '%s' is not known; choose another input",
                             name, fed.node->op, fed.node->name);
        IOPT_TRY(iopt_graph_add(graph, fresh, "Placeholder", &node, err));
        IOPT_TRY(iopt_node_set_type(node, "dtype", fact.dtype, err));
        IOPT_TRY(iopt_graph_replace_value(fed, (IoptValue){ node, 0 }, err));
        fed = (IoptValue){ node, 0 };
        graph->inputs[i] = fed;
    }
    IOPT_TRY(wanted_shape(options, name, &fact.shape, err));
    if (fact.shape.rank >= 0)
        IOPT_TRY(iopt_node_set_shape(fed.node, "shape", &fact.shape, err));
    return IOPT_OK;
}

static IoptStatus cut_inputs(IoptGraph *graph, const IoptPlanOptions *options, const char ***out,
                             IoptError *err)
{
    const char **const names = iopt_arena_alloc(graph->arena, graph->n_inputs, sizeof *names);

    if (!names)
        return iopt_fail_memory(err, graph->n_inputs * sizeof *names);
    for (size_t i = 0; i < graph->n_inputs; i++) {
        names[i] = iopt_arena_printf(graph->arena, "%s:%d", graph->inputs[i].node->name,
                                     graph->inputs[i].port);
        if (!names[i])
            return iopt_fail_memory(err, strlen(graph->inputs[i].node->name));
    }
    IOPT_TRY(check_shape_names(options, names, graph->n_inputs, err));
    for (size_t i = 0; i < graph->n_inputs; i++)
        IOPT_TRY(cut_input(graph, i, options, names[i], err));
    *out = names;
    return IOPT_OK;
}

/* Everything that is left has to be something that we can run. */
static IoptStatus check_ops(const IoptGraph *graph, IoptError *err)
{
    for (size_t i = 0; i < graph->n_nodes; i++) {
        const IoptNode *const node = graph->nodes[i];
        if (iopt_is_op(node, "Placeholder")) {
            if (!is_fed(graph, node))
                return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                                 "Placeholder '%s' is needed but not fed: add it to the inputs, or "
                                 "give it a value with --set %s=VALUE",
                                 node->name, node->name);
            continue;
        }
        if (iopt_op_of(node))
            continue;
        size_t count;
        const IoptOp *const *const ops = iopt_ops(&count);
        const char *near = NULL;
        for (size_t k = 0, best = 3; k < count; k++) {
            const size_t distance = iopt_edit_distance(node->op, ops[k]->name, best);
            if (distance < best) {
                best = distance;
                near = ops[k]->name;
            }
        }
        return iopt_fail(err, IOPT_UNSUPPORTED,
                         "op '%s' (node '%s') is not known to this build%s%s%s; choose --inputs "
                         "behind it or --outputs before it, 'summarize' shows where",
                         node->op, node->name, near ? " (the nearest it knows is '" : "",
                         near ? near : "", near ? "')" : "");
    }
    return IOPT_OK;
}

static bool all_known(const IoptNode *node)
{
    for (size_t i = 0; i < node->n_out; i++)
        if (!node->facts[i].value)
            return false;
    return node->n_out > 0;
}

/* Nodes that always give the same become Consts. */
static IoptStatus fold_known(IoptGraph *graph, IoptError *err)
{
    const size_t count = graph->n_nodes;

    for (size_t i = 0; i < count; i++) {
        IoptNode *const node = graph->nodes[i];
        if (iopt_is_op(node, "Const") || !all_known(node) || is_fed(graph, node))
            continue;
        for (size_t port = 0; port < node->n_out; port++) {
            const IoptValue value = { node, (int)port };
            const char *const name = iopt_graph_unique_name(graph, node->name);
            IoptTensor *shared;
            IoptNode *constant;
            if (iopt_value_uses(value) == 0)
                continue;
            if (!name)
                return iopt_fail_memory(err, strlen(node->name));
            IOPT_TRY(iopt_tensor_share(node->facts[port].value, &shared, err));
            IOPT_TRY(iopt_graph_add_const(graph, name, shared, &constant, err));
            IOPT_TRY(iopt_graph_replace_value(value, (IoptValue){ constant, 0 }, err));
        }
    }
    return IOPT_OK;
}

/* What Assert and Print would show is not shown, and need not be computed; strings among it would
 * keep the graph from having a fast plan. */
static IoptStatus drop_messages(IoptGraph *graph, IoptError *err)
{
    for (size_t i = 0; i < graph->n_nodes; i++) {
        IoptNode *const node = graph->nodes[i];
        if (!iopt_op_in(node->op, "Assert|Print") || node->n_in < 2)
            continue;
        const IoptValue first = node->in[0];
        IOPT_TRY(iopt_node_set_inputs(node, &first, 1, err));
    }
    return IOPT_OK;
}

/* An Assert whose condition always holds asks for nothing. */
static void drop_true_asserts(IoptGraph *graph)
{
    for (size_t i = 0; i < graph->n_nodes; i++) {
        IoptNode *const node = graph->nodes[i];
        if (!iopt_is_op(node, "Assert") || node->n_in == 0)
            continue;
        const IoptTensor *const condition = iopt_fact_at(node->in[0]).value;
        if (!condition || iopt_elems(condition) != 1 || !iopt_tensor_get_i64(condition, 0))
            continue;
        while (node->n_uses)
            iopt_node_remove_control(node->uses[0].node, node);
    }
}

static bool wants_integers(const IoptPlanOptions *options)
{
    const char *const knob = iopt_knob("IOPT_INT8");

    return !options->no_integers && !(knob && strcmp(knob, "0") == 0);
}

/* What is quick to compute: one layout, integers where the graph is quantized, constants where it
 * can be. */
static IoptStatus settle_fast(IoptGraph *graph, const IoptPlanOptions *options, IoptPlanInt8 *int8,
                              IoptError *err)
{
    bool changed;

    IOPT_TRY(iopt_prepare_layout(graph, &changed, err));
    if (changed) {
        (void)iopt_graph_sweep(graph);
        IOPT_TRY(infer(graph, true, err));
    }
    if (wants_integers(options))
        IOPT_TRY(iopt_int8_recognize(graph, int8, err));
    IOPT_TRY(iopt_unpack_weights(graph, err));
    IOPT_TRY(fold_known(graph, err));
    (void)iopt_graph_sweep(graph);
    return infer(graph, true, err);
}

/* What nodes read, inference has checked. */
static IoptStatus check_outputs(const IoptGraph *graph, IoptError *err)
{
    for (size_t i = 0; i < graph->n_outputs; i++) {
        const IoptNode *const node = graph->outputs[i].node;
        if ((size_t)graph->outputs[i].port >= node->n_out)
            return iopt_fail(err, IOPT_INVALID_ARGUMENT, "output '%s:%d': %s '%s' has %zu outputs",
                             node->name, graph->outputs[i].port, node->op, node->name, node->n_out);
    }
    return IOPT_OK;
}

static IoptStatus prepare_copy(IoptGraph *graph, const IoptPlanOptions *options,
                               const char ***names, IoptPlanInt8 *int8, IoptError *err)
{
    bool changed = true;

    if (graph->n_outputs == 0)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "the graph has no outputs: choose some");
    IOPT_TRY(take_defaults(graph, err));
    (void)iopt_graph_sweep(graph);
    IOPT_TRY(find_inputs(graph, err));
    IOPT_TRY(infer(graph, false, err));
    IOPT_TRY(cut_inputs(graph, options, names, err));
    IOPT_TRY(drop_messages(graph, err));
    (void)iopt_graph_sweep(graph);
    while (changed) {
        IOPT_TRY(infer(graph, false, err));
        IOPT_TRY(iopt_resolve_control(graph, &changed, err));
        (void)iopt_graph_sweep(graph);
    }
    IOPT_TRY(check_ops(graph, err));
    IOPT_TRY(infer(graph, true, err));
    IOPT_TRY(check_outputs(graph, err));
    drop_true_asserts(graph);
    return options->engine == IOPT_ENGINE_FAST ? settle_fast(graph, options, int8, err) : IOPT_OK;
}

IoptStatus iopt_prepare(const IoptGraph *graph, const IoptPlanOptions *options, IoptGraph **out,
                        const char ***names, IoptPlanInt8 *int8, IoptError *err)
{
    IoptGraph *copy;

    *out = NULL;
    *int8 = (IoptPlanInt8){ 0 };
    IOPT_TRY(iopt_graph_clone(graph, &copy, err));
    const IoptStatus status = prepare_copy(copy, options, names, int8, err);
    if (status == IOPT_OK)
        *out = copy;
    else
        iopt_graph_destroy(copy);
    return status;
}
