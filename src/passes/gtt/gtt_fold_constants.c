/* fold_constants: what always has the same value becomes a constant.
 *
 * The steps are those of TensorFlow's tool, which has a session do it: import, feed the inputs and
 * fetch the outputs, fold, and write down what is left.  So default attributes appear, nodes change
 * their order, readers of an input spell its port, and an output is never folded itself.
 *
 *   names      OLD/_K__cf__J; K counts in the graph, J in the whole run of transforms
 *   exactness  same bits as evaluating the ops
 */
#include <stdlib.h>

#include "passes/gtt/gtt_build.h"
#include "passes/gtt/gtt_folding.h"
#include "passes/gtt/gtt_params.h"
#include "passes/gtt/gtt_tensor_id.h"

enum { DEFAULT_MAX_BYTES = 10 * 1024 * 1024 };

/* --- replacing ----------------------------------------------------------------------------- */

/* What the values take in TensorFlow's memory. */
static uint64_t stored_bytes(const IoptTensor *tensor)
{
    enum { STRING_BYTES = 32 };
    return tensor->dtype == IOPT_STRING ? iopt_elems(tensor) * STRING_BYTES : tensor->bytes;
}

/* Puts a Const into the graph and into `list`; the graph's has the links only. */
static IoptStatus replace_target(IoptFolding *folding, IoptFoldTarget *target, size_t number,
                                 IoptNodeList *list, IoptNode **out, IoptError *err)
{
    IoptGraph *const graph = folding->import.graph;
    const IoptFoldWaits *const waits = &folding->waits[target->node->index];
    const char *const name = iopt_arena_printf(graph->arena, "%s/_%zu__cf__%zu", target->node->name,
                                               number, (*folding->context->folded)++);
    const IoptValue from = { target->node, target->port };
    IoptTensor *const value = target->value;
    IoptListNode *made;

    if (!name)
        return iopt_fail_memory(err, strlen(target->node->name));
    IOPT_TRY(iopt_gtt_as_argument(iopt_graph_add(graph, name, "Const", out, err), err));
    for (size_t i = 0; i < waits->n; i++)
        IOPT_TRY(iopt_node_add_control(*out, waits->at[i], err));
    IOPT_TRY(iopt_graph_replace_value(from, (IoptValue){ *out, 0 }, err));
    target->value = NULL; /* the list's from here on */
    return iopt_gtt_add_const_field(list, name, value, &made, err);
}

/* --- writing down -------------------------------------------------------------------------- */

/* Which input a node stands for, or NULL. */
static const char *fed_input(const IoptFolding *folding, const IoptNode *node)
{
    for (size_t i = 0; i < folding->context->n_inputs; i++)
        if (folding->feeds[i] == node)
            return folding->context->inputs[i];
    return NULL;
}

static IoptStatus add_data_input(const IoptFolding *folding, IoptListNode *to, IoptValue from,
                                 IoptError *err)
{
    const char *const fed = fed_input(folding, from.node);

    if (fed) {
        const IoptTensorId id = iopt_tensor_id(fed);
        return iopt_gtt_add_inputf(to, err, "%.*s:%d", (int)id.node.size, id.node.data, id.port);
    }
    if (from.port == 0)
        return iopt_list_add_input(to, from.node->name, err);
    return iopt_gtt_add_inputf(to, err, "%s:%d", from.node->name, from.port);
}

static int compare_names(const void *a, const void *b)
{
    const IoptNode *const *const x = a, *const *const y = b;
    return strcmp((*x)->name, (*y)->name);
}

static IoptStatus spell_inputs(const IoptFolding *folding, const IoptNode *node, IoptListNode *to,
                               IoptError *err)
{
    iopt_list_clear_inputs(to);
    for (size_t i = 0; i < node->n_in; i++)
        IOPT_TRY(add_data_input(folding, to, node->in[i], err));
    if (node->n_control)
        qsort(node->control, node->n_control, sizeof(IoptNode *), compare_names);
    for (size_t i = 0; i < node->n_control; i++) {
        const char *const fed = fed_input(folding, node->control[i]);
        const IoptTensorId id = iopt_tensor_id(fed ? fed : node->control[i]->name);
        if (fed)
            IOPT_TRY(iopt_gtt_add_inputf(to, err, "^%.*s", (int)id.node.size, id.node.data));
        else
            IOPT_TRY(iopt_gtt_add_inputf(to, err, "^%s", node->control[i]->name));
    }
    return IOPT_OK;
}

/* Input nodes that were pruned stand at the end, as they came in. */
static IoptStatus add_pruned_inputs(const IoptNodeList *in, const IoptTransformContext *context,
                                    IoptMap *names, IoptNodeList *out, IoptError *err)
{
    IoptListNode *copy;

    for (size_t i = 0; i < context->n_inputs; i++)
        for (size_t k = 0; k < in->n_nodes; k++) {
            const char *const name = in->nodes[k]->node->name;
            if (!iopt_tensor_id_names(iopt_tensor_id(context->inputs[i]), name) ||
                iopt_map_get(names, name))
                continue;
            IOPT_TRY(iopt_list_add_copy(out, in->nodes[k], &copy, err));
            IOPT_TRY(iopt_map_set(names, copy->node->name, copy, err));
        }
    return IOPT_OK;
}

/* The folded graph as a list, in the order of its nodes' numbers.  `names` tells its nodes. */
static IoptStatus write_down(const IoptFolding *folding, const IoptNodeList *in,
                             const IoptNodeList *constants, IoptNode *const *made, IoptMap *names,
                             IoptNodeList *out, IoptError *err)
{
    const IoptGttImport *const import = &folding->import;
    IoptListNode *copy;

    for (size_t i = 0; i < import->n + constants->n_nodes; i++) {
        const bool imported = i < import->n;
        const IoptNode *const node = imported ? import->nodes[i] : made[i - import->n];
        if (node->removed)
            continue;
        IOPT_TRY(iopt_list_add_copy(
            out, imported ? import->list->nodes[i] : constants->nodes[i - import->n], &copy, err));
        IOPT_TRY(spell_inputs(folding, node, copy, err));
        IOPT_TRY(iopt_map_set(names, copy->node->name, copy, err));
    }
    return add_pruned_inputs(in, folding->context, names, out, err);
}

/* --- what is left -------------------------------------------------------------------------- */

static IoptStatus push(const IoptMap *names, IoptTensorId id, IoptListNode **stack, size_t *depth,
                       IoptError *err)
{
    IoptListNode *const node = iopt_map_get_bytes(names, id.node.data, id.node.size);

    if (!node)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "Bad graph structure, no node named '%.*s' found for input lookup",
                         (int)id.node.size, id.node.data);
    if (!node->node->mark) {
        node->node->mark = 1;
        stack[(*depth)++] = node;
    }
    return IOPT_OK;
}

static bool is_input(const IoptTransformContext *context, IoptTensorId id)
{
    for (size_t i = 0; i < context->n_inputs; i++)
        if (iopt_tensor_id_equal(iopt_tensor_id(context->inputs[i]), id))
            return true;
    return false;
}

/* Marks the nodes that the outputs need, not going past the inputs. */
static IoptStatus mark_used(const IoptNodeList *list, const IoptTransformContext *context,
                            const IoptMap *names, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    size_t depth = 0;
    void *block;

    IOPT_TRY(iopt_alloc(&block, list->n_nodes, sizeof(IoptListNode *), err));
    IoptListNode **const stack = block;
    for (size_t i = 0; i < context->n_outputs; i++)
        IOPT_DO(push(names, iopt_tensor_id(context->outputs[i]), stack, &depth, err));
    while (depth) {
        const IoptListNode *const node = stack[--depth];
        for (size_t i = 0; i < node->n_inputs; i++) {
            const IoptTensorId id = iopt_tensor_id(node->inputs[i]);
            if (!is_input(context, id))
                IOPT_DO(push(names, id, stack, &depth, err));
        }
    }
done:
    free(block);
    return status;
}

static IoptStatus make_placeholder(IoptListNode *node, IoptError *err)
{
    if (iopt_is_op(node->node, "Placeholder"))
        return IOPT_OK;
    if (!iopt_is_op(node->node, "PlaceholderWithDefault"))
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "Input '%s' was expected to be a Placeholder or PlaceholderWithDefault "
                         "op, but was %s",
                         node->node->name, node->node->op);
    iopt_list_clear_inputs(node);
    return iopt_list_set_op(node, "Placeholder", err);
}

/* Takes away what is not marked and no input, and makes the inputs placeholders. */
static IoptStatus keep_used(IoptNodeList *list, const IoptTransformContext *context, IoptError *err)
{
    size_t kept = 0;

    for (size_t i = 0; i < list->n_nodes; i++) {
        IoptListNode *const node = list->nodes[i];
        bool input = false;
        for (size_t k = 0; k < context->n_inputs; k++)
            input =
                input || iopt_tensor_id_names(iopt_tensor_id(context->inputs[k]), node->node->name);
        if (input || node->node->mark)
            list->nodes[kept++] = node;
        node->node->mark = 0;
        if (input)
            IOPT_TRY(make_placeholder(node, err));
    }
    list->n_nodes = kept;
    return IOPT_OK;
}

/* --- the transform ------------------------------------------------------------------------- */

static IoptStatus replace_targets(IoptFolding *folding, uint64_t max_bytes, IoptNodeList *constants,
                                  IoptNode **made, IoptError *err)
{
    for (size_t i = 0; i < folding->n_targets; i++) {
        IoptFoldTarget *const target = &folding->targets[i];
        if (stored_bytes(target->value) <= max_bytes)
            IOPT_TRY(replace_target(folding, target, constants->n_nodes, constants,
                                    &made[constants->n_nodes], err));
    }
    return IOPT_OK;
}

static IoptStatus finish(IoptFolding *folding, const IoptNodeList *in, uint64_t max_bytes,
                         IoptNodeList *out, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptNodeList *constants = NULL;
    IoptMap names = { 0 };
    void *made = NULL;

    IOPT_DO(iopt_list_create(in, &constants, err));
    IOPT_DO(iopt_alloc(&made, folding->n_targets, sizeof(IoptNode *), err));
    IOPT_DO(replace_targets(folding, max_bytes, constants, made, err));
    IOPT_DO(write_down(folding, in, constants, made, &names, out, err));
    IOPT_DO(mark_used(out, folding->context, &names, err));
    IOPT_DO(keep_used(out, folding->context, err));
done:
    iopt_list_destroy(constants);
    iopt_map_free(&names);
    free(made);
    return status;
}

static void free_folding(IoptFolding *folding)
{
    for (size_t i = 0; i < folding->n_targets; i++)
        iopt_tensor_destroy(folding->targets[i].value);
    for (size_t i = 0; folding->waits && i < folding->n; i++)
        free(folding->waits[i].at);
    free(folding->targets);
    free(folding->waits);
    free(folding->constant);
    free(folding->from_shape);
    free(folding->feeds);
    iopt_gtt_import_free(&folding->import);
}

static IoptStatus fold(IoptFolding *folding, const IoptNodeList *in,
                       const IoptGttImportOptions *options, uint64_t max_bytes, IoptNodeList *out,
                       IoptError *err)
{
    IOPT_TRY(iopt_gtt_import(in, options, &folding->import, err));
    IOPT_TRY(iopt_folding_cut(folding, err));
    IOPT_TRY(iopt_folding_find(folding, err));
    IOPT_TRY(iopt_folding_compute(folding, err));
    return finish(folding, in, max_bytes, out, err);
}

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    IoptFolding folding = { .context = context };
    bool clear_output_shapes, drop_stale;
    int64_t max_bytes;

    *out = NULL;
    IOPT_TRY(iopt_gtt_param_bool(context, "clear_output_shapes", true, &clear_output_shapes, err));
    IOPT_TRY(iopt_gtt_param_int64(context, "max_constant_size_in_bytes", DEFAULT_MAX_BYTES,
                                  &max_bytes, err));
    IOPT_TRY(iopt_gtt_param_bool(context, "drop_stale_colocations", false, &drop_stale, err));
    IOPT_TRY(iopt_list_create(in, out, err));
    const IoptGttImportOptions options = { .check_output_shapes = !clear_output_shapes,
                                           .drop_stale_colocations = drop_stale,
                                           .later_attrs = !context->strict_compat };
    /* A negative size is compared as an unsigned one: there is no limit. */
    const IoptStatus status = fold(&folding, in, &options, (uint64_t)max_bytes, *out, err);
    free_folding(&folding);
    if (status != IOPT_OK) {
        iopt_list_destroy(*out);
        *out = NULL;
    }
    return status;
}

static const IoptTransformParam params[] = {
    { "clear_output_shapes", "BOOL", "forget _output_shapes before shapes are checked (true)" },
    { "exclude_op", "OP", "leave nodes of this op; may be repeated" },
    { "exclude_node", "NAME", "leave this node; may be repeated" },
    { "max_constant_size_in_bytes", "N", "leave what gets larger (10485760); negative: no limit" },
    { "drop_stale_colocations", "BOOL",
      "forget _class entries of nodes that are gone, instead of failing (false); ours" },
    { 0 },
};

const IoptTransform iopt_transform_fold_constants = {
    .name = "fold_constants",
    .brief = "replace what always has the same value by constants",
    .params = params,
    .run = run
};
