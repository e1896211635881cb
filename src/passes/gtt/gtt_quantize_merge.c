/* quantize_nodes: what two quantized nodes need no longer between them. */
#include "passes/gtt/gtt_build.h"
#include "passes/gtt/gtt_copies.h"
#include "passes/gtt/gtt_names.h"
#include "passes/gtt/gtt_quantize.h"
#include "passes/gtt/gtt_rename.h"
#include "passes/gtt/gtt_replace.h"

static IoptStatus add_copy(IoptNodeList *made, const IoptListNode *node, IoptError *err)
{
    IoptListNode *copy;
    return iopt_list_add_copy(made, node, &copy, err);
}

/* --- two Requantizes in a row: the outer one's range is known, the inner one's measured ------ */

static IoptStatus merge(const IoptGttSite *site, void *user, IoptNodeList *made, IoptError *err)
{
    const IoptGttMatch *const outer = site->match;
    const IoptListNode *const sums = outer->in[0].in[0].in[0].in[0].node;
    const IoptListNode *const min = outer->in[3].node, *const max = outer->in[4].node;
    const IoptListNode *const middle = outer->in[0].in[0].node; /* the only one with an old name */
    const IoptTransformContext *const context = site->context;
    const IoptGttQuantize *const *const settings = user;
    IoptListNode *copy;

    if ((*settings)->extended && iopt_gtt_is_port(context, middle->node->name, true))
        return iopt_gtt_add_copies(made, site->nodes, site->n_nodes, err);
    IOPT_TRY(add_copy(made, sums, err));
    IOPT_TRY(add_copy(made, min, err));
    IOPT_TRY(add_copy(made, max, err));
    IOPT_TRY(iopt_list_add_copy(made, outer->node, &copy, err));
    iopt_list_clear_inputs(copy);
    for (int port = 0; port < 3; port++)
        IOPT_TRY(iopt_gtt_add_inputf(copy, err, "%s:%d", sums->node->name, port));
    IOPT_TRY(iopt_list_add_input(copy, min->node->name, err));
    return iopt_list_add_input(copy, max->node->name, err);
}

IoptStatus iopt_gtt_merge_requantizes(const IoptNodeList *in, const IoptGttQuantize *settings,
                                      IoptNodeList **out, IoptError *err)
{
    static const IoptGttPattern any = { .op = "*" }, constant = { .op = "Const" };
    static const IoptGttPattern range = { .op = "RequantizationRange" };
    static const IoptGttPattern same = { .op = "Requantize" }, quantize = { .op = "QuantizeV2" };
    const IoptGttPattern inner[] = { any, any, any, range, range };
    const IoptGttPattern dequantize[] = { { "Requantize", 5, inner }, same, same };
    const IoptGttPattern codes[] = { { "Dequantize", 3, dequantize }, constant, constant };
    const IoptGttPattern outer[] = {
        { "QuantizeV2", 3, codes }, quantize, quantize, constant, constant
    };
    const IoptGttPattern pattern = { "Requantize", 5, outer };
    const IoptGttRule rule = { .pattern = &pattern, .generate = merge, .user = &settings };

    return iopt_gtt_replace(in, settings->context, &rule, out, err);
}

/* --- back to float and to codes again -------------------------------------------------------- */

/* The readers of the new codes read the old ones.  The range is not carried over: it is the one
 * that the old codes have.  Whoever else reads the floats finds them as they were. */
static IoptStatus cut(const IoptGttSite *site, void *user, IoptNodeList *made, IoptError *err)
{
    const IoptTransformContext *const context = site->context;
    const IoptListNode *const quantize = site->match->node;
    const IoptListNode *const dequantize = site->match->in[0].node;
    const char *const name = dequantize->node->name;

    if (dequantize->n_inputs < 3)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "Dequantize '%s': want 3 inputs; got %zu",
                         name, dequantize->n_inputs);
    for (int port = 0; port < 3; port++) {
        const char *const from =
            iopt_arena_printf(made->carrier->arena, "%s:%d", quantize->node->name, port);
        if (!from)
            return iopt_fail_memory(err, strlen(name));
        IOPT_TRY(iopt_gtt_renames_set(user, from, dequantize->inputs[port], err));
    }
    if (!iopt_gtt_used_outside(site, dequantize) &&
        !iopt_gtt_contains_node(context->outputs, context->n_outputs, name))
        return IOPT_OK;
    for (size_t i = 0; i < site->n_nodes; i++)
        IOPT_TRY(add_copy(made, site->nodes[i], err));
    return IOPT_OK;
}

IoptStatus iopt_gtt_cut_dequantizes(const IoptNodeList *in, const IoptGttQuantize *settings,
                                    IoptNodeList **out, IoptError *err)
{
    static const IoptGttPattern inputs[] = { { .op = "Dequantize" },
                                             { .op = "Min" },
                                             { .op = "Max" } };
    static const IoptGttPattern pattern = { "QuantizeV2", 3, inputs };
    IoptStatus status = IOPT_OK;
    IoptGttRenames renames = { 0 };
    IoptNodeList *made = NULL;
    const IoptGttRule rule = {
        .pattern = &pattern, .generate = cut, .user = &renames, .allow_inconsistencies = true
    };

    *out = NULL;
    IOPT_DO(iopt_gtt_replace(in, settings->context, &rule, &made, err));
    IOPT_DO(iopt_gtt_rename_inputs(made, &renames, NULL, 0, out, err));
done:
    iopt_list_destroy(made);
    iopt_gtt_renames_free(&renames);
    return status;
}
