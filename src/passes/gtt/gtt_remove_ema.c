/* remove_ema: FakeQuant(x, moving average of min, moving average of max)
 *               ->  FakeQuant(x, min, max)
 *
 * Undoes what fake_quantize_training built, once the averages are frozen: variables have become
 * constants, which hold the last averages, and need no updates any more.
 *
 *   source  the transform of this name in TensorFlow 1.4
 */
#include "passes/gtt/gtt_build.h"
#include "passes/gtt/gtt_replace.h"

static IoptStatus generate(const IoptGttSite *site, void *user, IoptNodeList *made, IoptError *err)
{
    const IoptGttMatch *const fake = site->match;
    const IoptListNode *const inputs[] = { fake->in[0].node, fake->in[1].in[0].node,
                                           fake->in[2].in[0].node };
    IoptListNode *node;

    (void)user;
    IOPT_TRY(iopt_list_add(made, fake->node->node->name, "FakeQuantWithMinMaxVars", &node, err));
    IOPT_TRY(iopt_gtt_copy_attr(fake->node, "narrow_range", node, "narrow_range", err));
    IOPT_TRY(iopt_gtt_copy_attr(fake->node, "num_bits", node, "num_bits", err));
    for (size_t i = 0; i < 3; i++)
        IOPT_TRY(iopt_list_add_input(node, inputs[i]->node->name, err));
    for (size_t i = 0; i < 3; i++)
        IOPT_TRY(iopt_list_add_copy(made, inputs[i], &node, err));
    return IOPT_OK;
}

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    static const IoptGttPattern any = { .op = "*" }, constant = { .op = "Const" };
    static const IoptGttPattern initialized = { .op = "IsVariableInitialized" };
    static const IoptGttPattern difference = { .op = "Sub" }, max = { .op = "Max" };
    const IoptGttPattern axes[] = { any, any, any };
    const IoptGttPattern measured[] = { any, { "Range", 3, axes } };
    const IoptGttPattern complement[] = { constant, constant };
    const IoptGttPattern step[] = { difference, { "Sub", 2, complement } };
    const IoptGttPattern average[] = { constant, { "Mul", 2, step } };
    const IoptGttPattern min_switch[] = { { "Min", 2, measured }, initialized };
    const IoptGttPattern max_switch[] = { max, initialized };
    const IoptGttPattern min_merge[] = { { "Switch", 2, min_switch }, { "Sub", 2, average } };
    const IoptGttPattern max_merge[] = { { "Switch", 2, max_switch }, { "Sub", 2, average } };
    const IoptGttPattern min_assign[] = { constant, { "Merge", 2, min_merge } };
    const IoptGttPattern max_assign[] = { constant, { "Merge", 2, max_merge } };
    const IoptGttPattern inputs[] = { any,
                                      { "Assign", 2, min_assign },
                                      { "Assign", 2, max_assign } };
    const IoptGttPattern pattern = { "FakeQuantWithMinMaxVars", 3, inputs };
    const IoptGttRule rule = { .pattern = &pattern, .generate = generate };

    return iopt_gtt_replace(in, context, &rule, out, err);
}

const IoptTransform iopt_transform_remove_ema = {
    .name = "remove_ema",
    .brief = "drop the moving averages behind frozen FakeQuant ranges",
    .historic = true,
    .run = run
};
