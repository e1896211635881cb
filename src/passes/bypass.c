/* Taking a node out of the way. */
#include "passes/bypass.h"

/* The output's name has to live on: the producer takes it, unless its own name counts. */
static bool can_take_name(IoptValue value)
{
    return value.port == 0 && !iopt_is_input(value.node) && !iopt_is_output(value.node) &&
           !iopt_op_in(value.node->op, "Placeholder|PlaceholderWithDefault|Const");
}

/* A copy of the producer under the output's name, which everybody reads from then on. */
static IoptStatus rename_producer(IoptEdit *edit, IoptNode *node, IoptNode *producer,
                                  IoptError *err)
{
    IoptNode *renamed;

    IOPT_TRY(iopt_edit_clone(edit, producer, &renamed, err));
    IOPT_TRY(iopt_edit_replace(edit, node, renamed, err));
    for (size_t port = 0; port < producer->n_out; port++)
        IOPT_TRY(iopt_edit_replace_value(edit, (IoptValue){ producer, (int)port },
                                         (IoptValue){ renamed, (int)port }, err));
    return IOPT_OK;
}

IoptStatus iopt_bypass(IoptEdit *edit, IoptNode *node, size_t slot, IoptError *err)
{
    if (iopt_is_input(node))
        return iopt_edit_skip(edit, "it is fed");
    if (node->n_control)
        return iopt_edit_skip(edit, "something has to run before it");
    if (!iopt_is_output(node))
        return iopt_edit_replace_value(edit, (IoptValue){ node, 0 }, node->in[slot], err);
    if (!can_take_name(node->in[slot]))
        return iopt_edit_skip(edit, "it is the output and '%s' keeps its own name",
                              node->in[slot].node->name);
    return rename_producer(edit, node, node->in[slot].node, err);
}
