/* inline_partitionedcall: calls of functions become the functions' nodes, one level deep.
 *
 *   quirks  control inputs within a function become "CALL/^node"; a result that is an argument
 *           leads nowhere; attributes that the call sets are not filled in
 *   source  TensorFlow 2; 1.15 does not have it
 */
#include "passes/gtt/gtt_functions.h"
#include "passes/gtt/gtt_names.h"
#include "passes/gtt/gtt_transform.h"

/* What calls stand for, and the list being made. */
typedef struct Inliner {
    const IoptNodeList *in;
    IoptNodeList *out;
    IoptMap results; /* "CALL:1" -> "CALL/node:0" */
} Inliner;

/* "node:output:1" -> "node:1"; other texts stay. */
static const char *short_value(IoptArena *arena, const char *text)
{
    const char *const first = strchr(text, ':'), *const last = strrchr(text, ':');

    if (!first || first == last)
        return text;
    return iopt_arena_printf(arena, "%.*s%s", (int)(first - text), text, last);
}

static IoptStatus find_function_name(const IoptListNode *call, const char **out, IoptError *err)
{
    const IoptAttr *const attr = iopt_attr(call->node, "f");

    if (!attr)
        return iopt_fail(err, IOPT_NOT_FOUND, "Node %s has no attribute: f", call->node->name);
    if (attr->kind != IOPT_ATTR_FUNC)
        return iopt_fail(err, IOPT_NOT_FOUND, "Cannot figure out function name");
    *out = iopt_arena_copy(call->node->graph->arena, attr->u.s.data, attr->u.s.size);
    return *out ? IOPT_OK : iopt_fail_memory(err, attr->u.s.size);
}

static IoptStatus add_results(Inliner *inliner, const char *call, const IoptFunction *function,
                              IoptError *err)
{
    IoptArena *const arena = inliner->out->carrier->arena;

    for (size_t i = 0; i < function->n_outputs; i++) {
        const char *const from = iopt_map_get(&function->returns, function->outputs[i]);
        if (!from)
            return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                             "function %s does not say what its result %s is", function->name,
                             function->outputs[i]);
        const char *const value = short_value(arena, from);
        char *const key = iopt_arena_printf(arena, "%s:%zu", call, i);
        char *const inner = value ? iopt_arena_printf(arena, "%s/%s", call, value) : NULL;
        if (!key || !inner)
            return iopt_fail_memory(err, strlen(call));
        IOPT_TRY(iopt_map_set(&inliner->results, key, inner, err));
    }
    return IOPT_OK;
}

/* The arguments by the canonical form of their names: -> the call's inputs. */
static IoptStatus map_arguments(const IoptListNode *call, const IoptFunction *function,
                                IoptMap *out, IoptError *err)
{
    if (call->n_inputs != function->n_inputs)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "Called function  %s has invalid input signature.", function->name);
    for (size_t i = 0; i < function->n_inputs; i++) {
        const char *const key = iopt_gtt_canonical(call->node->graph->arena, function->inputs[i]);
        if (!key)
            return iopt_fail_memory(err, strlen(function->inputs[i]));
        IOPT_TRY(iopt_map_set(out, key, (void *)(uintptr_t)call->inputs[i], err));
    }
    return IOPT_OK;
}

static IoptStatus add_body(Inliner *inliner, const char *call, const IoptFunction *function,
                           const IoptMap *arguments, IoptError *err)
{
    IoptArena *const arena = inliner->out->carrier->arena;
    IoptListNode *copy;

    for (size_t i = 0; i < function->nodes->n_nodes; i++) {
        IOPT_TRY(iopt_list_add_copy(inliner->out, function->nodes->nodes[i], &copy, err));
        copy->node->name = iopt_arena_printf(arena, "%s/%s", call, copy->node->name);
        if (!copy->node->name)
            return iopt_fail_memory(err, strlen(call));
        for (size_t k = 0; k < copy->n_inputs; k++) {
            const char *const key = iopt_gtt_canonical(arena, copy->inputs[k]);
            const char *input = key ? iopt_map_get(arguments, key) : NULL;
            if (!input) {
                input = short_value(arena, copy->inputs[k]);
                input = input ? iopt_arena_printf(arena, "%s/%s", call, input) : NULL;
            }
            if (!input)
                return iopt_fail_memory(err, strlen(call));
            copy->inputs[k] = input;
        }
    }
    return IOPT_OK;
}

static IoptStatus inline_call(Inliner *inliner, const IoptListNode *call, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptFunction function = { 0 };
    IoptMap arguments = { 0 };
    const char *name;

    IOPT_DO(find_function_name(call, &name, err));
    IOPT_DO(iopt_gtt_read_function(inliner->in, name, &function, err));
    IOPT_DO(map_arguments(call, &function, &arguments, err));
    IOPT_DO(add_results(inliner, call->node->name, &function, err));
    IOPT_DO(add_body(inliner, call->node->name, &function, &arguments, err));
done:
    iopt_map_free(&arguments);
    iopt_gtt_function_free(&function);
    return status;
}

static IoptStatus inline_all(Inliner *inliner, IoptError *err)
{
    IoptArena *const arena = inliner->in->carrier->arena;
    IoptListNode *copy;

    for (size_t i = 0; i < inliner->in->n_nodes; i++) {
        const IoptListNode *const node = inliner->in->nodes[i];
        if (iopt_is_op(node->node, "PartitionedCall"))
            IOPT_TRY(inline_call(inliner, node, err));
        else
            IOPT_TRY(iopt_list_add_copy(inliner->out, node, &copy, err));
    }
    for (size_t i = 0; inliner->results.count && i < inliner->out->n_nodes; i++) {
        IoptListNode *const node = inliner->out->nodes[i];
        for (size_t k = 0; k < node->n_inputs; k++) {
            const char *const key = iopt_gtt_canonical(arena, node->inputs[k]);
            if (!key)
                return iopt_fail_memory(err, strlen(node->inputs[k]));
            const char *const result = iopt_map_get(&inliner->results, key);
            if (result)
                node->inputs[k] = result;
        }
    }
    return IOPT_OK;
}

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    Inliner inliner = { .in = in };

    (void)context;
    *out = NULL;
    IOPT_TRY(iopt_list_create(in, &inliner.out, err));
    const IoptStatus status = inline_all(&inliner, err);
    iopt_map_free(&inliner.results);
    if (status == IOPT_OK)
        *out = inliner.out;
    else
        iopt_list_destroy(inliner.out);
    return status;
}

const IoptTransform iopt_transform_inline_partitionedcall = {
    .name = "inline_partitionedcall",
    .brief = "put the nodes of called functions into the graph",
    .run = run
};
