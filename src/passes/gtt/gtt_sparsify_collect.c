/* Counting references and deleting what sparsify_gather made useless, in TensorFlow's order. */
#include <stdlib.h>

#include "passes/gtt/gtt_names.h"
#include "passes/gtt/gtt_sparsify.h"

/* --- references ---------------------------------------------------------------------------- */

static const char *without_hat(const char *input)
{
    return input + (*input == '^');
}

IoptStatus iopt_gtt_refs_add(IoptGttRefs *refs, const char *input, long by, long *count,
                             IoptError *err)
{
    const char *const name = without_hat(input);
    struct IoptGttRef *ref = iopt_map_get(&refs->index, name);
    void *at = refs->at;

    if (!ref) {
        ref = iopt_arena_alloc(refs->arena, 1, sizeof *ref);
        if (!ref || !(ref->name = iopt_arena_text(refs->arena, name)))
            return iopt_fail_memory(err, sizeof *ref);
        IOPT_TRY(iopt_grow(&at, &refs->capacity, refs->n + 1, sizeof ref, err));
        refs->at = at;
        refs->at[refs->n++] = ref;
        IOPT_TRY(iopt_map_set(&refs->index, ref->name, ref, err));
    }
    if (ref->erased) { /* counting begins again, which never ends at zero from above */
        ref->erased = false;
        ref->count = 0;
    }
    ref->count += by;
    if (count)
        *count = ref->count;
    return IOPT_OK;
}

void iopt_gtt_refs_free(IoptGttRefs *refs)
{
    free((void *)refs->at);
    iopt_map_free(&refs->index);
}

IoptStatus iopt_gtt_doom(IoptGttDoomed *doomed, const char *name, IoptError *err)
{
    void *at = (void *)doomed->at;

    IOPT_TRY(iopt_grow(&at, &doomed->capacity, doomed->n + 1, sizeof(char *), err));
    doomed->at = at;
    doomed->at[doomed->n++] = name;
    return IOPT_OK;
}

/* --- deleting ------------------------------------------------------------------------------ */

static IoptStatus release_inputs(const IoptListNode *node, IoptGttRefs *refs, IoptGttDoomed *doomed,
                                 IoptError *err)
{
    long count;

    for (size_t i = 0; i < node->n_inputs; i++) {
        IOPT_TRY(iopt_gtt_refs_add(refs, node->inputs[i], -1, &count, err));
        if (count == 0)
            IOPT_TRY(iopt_gtt_doom(doomed, without_hat(node->inputs[i]), err));
    }
    return IOPT_OK;
}

static bool drop_inputs(IoptListNode *node, const char *name)
{
    size_t kept = 0;

    for (size_t i = 0; i < node->n_inputs; i++)
        if (strcmp(without_hat(node->inputs[i]), name) != 0)
            node->inputs[kept++] = node->inputs[i];
    const bool dropped = kept < node->n_inputs;
    node->n_inputs = kept;
    return dropped;
}

/* A ConcatV2 of fewer values; of one value it is an Identity. */
static IoptStatus shrink_concat(IoptListNode *node, IoptGttRefs *refs, IoptGttDoomed *doomed,
                                IoptError *err)
{
    long count;

    if (node->n_inputs > 2)
        return iopt_node_set_int(node->node, "N", (int64_t)node->n_inputs - 1, err);
    if (node->n_inputs < 2)
        return iopt_fail(err, IOPT_BAD_MODEL, "ConcatV2 should have at least two elements");
    IOPT_TRY(iopt_gtt_refs_add(refs, node->inputs[1], -1, &count, err));
    if (count != 0)
        return iopt_fail(err, IOPT_BAD_MODEL,
                         "Expect axis tensor of ConcatV2 node to only be referenced once.");
    IOPT_TRY(iopt_gtt_doom(doomed, node->inputs[1], err));
    node->n_inputs = 1;
    iopt_node_remove_attr(node->node, "N");
    return iopt_list_set_op(node, "Identity", err);
}

static IoptStatus adapt_reader(IoptListNode *node, IoptGttRefs *refs, IoptGttDoomed *doomed,
                               IoptError *err)
{
    if (iopt_is_op(node->node, "ConcatV2"))
        IOPT_TRY(shrink_concat(node, refs, doomed, err));
    if (node->n_inputs == 1 &&
        iopt_op_in(node->node->op, "Assign|Reshape|Equal|Mean|ScalarSummary"))
        IOPT_TRY(iopt_gtt_doom(doomed, node->node->name, err));
    return node->n_inputs == 0 ? iopt_gtt_doom(doomed, node->node->name, err) : IOPT_OK;
}

static IoptStatus delete_node(IoptNodeList *list, const char *name, IoptGttRefs *refs,
                              IoptGttDoomed *doomed, IoptError *err)
{
    size_t kept = 0;

    for (size_t i = 0; i < list->n_nodes; i++) {
        IoptListNode *const node = list->nodes[i];
        if (strcmp(node->node->name, name) == 0 && !iopt_is_op(node->node, "RestoreV2")) {
            IOPT_TRY(release_inputs(node, refs, doomed, err));
            continue;
        }
        list->nodes[kept++] = node;
        if (drop_inputs(node, name))
            IOPT_TRY(adapt_reader(node, refs, doomed, err));
    }
    list->n_nodes = kept;
    return IOPT_OK;
}

IoptStatus iopt_gtt_collect(IoptNodeList *list, IoptGttRefs *refs, IoptGttDoomed *doomed,
                            IoptError *err)
{
    for (size_t i = 0; i < refs->n; i++)
        if (!refs->at[i]->erased && refs->at[i]->count == 0)
            IOPT_TRY(iopt_gtt_doom(doomed, refs->at[i]->name, err));
    while (doomed->n)
        IOPT_TRY(delete_node(list, doomed->at[--doomed->n], refs, doomed, err));
    return IOPT_OK;
}
