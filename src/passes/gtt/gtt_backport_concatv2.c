/* backport_concatv2: ConcatV2(values..., axis) -> Concat(axis, values...), for old runtimes and for
 * quantize_nodes, which knows the old op only.
 *
 *   quirk  with --strict-compat the last input goes first even if it is a control input, and the
 *          graph cannot be used
 */
#include "passes/gtt/gtt_names.h"
#include "passes/gtt/gtt_replace.h"

static IoptStatus generate(const IoptGttSite *site, void *user, IoptNodeList *made, IoptError *err)
{
    const IoptListNode *const old = site->match->node;
    const size_t n = site->context->strict_compat ? old->n_inputs : iopt_gtt_data_inputs(old);
    IoptListNode *copy;

    (void)user;
    if (n == 0)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "ConcatV2 '%s' has no inputs",
                         old->node->name);
    if (n > iopt_gtt_data_inputs(old))
        iopt_gtt_say(site->context, "strict: the control input of '%s' becomes its axis",
                     old->node->name);
    IOPT_TRY(iopt_list_add_copy(made, old, &copy, err));
    copy->inputs[0] = old->inputs[n - 1]; /* control inputs come last */
    for (size_t i = 1; i < n; i++)
        copy->inputs[i] = old->inputs[i - 1];
    iopt_node_remove_attr(copy->node, "Tidx");
    return iopt_list_set_op(copy, "Concat", err);
}

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    static const IoptGttPattern pattern = { .op = "ConcatV2" };
    const IoptGttRule rule = { &pattern, generate, NULL, true };

    return iopt_gtt_replace(in, context, &rule, out, err);
}

const IoptTransform iopt_transform_backport_concatv2 = {
    .name = "backport_concatv2", .brief = "turn ConcatV2 into the older Concat", .run = run
};
