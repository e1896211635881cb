/* Copies of nodes. */
#include "passes/gtt/gtt_copies.h"

/* The list holds the few nodes that stand for a match. */
static bool has(const IoptNodeList *list, const char *name)
{
    for (size_t i = 0; i < list->n_nodes; i++)
        if (strcmp(list->nodes[i]->node->name, name) == 0)
            return true;
    return false;
}

IoptStatus iopt_gtt_add_copies(IoptNodeList *list, const IoptListNode *const *nodes, size_t count,
                               IoptError *err)
{
    IoptListNode *copy;

    for (size_t i = 0; i < count; i++)
        if (!has(list, nodes[i]->node->name))
            IOPT_TRY(iopt_list_add_copy(list, nodes[i], &copy, err));
    return IOPT_OK;
}

IoptStatus iopt_gtt_change_each(const IoptNodeList *in, IoptGttChange *change, const void *setting,
                                IoptNodeList **out, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptNodeList *list = NULL;
    IoptListNode *copy;

    *out = NULL;
    IOPT_DO(iopt_list_create(in, &list, err));
    for (size_t i = 0; i < in->n_nodes; i++) {
        IOPT_DO(iopt_list_add_copy(list, in->nodes[i], &copy, err));
        IOPT_DO(change(copy, setting, err));
    }
    *out = list;
    list = NULL;
done:
    iopt_list_destroy(list);
    return status;
}
