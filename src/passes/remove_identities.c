/* remove_identities: Identity(x) -> x, for every op that hands its input through at inference.
 *
 *   exactness  same bits
 *   keeps      an identity that is a graph output and whose input is a graph input or another
 * output: there the node is all that the output's name has to stand on
 */
#include "passes/pass.h"

enum { ANY, IDENTITY, N_SLOTS };

static const IoptPattern pattern[N_SLOTS] = {
    [IDENTITY] = { .op = "Identity|StopGradient|PreventGradient|Snapshot|CheckNumerics|"
                         "CheckNumericsV2|Print|PlaceholderWithDefault" },
};

/* The output's name has to live on: the producer takes it, unless the producer's own name counts.
 */
static bool can_take_name(const IoptNode *producer, int port)
{
    return port == 0 && !iopt_is_input(producer) && !iopt_is_output(producer) &&
           !iopt_op_in(producer->op, "Placeholder|PlaceholderWithDefault|Const");
}

static IoptStatus rewrite(IoptEdit *edit, IoptNode *const *at, IoptError *err)
{
    IoptNode *const identity = at[IDENTITY], *producer, *renamed;

    if (iopt_is_input(identity))
        return iopt_edit_skip(edit, "it is fed");
    if (identity->n_in == 0)
        return iopt_edit_skip(edit, "it has no input");
    producer = identity->in[0].node;
    if (!iopt_is_output(identity))
        return iopt_edit_replace_value(edit, (IoptValue){ identity, 0 }, identity->in[0], err);
    if (!can_take_name(producer, identity->in[0].port))
        return iopt_edit_skip(edit, "it is the output and '%s' keeps its own name", producer->name);
    IOPT_TRY(iopt_edit_clone(edit, producer, &renamed, err));
    IOPT_TRY(iopt_edit_replace(edit, identity, renamed, err));
    for (size_t port = 0; port < producer->n_out; port++)
        IOPT_TRY(iopt_edit_replace_value(edit, (IoptValue){ producer, (int)port },
                                         (IoptValue){ renamed, (int)port }, err));
    return IOPT_OK;
}

const IoptPass iopt_pass_remove_identities = {
    .name = "remove_identities",
    .brief = "drop Identity, StopGradient, CheckNumerics and their like",
    .exactness = IOPT_SAME_BITS,
    .pattern = pattern,
    .n_pattern = N_SLOTS,
    .rewrite = rewrite,
};
