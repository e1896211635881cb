/* merge_transposes: Transpose(Transpose(x, p), q) -> Transpose(x, p[q]).
 *
 *   exactness  same bits; remove_noops then drops the pair that undoes itself
 */
#include "passes/pass.h"

enum { ANY, OUTER, INNER, Q, P, N_SLOTS };

static const IoptPattern pattern[N_SLOTS] = {
    [OUTER] = { .op = "Transpose", .in = { INNER, Q } },
    [INNER] = { .op = "Transpose", .in = { ANY, P } },
    [Q] = { .op = "Const" },
    [P] = { .op = "Const" },
};

static IoptStatus rewrite(IoptEdit *edit, IoptNode *const *at, IoptError *err)
{
    const IoptTensor *const p = iopt_const(at[P]), *const q = iopt_const(at[Q]);
    int32_t order[IOPT_MAX_RANK];
    IoptTensor *tensor;
    IoptNode *merged;

    if (!p || !q || iopt_elems(p) != iopt_elems(q) || iopt_elems(p) > IOPT_MAX_RANK)
        return iopt_edit_skip(edit, "the orders are of different rank");
    const int rank = (int)iopt_elems(p);
    for (int i = 0; i < rank; i++) {
        int axis;
        if (!iopt_axis(iopt_tensor_get_i64(q, (size_t)i), rank, &axis))
            return iopt_edit_skip(edit, "an axis is out of range");
        order[i] = (int32_t)iopt_tensor_get_i64(p, (size_t)axis);
    }
    IOPT_TRY(iopt_tensor_vector_i32(order, (size_t)rank, &tensor, err));
    IOPT_TRY(iopt_edit_clone(edit, at[OUTER], &merged, err));
    IOPT_TRY(iopt_node_set_type(merged, "Tperm", IOPT_I32, err));
    IOPT_TRY(iopt_node_set_input(merged, 0, at[INNER]->in[0], err));
    IOPT_TRY(iopt_edit_set_const(edit, merged, 1, tensor, err));
    return iopt_edit_replace(edit, at[OUTER], merged, err);
}

const IoptPass iopt_pass_merge_transposes = {
    .name = "merge_transposes",
    .brief = "make one Transpose of two",
    .after = "fold_constants",
    .exactness = IOPT_SAME_BITS,
    .pattern = pattern,
    .n_pattern = N_SLOTS,
    .rewrite = rewrite,
};
