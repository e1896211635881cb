/* Inputs as spelled: everything before the first colon is the node, what follows it up to a second
 * one the suffix. */
#include "passes/gtt/gtt_names.h"

IoptGttName iopt_gtt_split(const char *input)
{
    const size_t node = strcspn(input, ":");
    const size_t suffix = input[node] ? 1 + strcspn(input + node + 1, ":") : 0;
    const size_t prefix = *input == '^' ? 1 : 0;

    return (IoptGttName){ .control = prefix != 0,
                          .node = { input + prefix, node - prefix },
                          .suffix = { input + node, suffix } };
}

bool iopt_gtt_is_control(const char *input)
{
    return *input == '^';
}

static bool same(IoptBytes a, IoptBytes b)
{
    return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

bool iopt_gtt_names(const char *input, const char *node)
{
    return same(iopt_gtt_split(input).node, (IoptBytes){ node, strlen(node) });
}

static IoptBytes spelled_suffix(const IoptGttName *name)
{
    static const char zero[] = ":0";

    return name->suffix.size ? name->suffix : (IoptBytes){ zero, sizeof zero - 1 };
}

bool iopt_gtt_same_value(const char *a, const char *b)
{
    const IoptGttName x = iopt_gtt_split(a), y = iopt_gtt_split(b);

    return x.control == y.control && same(x.node, y.node) &&
           same(spelled_suffix(&x), spelled_suffix(&y));
}

const char *iopt_gtt_node_name(IoptArena *arena, const char *input)
{
    const IoptBytes node = iopt_gtt_split(input).node;

    return iopt_arena_copy(arena, node.data, node.size);
}

const char *iopt_gtt_canonical(IoptArena *arena, const char *input)
{
    const IoptGttName name = iopt_gtt_split(input);
    const IoptBytes suffix = spelled_suffix(&name);
    const size_t size = name.control + name.node.size + suffix.size;
    char *const text = iopt_arena_alloc(arena, size + 1, 1);

    if (!text)
        return NULL;
    if (name.control)
        *text = '^';
    memcpy(text + name.control, name.node.data, name.node.size);
    memcpy(text + name.control + name.node.size, suffix.data, suffix.size);
    return text;
}

const char *iopt_gtt_respell(IoptArena *arena, const char *input, const char *node)
{
    const IoptGttName name = iopt_gtt_split(input);

    return iopt_arena_printf(arena, "%s%s%.*s", name.control ? "^" : "", node,
                             (int)name.suffix.size, name.suffix.data);
}

size_t iopt_gtt_data_inputs(const IoptListNode *node)
{
    size_t count = 0;

    for (size_t i = 0; i < node->n_inputs; i++)
        count += !iopt_gtt_is_control(node->inputs[i]);
    return count;
}

bool iopt_gtt_contains(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

bool iopt_gtt_contains_node(const char *const *names, size_t count, const char *node)
{
    for (size_t i = 0; i < count; i++)
        if (iopt_gtt_names(names[i], node))
            return true;
    return false;
}

IoptStatus iopt_gtt_index(const IoptNodeList *list, IoptMap *out, IoptError *err)
{
    IoptStatus status = IOPT_OK;

    *out = (IoptMap){ 0 };
    for (size_t i = 0; i < list->n_nodes && status == IOPT_OK; i++)
        status = iopt_map_set(out, list->nodes[i]->node->name, list->nodes[i], err);
    if (status != IOPT_OK)
        iopt_map_free(out);
    return status;
}

IoptListNode *iopt_gtt_source(const IoptMap *index, const char *input)
{
    const IoptBytes node = iopt_gtt_split(input).node;

    return iopt_map_get_bytes(index, node.data, node.size);
}
