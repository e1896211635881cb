/* hoist_relus: Relu(Concat(a, b)) -> Concat(Relu(a), Relu(b)), where nobody else reads the Concat.
 *
 * So each Relu meets the sum or the layer that made its part, and costs no step of its own.  In
 * eight bits the parts then have no values below zero to spend half of their codes on: that is
 * where NASNets lose most, whose cells begin with a Relu of a concatenation.
 *
 *   after      merge_duplicates: two Relus of one Concat are one by then
 *   exactness  same bits
 */
#include <stdio.h>

#include "passes/pass.h"

enum { ANY, RELU, CONCAT, N_SLOTS };

static const IoptPattern pattern[N_SLOTS] = {
    [RELU] = { .op = "Relu|Relu6", .in = { CONCAT } },
    [CONCAT] = { .op = "ConcatV2|Concat", .sole_user = true },
};

static IoptStatus rewrite(IoptEdit *edit, IoptNode *const *at, IoptError *err)
{
    const IoptNode *const relu = at[RELU], *const concat = at[CONCAT];
    const size_t first = iopt_is_op(concat, "Concat") ? 1 : 0; /* its axis comes first */
    const IoptDType dtype = iopt_attr_type(relu, "T", IOPT_F32);
    IoptNode *made, *part;
    char name[512];

    IOPT_TRY(iopt_edit_clone(edit, concat, &made, err));
    for (size_t i = 0; i + 1 < concat->n_in; i++) {
        (void)snprintf(name, sizeof name, "%s/part_%zu", relu->name, i);
        IOPT_TRY(iopt_edit_add(edit, name, relu->op, relu, &part, err));
        IOPT_TRY(iopt_node_set_type(part, "T", dtype, err));
        IOPT_TRY(iopt_node_add_input(part, concat->in[first + i], err));
        IOPT_TRY(iopt_node_set_input(made, first + i, (IoptValue){ part, 0 }, err));
    }
    return iopt_edit_replace(edit, at[RELU], made, err);
}

const IoptPass iopt_pass_hoist_relus = {
    .name = "hoist_relus",
    .brief = "move a Relu behind a Concat to the Concat's inputs",
    .after = "merge_duplicates",
    .exactness = IOPT_SAME_BITS,
    .pattern = pattern,
    .n_pattern = N_SLOTS,
    .rewrite = rewrite,
};
