/* fold_batch_norms_algebraic: a batch norm spelled out  ->  one node BatchNorm
 *
 *     k = rsqrt(variance + epsilon) * gamma;  y = x * k + (beta - mean * k)
 *
 * BatchNorm is no op of TensorFlow: the result is for runtimes that have it.  Its inputs are gamma,
 * beta, mean and variance; x is kept, but no input of it, as in the original.
 *
 *   source  the transform of this name in forks of TensorFlow's tool
 */
#include "passes/gtt/gtt_build.h"
#include "passes/gtt/gtt_rename.h"

/* What a match stands for. */
typedef struct BatchNorm {
    const IoptListNode *x, *mean, *variance, *epsilon, *gamma, *beta;
    const char *mean_input, *variance_input; /* as spelled */
} BatchNorm;

static IoptStatus read_match(const IoptGttMatch *add, BatchNorm *out, IoptError *err)
{
    const IoptGttMatch *const scaled = &add->in[0], *const k = &scaled->in[1];
    const IoptGttMatch *const shift = &add->in[1], *const mean = &shift->in[1];
    const IoptGttMatch *const sum = &k->in[0].in[0];

    if (mean->in[1].node != k->node)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "Mul '%s' scales the mean, but Mul '%s' scales the input of '%s'",
                         mean->in[1].node->node->name, k->node->node->name, add->node->node->name);
    *out = (BatchNorm){
        .x = scaled->in[0].node,
        .mean = mean->in[0].node,
        .variance = sum->in[0].node,
        .epsilon = sum->in[1].node,
        .gamma = k->in[1].node,
        .beta = shift->in[0].node,
        .mean_input = mean->node->inputs[0],
        .variance_input = sum->node->inputs[0],
    };
    return IOPT_OK;
}

static IoptStatus build(const BatchNorm *norm, const char *name, IoptNodeList *made, IoptError *err)
{
    const IoptListNode *const kept[] = { norm->gamma, norm->beta, norm->mean, norm->variance,
                                         norm->x };
    IoptListNode *node;

    IOPT_TRY(iopt_list_add(made, name, "BatchNorm", &node, err));
    IOPT_TRY(iopt_node_set_type(node->node, "T", IOPT_F32, err));
    IOPT_TRY(iopt_gtt_copy_attr(norm->epsilon, "value", node, "epsilon", err));
    IOPT_TRY(iopt_list_add_input(node, norm->gamma->node->name, err));
    IOPT_TRY(iopt_list_add_input(node, norm->beta->node->name, err));
    IOPT_TRY(iopt_list_add_input(node, norm->mean_input, err));
    IOPT_TRY(iopt_list_add_input(node, norm->variance_input, err));
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        IOPT_TRY(iopt_list_add_copy(made, kept[i], &node, err));
    return IOPT_OK;
}

static IoptStatus generate(const IoptGttSite *site, void *user, IoptNodeList *made, IoptError *err)
{
    const char *const old = site->match->node->node->name;
    const char *const name = iopt_arena_printf(made->carrier->arena, "%s__BatchNorm", old);
    BatchNorm norm = { 0 };

    if (!name)
        return iopt_fail_memory(err, strlen(old));
    IOPT_TRY(read_match(site->match, &norm, err));
    IOPT_TRY(build(&norm, name, made, err));
    return iopt_gtt_renames_set(user, old, name, err);
}

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    static const IoptGttPattern any = { .op = "*" }, constant = { .op = "Const" };
    static const IoptGttPattern same = { .op = "Mul" };
    const IoptGttPattern sum[] = { any, constant };
    const IoptGttPattern root[] = { { "Add", 2, sum } };
    const IoptGttPattern factor[] = { { "Rsqrt", 1, root }, constant };
    const IoptGttPattern scaled[] = { any, { "Mul", 2, factor } };
    const IoptGttPattern mean[] = { any, same };
    const IoptGttPattern shift[] = { constant, { "Mul", 2, mean } };
    const IoptGttPattern inputs[] = { { "Mul", 2, scaled }, { "Sub", 2, shift } };
    const IoptGttPattern pattern = { "Add", 2, inputs };

    return iopt_gtt_replace_and_rename(in, context, &pattern, generate, out, err);
}

const IoptTransform iopt_transform_fold_batch_norms_algebraic = {
    .name = "fold_batch_norms_algebraic",
    .brief = "join a batch norm that is spelled out into one node BatchNorm",
    .historic = true,
    .run = run
};
