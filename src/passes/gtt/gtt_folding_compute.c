/* Computing the targets: every node that they need, once, in execution order. */
#include <stdlib.h>

#include "ops/op.h"
#include "passes/gtt/gtt_folding.h"

typedef struct Compute {
    IoptFolding *folding;
    IoptTensor ***values; /* by a node's index: its outputs while somebody needs them */
    size_t *needed;       /* by a node's index: how many readers and targets are still to come */
} Compute;

/* Who is needed, from the last node to the first: readers come behind what they read. */
static void count_needed(const Compute *compute)
{
    const IoptFolding *const folding = compute->folding;

    for (size_t i = 0; i < folding->n_targets; i++)
        compute->needed[folding->targets[i].node->index]++;
    for (size_t i = folding->n; i-- > 0;) {
        const IoptNode *const node = folding->import.graph->nodes[i];
        if (!compute->needed[i] || folding->from_shape[i])
            continue;
        for (size_t k = 0; k < node->n_in; k++)
            compute->needed[node->in[k].node->index]++;
    }
}

static void release(const Compute *compute, const IoptNode *node)
{
    IoptTensor **const values = compute->values[node->index];

    if (--compute->needed[node->index] || !values)
        return;
    for (size_t i = 0; i < node->n_out; i++)
        iopt_tensor_destroy(values[i]);
    free(values);
    compute->values[node->index] = NULL;
}

/* --- one node ------------------------------------------------------------------------------ */

static IoptStatus make_scalar(IoptDType dtype, int64_t value, IoptTensor **out, IoptError *err)
{
    const IoptShape scalar = iopt_shape_scalar();

    IOPT_TRY(iopt_tensor_create(dtype, &scalar, out, err));
    iopt_tensor_set_i64(*out, 0, value);
    return IOPT_OK;
}

static IoptStatus compute_from_shapes(const IoptNode *node, IoptTensor **out, IoptError *err)
{
    const IoptDType dtype = iopt_attr_type(node, "out_type", IOPT_I32);
    const IoptShape first = iopt_fact_at(node->in[0]).shape;
    size_t elems = 0;

    if (iopt_is_op(node, "Rank"))
        return make_scalar(IOPT_I32, first.rank, &out[0], err);
    if (iopt_is_op(node, "Size")) {
        (void)iopt_shape_elems(&first, &elems); /* known, or it would not have been chosen */
        return make_scalar(dtype, (int64_t)elems, &out[0], err);
    }
    for (size_t i = 0; i < node->n_out && i < node->n_in; i++) {
        const IoptShape of = iopt_fact_at(node->in[i]).shape;
        const IoptShape shape = iopt_shape(1, (const int64_t[]){ of.rank });
        IOPT_TRY(iopt_tensor_create(dtype, &shape, &out[i], err));
        for (int k = 0; k < of.rank; k++)
            iopt_tensor_set_i64(out[i], (size_t)k, of.dim[k]);
    }
    return IOPT_OK;
}

static IoptStatus fail_unfed(const IoptNode *node, IoptError *err)
{
    const IoptAttr *const shape = iopt_attr(node, "shape");
    const bool shaped = shape && shape->kind == IOPT_ATTR_SHAPE && shape->u.shape.rank > 0;

    return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                     "You must feed a value for placeholder tensor '%s' with dtype %s%s%s\n\t "
                     "[[{{node %s}}]]",
                     node->name, iopt_dtype_name(iopt_attr_type(node, "dtype", IOPT_DTYPE_NONE)),
                     shaped ? " and shape " : "", shaped ? iopt_shape_text(&shape->u.shape).s : "",
                     node->name);
}

static IoptStatus evaluate(const Compute *compute, const IoptNode *node, IoptTensor **out,
                           IoptError *err)
{
    IoptStatus status = IOPT_OK;
    void *block;

    if (iopt_is_op(node, "Placeholder") || iopt_is_op(node, "PlaceholderV2"))
        return fail_unfed(node, err);
    IOPT_TRY(iopt_alloc(&block, node->n_in, sizeof(IoptTensor *), err));
    const IoptTensor **const in = block;
    for (size_t i = 0; i < node->n_in; i++) {
        const IoptNode *const from = node->in[i].node;
        in[i] = iopt_is_op(from, "Const") ? iopt_const(from)
                                          : compute->values[from->index][node->in[i].port];
        if (!in[i]) {
            status = iopt_fail(err, IOPT_INVALID_ARGUMENT, "%s '%s' has no value that can be read",
                               from->op, from->name);
            goto done;
        }
    }
    IOPT_DO(iopt_gtt_as_argument(iopt_op_eval(iopt_op_find(node->op), node, in, out, err), err));
done:
    free(block);
    return status;
}

static IoptStatus compute_node(const Compute *compute, const IoptNode *node, IoptError *err)
{
    void *block;

    if (iopt_is_op(node, "Const"))
        return IOPT_OK;
    IOPT_TRY(iopt_alloc(&block, node->n_out, sizeof(IoptTensor *), err));
    IoptTensor **const out = block;
    compute->values[node->index] = out;
    if (compute->folding->from_shape[node->index])
        return compute_from_shapes(node, out, err);
    IOPT_TRY(evaluate(compute, node, out, err));
    for (size_t i = 0; i < node->n_in; i++)
        release(compute, node->in[i].node);
    return IOPT_OK;
}

static IoptStatus keep_targets(const Compute *compute, const IoptNode *node, IoptError *err)
{
    const IoptFolding *const folding = compute->folding;

    for (size_t i = 0; i < folding->n_targets; i++)
        if (folding->targets[i].node == node)
            IOPT_TRY(iopt_tensor_share(compute->values[node->index][folding->targets[i].port],
                                       &folding->targets[i].value, err));
    return IOPT_OK;
}

static IoptStatus compute_all(const Compute *compute, const bool *is_target, IoptError *err)
{
    const IoptFolding *const folding = compute->folding;

    for (size_t i = 0; i < folding->n; i++) {
        const IoptNode *const node = folding->import.graph->nodes[i];
        if (!compute->needed[i])
            continue;
        IOPT_TRY(compute_node(compute, node, err));
        if (is_target[i])
            IOPT_TRY(keep_targets(compute, node, err));
    }
    return IOPT_OK;
}

IoptStatus iopt_folding_compute(IoptFolding *folding, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    Compute compute = { .folding = folding };
    void *values = NULL, *needed = NULL, *is_target = NULL;

    IOPT_DO(iopt_alloc(&values, folding->n, sizeof(IoptTensor **), err));
    IOPT_DO(iopt_alloc(&needed, folding->n, sizeof(size_t), err));
    IOPT_DO(iopt_alloc(&is_target, folding->n, sizeof(bool), err));
    compute.values = values;
    compute.needed = needed;
    for (size_t i = 0; i < folding->n_targets; i++)
        ((bool *)is_target)[folding->targets[i].node->index] = true;
    count_needed(&compute);
    IOPT_DO(compute_all(&compute, is_target, err));
done:
    for (size_t i = 0; compute.values && i < folding->n; i++) {
        const IoptNode *const node = folding->import.graph->nodes[i];
        for (size_t k = 0; compute.values[i] && k < node->n_out; k++)
            iopt_tensor_destroy(compute.values[i][k]);
        free(compute.values[i]);
    }
    free(values);
    free(needed);
    free(is_target);
    return status;
}
