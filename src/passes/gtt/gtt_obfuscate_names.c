/* obfuscate_names: every node gets a name as short as can be, inputs and outputs excepted.
 *
 *   quirk  an input or output given with a port does not protect its node (with protect_outputs it
 *          does)
 */
#include "passes/gtt/gtt_names.h"
#include "passes/gtt/gtt_params.h"

/* Number `i` in base 62, most significant digit first. */
static const char *short_name(IoptArena *arena, size_t i)
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz"
                                 "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const size_t base = sizeof digits - 1;
    char text[16];
    size_t at = sizeof text;

    do {
        text[--at] = digits[i % base];
        i /= base;
    } while (i);
    return iopt_arena_copy(arena, text + at, sizeof text - at);
}

/* Names each node; *names maps the old name to the new one. */
static IoptStatus choose_names(IoptNodeList *list, const IoptTransformContext *context,
                               IoptMap *names, IoptError *err)
{
    size_t next = 0;
    bool strip_ports;

    IOPT_TRY(iopt_gtt_param_bool(context, "protect_outputs", false, &strip_ports, err));
    for (size_t i = 0; i < list->n_nodes; i++) {
        IoptNode *const node = list->nodes[i]->node;
        const char *const old = node->name;
        const char *name = old;
        if (!iopt_gtt_is_port(context, old, strip_ports)) {
            do
                name = short_name(list->carrier->arena, next++);
            while (name && iopt_gtt_is_port(context, name, strip_ports));
            if (!name)
                return iopt_fail_memory(err, 16);
        }
        node->name = name;
        /* the map's values are not written to */
        IOPT_TRY(iopt_map_set(names, old, (void *)(uintptr_t)name, err));
    }
    return IOPT_OK;
}

static IoptStatus rename_inputs(IoptListNode *node, const char *old_name, const IoptMap *names,
                                IoptError *err)
{
    for (size_t i = 0; i < node->n_inputs; i++) {
        const IoptGttName input = iopt_gtt_split(node->inputs[i]);
        const char *const name = iopt_map_get_bytes(names, input.node.data, input.node.size);
        if (!name)
            return iopt_fail(err, IOPT_INVALID_ARGUMENT, "No node named %.*s for input to %s",
                             (int)input.node.size, input.node.data, old_name);
        node->inputs[i] = iopt_gtt_respell(node->node->graph->arena, node->inputs[i], name);
        if (!node->inputs[i])
            return iopt_fail_memory(err, strlen(name));
    }
    return IOPT_OK;
}

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptNodeList *list = NULL;
    IoptListNode *copy;
    IoptMap names = { 0 };

    *out = NULL;
    IOPT_DO(iopt_list_create(in, &list, err));
    for (size_t i = 0; i < in->n_nodes; i++)
        IOPT_DO(iopt_list_add_copy(list, in->nodes[i], &copy, err));
    IOPT_DO(choose_names(list, context, &names, err));
    for (size_t i = 0; i < list->n_nodes; i++)
        IOPT_DO(rename_inputs(list->nodes[i], in->nodes[i]->node->name, &names, err));
    *out = list;
    list = NULL;
done:
    iopt_list_destroy(list);
    iopt_map_free(&names);
    return status;
}

static const IoptTransformParam params[] = {
    { "protect_outputs", "BOOL", "keep inputs and outputs given with a port, too (false); ours" },
    { 0 },
};

const IoptTransform iopt_transform_obfuscate_names = { .name = "obfuscate_names",
                                                       .brief =
                                                           "shorten the names of all inner nodes",
                                                       .params = params,
                                                       .run = run };
