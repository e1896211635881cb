/* add_default_attributes: every node says what it left to the defaults of its op (TensorFlow
 * 1.15's).
 *
 *   keeps   versions, which nearly all other transforms drop
 */
#include "passes/gtt/gtt_functions.h"
#include "passes/gtt/gtt_op_def.h"

static IoptStatus add_defaults(IoptNodeList *list, IoptError *err)
{
    for (size_t i = 0; i < list->n_nodes; i++) {
        IoptListNode *const node = list->nodes[i];
        const IoptOpDef *const def = iopt_op_def_find(node->node->op);
        bool is_known = def != NULL;
        if (def)
            IOPT_TRY(iopt_op_def_add_defaults(def, node, err));
        else
            IOPT_TRY(iopt_gtt_function_defaults(list, node, &is_known, err));
        if (!is_known)
            return iopt_op_def_fail(node->node->op, err);
    }
    return IOPT_OK;
}

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    IoptNodeList *list;

    (void)context;
    *out = NULL;
    IOPT_TRY(iopt_list_clone(in, &list, err));
    const IoptStatus status = add_defaults(list, err);
    if (status == IOPT_OK)
        *out = list;
    else
        iopt_list_destroy(list);
    return status;
}

const IoptTransform iopt_transform_add_default_attributes = {
    .name = "add_default_attributes",
    .brief = "spell out attributes that nodes left to their defaults",
    .run = run
};
