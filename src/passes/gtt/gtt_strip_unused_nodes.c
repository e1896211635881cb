/* strip_unused_nodes: keeps what the outputs need, down to the inputs, which become
 * placeholders. */
#include <stdlib.h>

#include "base/text.h"
#include "passes/gtt/gtt_names.h"
#include "passes/gtt/gtt_params.h"

static bool is_input(const IoptTransformContext *context, const char *node)
{
    return iopt_gtt_contains_node(context->inputs, context->n_inputs, node);
}

/* --- what is needed ------------------------------------------------------------------------ */

typedef struct Walk {
    const IoptTransformContext *context;
    IoptMap index;
    IoptMap needed; /* names; the value says nothing */
    const char **stack;
    size_t n_stack, capacity;
} Walk;

static IoptStatus need(Walk *walk, IoptArena *arena, const char *input, IoptError *err)
{
    static char yes;
    const IoptBytes node = iopt_gtt_split(input).node;
    void *stack = (void *)walk->stack;

    if (iopt_map_get_bytes(&walk->needed, node.data, node.size))
        return IOPT_OK;
    const char *const name = iopt_gtt_node_name(arena, input);
    if (!name)
        return iopt_fail_memory(err, node.size);
    IOPT_TRY(iopt_map_set(&walk->needed, name, &yes, err));
    IOPT_TRY(iopt_grow(&stack, &walk->capacity, walk->n_stack + 1, sizeof(char *), err));
    walk->stack = stack;
    walk->stack[walk->n_stack++] = name;
    return IOPT_OK;
}

static IoptStatus find_needed(Walk *walk, IoptArena *arena, IoptError *err)
{
    for (size_t i = 0; i < walk->context->n_outputs; i++)
        IOPT_TRY(need(walk, arena, walk->context->outputs[i], err));
    while (walk->n_stack) {
        const char *const name = walk->stack[--walk->n_stack];
        if (is_input(walk->context, name))
            continue;
        const IoptListNode *const node = iopt_map_get(&walk->index, name);
        if (!node)
            return iopt_fail(err, IOPT_INVALID_ARGUMENT, "Input node %s not found in graph", name);
        for (size_t i = 0; i < node->n_inputs; i++)
            IOPT_TRY(need(walk, arena, node->inputs[i], err));
    }
    return IOPT_OK;
}

/* --- inputs as placeholders ---------------------------------------------------------------- */

enum { REF = 100 }; /* a reference type's number is its type's plus this */

static IoptStatus read_type(const char *text, IoptDType *out, IoptError *err)
{
    char name[32];
    const bool is_ref = iopt_has_suffix(text, "_ref");
    const size_t size = strlen(text) - (is_ref ? strlen("_ref") : 0);

    *out = IOPT_DTYPE_NONE;
    if (size < sizeof name) {
        memcpy(name, text, size);
        name[size] = 0;
        *out = iopt_dtype_from_name(name);
    }
    if (*out == IOPT_DTYPE_NONE)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "Couldn't understand type argument '%s'",
                         text);
    if (is_ref)
        *out = (IoptDType)(*out + REF);
    return IOPT_OK;
}

static IoptStatus read_default(const IoptTransformContext *context, const char *name,
                               const char **out, IoptError *err)
{
    const IoptGttParam *const param = iopt_gtt_param(context, name);

    *out = NULL;
    if (!param)
        return IOPT_OK;
    if (param->n_values != 1)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "You must pass no more than one default '%s' to strip_unused_nodes", name);
    *out = param->values[0];
    return IOPT_OK;
}

/* The value of `list` beside the last `name` that is this node's; NULL if there is none. */
static IoptStatus read_for_name(const IoptTransformContext *context, const char *list,
                                const char *example, const char *node, const char **out,
                                IoptError *err)
{
    const IoptGttParam *const names = iopt_gtt_param(context, "name");
    const IoptGttParam *const values = iopt_gtt_param(context, list);

    *out = NULL;
    if (!names && !values)
        return IOPT_OK;
    if (!names || !values || names->n_values != values->n_values)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "You must pass a '%s' arg for every 'name', e.g. %s", list, example);
    for (size_t i = 0; i < names->n_values; i++)
        if (strcmp(names->values[i], node) == 0)
            *out = values->values[i];
    return IOPT_OK;
}

static IoptStatus type_of_input(const IoptTransformContext *context, const char *node,
                                IoptDType *out, IoptError *err)
{
    const char *text;

    *out = IOPT_F32;
    IOPT_TRY(read_default(context, "type", &text, err));
    if (text)
        IOPT_TRY(read_type(text, out, err));
    IOPT_TRY(read_for_name(context, "type_for_name",
                           "strip_unused_nodes(name=foo, type_for_name=float, name=bar, "
                           "type_for_name=quint8",
                           node, &text, err));
    return text ? read_type(text, out, err) : IOPT_OK;
}

static IoptStatus shape_of_input(const IoptTransformContext *context, const char *node,
                                 IoptShape *out, IoptError *err)
{
    const char *text;

    *out = iopt_shape(0, NULL);
    IOPT_TRY(read_default(context, "shape", &text, err));
    if (text)
        IOPT_TRY(iopt_gtt_read_shape(text, out, err));
    IOPT_TRY(read_for_name(context, "shape_for_name",
                           "strip_unused_nodes(name=foo, shape_for_name=\"2,2,1\", name=bar, "
                           "shape_for_name=\"1\"",
                           node, &text, err));
    return text ? iopt_gtt_read_shape(text, out, err) : IOPT_OK;
}

static IoptStatus add_placeholder(IoptNodeList *list, const IoptTransformContext *context,
                                  const char *name, IoptError *err)
{
    IoptListNode *node;
    IoptDType dtype;
    IoptShape shape;

    IOPT_TRY(type_of_input(context, name, &dtype, err));
    IOPT_TRY(shape_of_input(context, name, &shape, err));
    IOPT_TRY(iopt_list_add(list, name, "Placeholder", &node, err));
    IOPT_TRY(iopt_node_set_type(node->node, "dtype", dtype, err));
    return iopt_node_set_shape(node->node, "shape", &shape, err);
}

static IoptStatus keep_needed(const IoptNodeList *in, const Walk *walk, IoptNodeList *out,
                              IoptError *err)
{
    IoptListNode *copy;

    for (size_t i = 0; i < in->n_nodes; i++) {
        const IoptNode *const node = in->nodes[i]->node;
        const bool fed = is_input(walk->context, node->name);
        if (!fed && !iopt_map_get(&walk->needed, node->name))
            continue;
        if (fed && !iopt_is_op(node, "Placeholder"))
            IOPT_TRY(add_placeholder(out, walk->context, node->name, err));
        else
            IOPT_TRY(iopt_list_add_copy(out, in->nodes[i], &copy, err));
    }
    return IOPT_OK;
}

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    Walk walk = { .context = context };
    IoptArena *arena = NULL;
    IoptNodeList *list = NULL;

    *out = NULL;
    IOPT_DO(iopt_arena_create(&arena, err));
    IOPT_DO(iopt_gtt_index(in, &walk.index, err));
    IOPT_DO(find_needed(&walk, arena, err));
    IOPT_DO(iopt_list_create(in, &list, err));
    IOPT_DO(keep_needed(in, &walk, list, err));
    *out = list;
    list = NULL;
done:
    iopt_list_destroy(list);
    iopt_map_free(&walk.index);
    iopt_map_free(&walk.needed);
    free((void *)walk.stack);
    iopt_arena_destroy(arena);
    return status;
}

static const IoptTransformParam params[] = {
    { "type", "TYPE", "of inputs that become placeholders (float)" },
    { "shape", "\"D,D,...\"", "of inputs that become placeholders (a scalar)" },
    { "name", "NODE", "an input with a type and shape of its own (may be repeated)" },
    { "type_for_name", "TYPE", "the type of each such input" },
    { "shape_for_name", "\"D,D,...\"", "the shape of each such input" },
    { 0 },
};

const IoptTransform iopt_transform_strip_unused_nodes = {
    .name = "strip_unused_nodes",
    .brief = "keep only what leads from the inputs to the outputs",
    .params = params,
    .run = run
};
