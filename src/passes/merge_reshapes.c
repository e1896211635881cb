/* merge_reshapes: Reshape(Reshape(x, a), b) -> Reshape(x, b), with Squeeze and ExpandDims inside.
 *
 *   exactness  same bits: the elements keep their order
 */
#include "passes/pass.h"

enum { ANY, OUTER, INNER, N_SLOTS };

static const IoptPattern pattern[N_SLOTS] = {
    [OUTER] = { .op = "Reshape", .in = { INNER } },
    [INNER] = { .op = "Reshape|Squeeze|ExpandDims" },
};

static IoptStatus rewrite(IoptEdit *edit, IoptNode *const *at, IoptError *err)
{
    IoptNode *merged;

    IOPT_TRY(iopt_edit_clone(edit, at[OUTER], &merged, err));
    IOPT_TRY(iopt_node_set_input(merged, 0, at[INNER]->in[0], err));
    return iopt_edit_replace(edit, at[OUTER], merged, err);
}

const IoptPass iopt_pass_merge_reshapes = {
    .name = "merge_reshapes",
    .brief = "make one Reshape of a chain of them",
    .after = "fold_constants",
    .exactness = IOPT_SAME_BITS,
    .pattern = pattern,
    .n_pattern = N_SLOTS,
    .rewrite = rewrite,
};
