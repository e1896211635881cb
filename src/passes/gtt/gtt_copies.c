/* Copies of nodes; the lists are the few nodes that stand for a match. */
#include "passes/gtt/gtt_copies.h"

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
