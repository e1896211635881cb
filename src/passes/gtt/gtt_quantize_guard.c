/* quantize_nodes(extended=true): measured ranges that are not empty and have a zero.
 *
 * A constant tensor gives a range without a width: QuantizedAdd, QuantizedMul and QuantizedMatMul
 * refuse it, and Dequantize makes zeros of it.  Convolutions pad wrongly where all of a range lies
 * below zero.  So the upper end is kept above zero.
 */
#include <stdlib.h>

#include "passes/gtt/gtt_build.h"
#include "passes/gtt/gtt_names.h"
#include "passes/gtt/gtt_quantize.h"
#include "passes/gtt/gtt_rename.h"

/* Below this width a measured range says nothing but that the tensor is constant. */
static const float least_max = 1e-3F;

typedef struct Guards {
    IoptNodeList *made;
    IoptGttRenames renames;
    const char *least; /* the constant that they share */
    const char **names;
    size_t n, capacity;
} Guards;

/* R/max = Maximum(R:1, least), which everybody reads in place of R:1 */
static IoptStatus add_guard(Guards *guards, const char *name, IoptError *err)
{
    IoptArena *const arena = guards->made->carrier->arena;
    const char *const max = iopt_arena_printf(arena, "%s/max", name);
    const char *const measured = iopt_arena_printf(arena, "%s:1", name);
    void *names = guards->names;
    IoptListNode *node;

    if (!guards->least) {
        guards->least = iopt_arena_printf(arena, "%s/least", name);
        if (guards->least)
            IOPT_TRY(iopt_gtt_add_const_f32(guards->made, guards->least, least_max, &node, err));
    }
    if (!guards->least || !max || !measured)
        return iopt_fail_memory(err, strlen(name));
    IOPT_TRY(iopt_gtt_add_node(guards->made, "Maximum", max,
                               (const char *const[]){ measured, guards->least }, 2, &node, err));
    IOPT_TRY(iopt_node_set_type(node->node, "T", IOPT_F32, err));
    IOPT_TRY(iopt_grow(&names, &guards->capacity, guards->n + 1, sizeof *guards->names, err));
    guards->names = names;
    guards->names[guards->n++] = max;
    return iopt_gtt_renames_set(&guards->renames, measured, max, err);
}

/* The ranges that an earlier quantize_nodes has guarded, by name. */
static IoptStatus find_guarded(const IoptNodeList *list, IoptMap *out, IoptError *err)
{
    for (size_t i = 0; i < list->n_nodes; i++) {
        IoptListNode *const node = list->nodes[i];
        const char *const name = node->n_inputs && iopt_is_op(node->node, "Maximum")
                                     ? iopt_gtt_node_name(list->carrier->arena, node->inputs[0])
                                     : NULL;
        if (name)
            IOPT_TRY(iopt_map_set(out, name, node, err));
    }
    return IOPT_OK;
}

IoptStatus iopt_gtt_guard_ranges(const IoptNodeList *in, const IoptGttQuantize *settings,
                                 IoptNodeList **out, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    Guards guards = { 0 };
    IoptMap guarded = { 0 };
    IoptListNode *copy;

    *out = NULL;
    if (!settings->extended)
        return iopt_list_clone(in, out, err);
    IOPT_DO(find_guarded(in, &guarded, err));
    IOPT_DO(iopt_list_create(in, &guards.made, err));
    for (size_t i = 0; i < in->n_nodes; i++) {
        const IoptNode *const node = in->nodes[i]->node;
        IOPT_DO(iopt_list_add_copy(guards.made, in->nodes[i], &copy, err));
        if (iopt_is_op(node, "RequantizationRange") && !iopt_map_get(&guarded, node->name))
            IOPT_DO(add_guard(&guards, node->name, err));
    }
    IOPT_DO(iopt_gtt_rename_inputs(guards.made, &guards.renames, guards.names, guards.n, out, err));
done:
    iopt_list_destroy(guards.made);
    iopt_gtt_renames_free(&guards.renames);
    iopt_map_free(&guarded);
    free((void *)guards.names);
    return status;
}
