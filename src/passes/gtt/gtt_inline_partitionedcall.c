/* inline_partitionedcall: calls of functions become the functions' nodes, one level deep.
 *
 * Who waits for the call (^CALL) waits for its results; what the call waits for, its nodes do.
 *
 *   quirks  attributes that the call sets are not filled in; with --strict-compat control inputs
 *           within a function become "CALL/^node", a result that is an argument leads nowhere, and
 *           so does ^CALL; a call that has control inputs is refused
 *   source  TensorFlow 2; 1.15 does not have it
 */
#include <stdio.h>

#include "passes/gtt/gtt_build.h"
#include "passes/gtt/gtt_functions.h"
#include "passes/gtt/gtt_names.h"

/* What calls stand for, and the list being made. */
typedef struct Inliner {
    const IoptNodeList *in;
    IoptNodeList *out;
    IoptMap results; /* "CALL:1" -> "CALL/node:0" */
    const IoptTransformContext *context;
    bool strict;
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

/* What a value within the function, or a control input, is called outside; NULL without memory. */
static const char *outer_value(const Inliner *inliner, const char *call, const IoptMap *arguments,
                               const char *text)
{
    IoptArena *const arena = inliner->out->carrier->arena;
    const bool control = iopt_gtt_is_control(text) && !inliner->strict;

    if (inliner->strict && iopt_gtt_is_control(text))
        iopt_gtt_say(inliner->context, "strict: '%s' of '%s' leads nowhere", text, call);
    const char *const value = short_value(arena, text + control);
    const char *const key = value ? iopt_gtt_canonical(arena, text + control) : NULL;

    if (!key)
        return NULL;
    const char *const argument = iopt_map_get(arguments, key);
    if (!argument)
        return iopt_arena_printf(arena, "%s%s/%s", control ? "^" : "", call, value);
    if (!control)
        return argument;
    const IoptBytes node = iopt_gtt_split(argument).node;
    return iopt_arena_printf(arena, "^%.*s", (int)node.size, node.data);
}

static IoptStatus add_results(Inliner *inliner, const char *call, const IoptFunction *function,
                              const IoptMap *arguments, IoptError *err)
{
    IoptArena *const arena = inliner->out->carrier->arena;
    const IoptMap none = { 0 };

    for (size_t i = 0; i < function->n_outputs; i++) {
        const char *const from = iopt_map_get(&function->returns, function->outputs[i]);
        if (!from)
            return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                             "function %s does not say what its result %s is", function->name,
                             function->outputs[i]);
        const char *const key = iopt_arena_printf(arena, "%s:%zu", call, i);
        const char *const inner =
            outer_value(inliner, call, inliner->strict ? &none : arguments, from);
        if (!key || !inner)
            return iopt_fail_memory(err, strlen(call));
        IOPT_TRY(iopt_map_set(&inliner->results, key, (void *)(uintptr_t)inner, err));
    }
    return IOPT_OK;
}

/* The arguments by the canonical form of their names: -> the call's inputs. */
static IoptStatus map_arguments(const IoptListNode *call, const IoptFunction *function, bool strict,
                                IoptMap *out, IoptError *err)
{
    const size_t n = strict ? call->n_inputs : iopt_gtt_data_inputs(call);

    if (n != function->n_inputs)
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

/* What the call waits for, every node of its body waits for. */
static IoptStatus add_controls(const IoptListNode *call, IoptListNode *node, IoptError *err)
{
    for (size_t i = 0; i < call->n_inputs; i++)
        if (iopt_gtt_is_control(call->inputs[i]))
            IOPT_TRY(iopt_list_add_input(node, call->inputs[i], err));
    return IOPT_OK;
}

static IoptStatus add_body(Inliner *inliner, const IoptListNode *node, const IoptFunction *function,
                           const IoptMap *arguments, IoptError *err)
{
    IoptArena *const arena = inliner->out->carrier->arena;
    const char *const call = node->node->name;
    IoptListNode *copy;

    for (size_t i = 0; i < function->nodes->n_nodes; i++) {
        IOPT_TRY(iopt_list_add_copy(inliner->out, function->nodes->nodes[i], &copy, err));
        copy->node->name = iopt_arena_printf(arena, "%s/%s", call, copy->node->name);
        if (!copy->node->name)
            return iopt_fail_memory(err, strlen(call));
        for (size_t k = 0; k < copy->n_inputs; k++) {
            copy->inputs[k] = outer_value(inliner, call, arguments, copy->inputs[k]);
            if (!copy->inputs[k])
                return iopt_fail_memory(err, strlen(call));
        }
        if (!inliner->strict)
            IOPT_TRY(add_controls(node, copy, err));
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
    IOPT_DO(map_arguments(call, &function, inliner->strict, &arguments, err));
    IOPT_DO(add_results(inliner, call->node->name, &function, &arguments, err));
    IOPT_DO(add_body(inliner, call, &function, &arguments, err));
done:
    iopt_map_free(&arguments);
    iopt_gtt_function_free(&function);
    return status;
}

/* ^CALL becomes ^node for every result's node, behind the other inputs. */
static IoptStatus wait_for_results(const Inliner *inliner, IoptListNode *node, const char *call,
                                   IoptError *err)
{
    for (size_t port = 0;; port++) {
        char key[512];
        if ((size_t)snprintf(key, sizeof key, "%s:%zu", call, port) >= sizeof key)
            return iopt_fail(err, IOPT_INVALID_ARGUMENT, "the name of '%.40s...' is too long",
                             call);
        const char *const result = iopt_map_get(&inliner->results, key);
        if (!result)
            return IOPT_OK;
        const IoptBytes name = iopt_gtt_split(result).node;
        IOPT_TRY(iopt_gtt_add_inputf(node, err, "^%.*s", (int)name.size, name.data));
    }
}

static IoptStatus follow_controls(const Inliner *inliner, const IoptMap *calls, IoptListNode *node,
                                  IoptError *err)
{
    const size_t n = node->n_inputs;
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        const IoptGttName input = iopt_gtt_split(node->inputs[i]);
        const char *const call =
            input.control ? iopt_map_get_bytes(calls, input.node.data, input.node.size) : NULL;
        if (call)
            IOPT_TRY(wait_for_results(inliner, node, call, err));
    }
    for (size_t i = 0; i < node->n_inputs; i++) {
        const IoptGttName input = iopt_gtt_split(node->inputs[i]);
        if (i >= n || !input.control ||
            !iopt_map_get_bytes(calls, input.node.data, input.node.size))
            node->inputs[kept++] = node->inputs[i];
    }
    node->n_inputs = kept;
    return IOPT_OK;
}

static IoptStatus follow_all_controls(const Inliner *inliner, IoptError *err)
{
    IoptMap calls = { 0 };
    IoptStatus status = IOPT_OK;

    for (size_t i = 0; i < inliner->in->n_nodes; i++) {
        const IoptNode *const node = inliner->in->nodes[i]->node;
        if (iopt_is_op(node, "PartitionedCall"))
            IOPT_DO(iopt_map_set(&calls, node->name, (void *)(uintptr_t)node->name, err));
    }
    for (size_t i = 0; calls.count && i < inliner->out->n_nodes; i++)
        IOPT_DO(follow_controls(inliner, &calls, inliner->out->nodes[i], err));
done:
    iopt_map_free(&calls);
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
    return inliner->strict ? IOPT_OK : follow_all_controls(inliner, err);
}

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    Inliner inliner = { .in = in, .context = context, .strict = context->strict_compat };

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
