/* merge_duplicate_nodes: of nodes that are equal but for their names the first is kept.
 *
 *   exactness  the same bits; stateful ops are left alone
 *   quirks     the result is in the order of the nodes' hashes; an input or output given with a
 *              port does not protect its node (with protect_outputs it does); equal hashes are
 *              taken for equal nodes
 */
#include <stdlib.h>

#include "passes/gtt/gtt_hash.h"
#include "passes/gtt/gtt_names.h"
#include "passes/gtt/gtt_op_def.h"
#include "passes/gtt/gtt_params.h"
#include "passes/gtt/gtt_rename.h"

typedef struct Hashed {
    uint64_t hash;
    size_t place;
} Hashed;

static int compare_hashed(const void *a, const void *b)
{
    const Hashed *const x = a, *const y = b;

    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

static IoptStatus hash_nodes(const IoptNodeList *list, const IoptTransformContext *context,
                             bool strip_ports, Hashed *out, IoptError *err)
{
    for (size_t i = 0; i < list->n_nodes; i++) {
        const char *const name = list->nodes[i]->node->name;
        const bool keeps_name = iopt_gtt_is_port(context, name, strip_ports);
        out[i].place = i;
        IOPT_TRY(iopt_gtt_hash_node(list->nodes[i], keeps_name ? name : "", &out[i].hash, err));
    }
    qsort(out, list->n_nodes, sizeof *out, compare_hashed);
    return IOPT_OK;
}

static IoptStatus drop(const IoptListNode *node, const IoptListNode *first, IoptGttRenames *renames,
                       IoptError *err)
{
    char *const key = iopt_arena_printf(node->node->graph->arena, "%s:*", node->node->name);

    if (!key)
        return iopt_fail_memory(err, strlen(node->node->name));
    return iopt_gtt_renames_set(renames, key, first->node->name, err);
}

static IoptStatus merge(const IoptNodeList *in, const Hashed *order, IoptNodeList *out,
                        IoptGttRenames *renames, IoptError *err)
{
    const IoptListNode *first = NULL;
    IoptListNode *copy;

    for (size_t i = 0; i < in->n_nodes; i++) {
        const IoptListNode *const node = in->nodes[order[i].place];
        const bool is_first = i == 0 || order[i].hash != order[i - 1].hash;
        const IoptOpDef *def;
        IOPT_TRY(iopt_op_def_get(node->node->op, &def, err));
        if (is_first)
            first = node;
        if (is_first || def->stateful)
            IOPT_TRY(iopt_list_add_copy(out, node, &copy, err));
        else
            IOPT_TRY(drop(node, first, renames, err));
    }
    return IOPT_OK;
}

/* One round; *graph is replaced by its result. */
static IoptStatus run_round(IoptNodeList **graph, const IoptTransformContext *context,
                            bool strip_ports, bool *any, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptNodeList *merged = NULL, *renamed = NULL;
    IoptGttRenames renames = { 0 };
    void *block = NULL;

    IOPT_DO(iopt_alloc(&block, (*graph)->n_nodes, sizeof(Hashed), err));
    IOPT_DO(hash_nodes(*graph, context, strip_ports, block, err));
    IOPT_DO(iopt_list_create(*graph, &merged, err));
    IOPT_DO(merge(*graph, block, merged, &renames, err));
    *any = renames.n != 0;
    IOPT_DO(iopt_gtt_rename_inputs(merged, &renames, NULL, 0, &renamed, err));
    iopt_list_destroy(*graph);
    *graph = renamed;
done:
    free(block);
    iopt_gtt_renames_free(&renames);
    iopt_list_destroy(merged);
    return status;
}

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptNodeList *graph;
    bool any = true, strip_ports;

    *out = NULL;
    IOPT_TRY(iopt_gtt_param_bool(context, "protect_outputs", false, &strip_ports, err));
    IOPT_TRY(iopt_list_clone(in, &graph, err));
    while (any && status == IOPT_OK)
        status = run_round(&graph, context, strip_ports, &any, err);
    if (status == IOPT_OK)
        *out = graph;
    else
        iopt_list_destroy(graph);
    return status;
}

static const IoptTransformParam params[] = {
    { "protect_outputs", "BOOL", "keep inputs and outputs given with a port, too (false); ours" },
    { 0 },
};

const IoptTransform iopt_transform_merge_duplicate_nodes = { .name = "merge_duplicate_nodes",
                                                             .brief =
                                                                 "keep one of nodes that are equal",
                                                             .params = params,
                                                             .run = run };
