/* remove_identities: Identity(x) -> x, for every op that hands its input through at inference.
 *
 *   exactness  same bits
 *   keeps      an identity that is a graph output and whose input is a graph input or another
 *              output: there the node is all that the output's name has to stand on
 */
#include "passes/bypass.h"
#include "passes/pass.h"

enum { ANY, IDENTITY, N_SLOTS };

static const IoptPattern pattern[N_SLOTS] = {
    [IDENTITY] = { .op = "Identity|StopGradient|PreventGradient|Snapshot|CheckNumerics|"
                         "CheckNumericsV2|Print|PlaceholderWithDefault" },
};

static IoptStatus rewrite(IoptEdit *edit, IoptNode *const *at, IoptError *err)
{
    if (at[IDENTITY]->n_in == 0)
        return iopt_edit_skip(edit, "it has no input");
    return iopt_bypass(edit, at[IDENTITY], 0, err);
}

const IoptPass iopt_pass_remove_identities = {
    .name = "remove_identities",
    .brief = "drop Identity, StopGradient, CheckNumerics and their like",
    .exactness = IOPT_SAME_BITS,
    .pattern = pattern,
    .n_pattern = N_SLOTS,
    .rewrite = rewrite,
};
