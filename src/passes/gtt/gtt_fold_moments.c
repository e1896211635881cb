/* fold_moments: mean and variance of one value  ->  one node Moments with two outputs
 *
 *     M = Mean(x, axes);  V = Mean((x - M) * (x - M), axes)
 *
 * Moments is no op of TensorFlow: the result is for runtimes that have it.
 *
 *   source  the transform of this name in forks of TensorFlow's tool
 */
#include "passes/gtt/gtt_build.h"
#include "passes/gtt/gtt_rename.h"

static IoptStatus add_moments(const IoptListNode *mean, const char *axes, IoptNodeList *made,
                              IoptError *err)
{
    const char *const name =
        iopt_arena_printf(made->carrier->arena, "%s__moments", mean->node->name);
    IoptListNode *node;

    if (!name)
        return iopt_fail_memory(err, strlen(mean->node->name));
    IOPT_TRY(iopt_list_add(made, name, "Moments", &node, err));
    IOPT_TRY(iopt_node_set_type(node->node, "T", IOPT_F32, err));
    IOPT_TRY(iopt_gtt_copy_attr(mean, "keep_dims", node, "keep_dims", err));
    IOPT_TRY(iopt_gtt_copy_attr(mean, "Tidx", node, "Tidx", err));
    IOPT_TRY(iopt_list_add_input(node, mean->inputs[0], err));
    return iopt_list_add_input(node, axes, err);
}

static IoptStatus rename_to(IoptGttRenames *renames, IoptArena *arena, const char *from,
                            const char *mean, int port, IoptError *err)
{
    const char *const to = iopt_arena_printf(arena, "%s__moments:%d", mean, port);

    if (!to)
        return iopt_fail_memory(err, strlen(mean));
    return iopt_gtt_renames_set(renames, from, to, err);
}

static IoptStatus generate(const IoptGttSite *site, void *user, IoptNodeList *made, IoptError *err)
{
    IoptArena *const arena = made->carrier->arena;
    const IoptGttMatch *const centered = &site->match->in[0].in[0];
    const IoptListNode *const mean = centered->in[1].node, *const old = centered->in[1].in[1].node;
    const char *const name = mean->node->name;
    const char *const axes_name = iopt_arena_printf(arena, "%s_axes", name);
    IoptListNode *node;

    if (!axes_name)
        return iopt_fail_memory(err, strlen(name));
    if (strcmp(centered->node->inputs[0], mean->inputs[0]) != 0)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "Mean '%s' is of '%s', which is not what '%s' subtracts it from: '%s'",
                         name, mean->inputs[0], centered->node->node->name,
                         centered->node->inputs[0]);
    IOPT_TRY(add_moments(mean, axes_name, made, err));
    IOPT_TRY(iopt_list_add(made, axes_name, "Const", &node, err));
    IOPT_TRY(iopt_gtt_copy_attr(old, "dtype", node, "dtype", err));
    IOPT_TRY(iopt_gtt_copy_attr(old, "value", node, "value", err));
    IOPT_TRY(iopt_list_add_copy(made, centered->in[1].in[0].node, &node, err));
    IOPT_TRY(rename_to(user, arena, name, name, 0, err));
    return rename_to(user, arena, site->match->node->node->name, name, 1, err);
}

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    static const IoptGttPattern any = { .op = "*" }, constant = { .op = "Const" };
    const IoptGttPattern mean[] = { any, constant };
    const IoptGttPattern centered[] = { any, { "Mean", 2, mean } };
    const IoptGttPattern square[] = { { "Sub", 2, centered }, any };
    const IoptGttPattern variance[] = { { "Mul", 2, square }, constant };
    const IoptGttPattern pattern = { "Mean", 2, variance };

    return iopt_gtt_replace_and_rename(in, context, &pattern, generate, out, err);
}

const IoptTransform iopt_transform_fold_moments = {
    .name = "fold_moments",
    .brief = "join mean and variance of a value into one node Moments",
    .historic = true,
    .run = run
};
