/* quantize_nodes: convolutions, products, sums, pools and the like on eight-bit codes.
 *
 * Every node becomes one on codes between a QuantizeV2, whose range is measured in each run, and a
 * Dequantize; where one quantized node feeds another, the way over floats is cut.  Outside, the
 * graph stays float under its old names.  What is measured for nobody is left behind for
 * strip_unused_nodes.
 *
 * With extended=true AddV2, ConcatV2 and DepthwiseConv2dNative become codes, too; what would
 * compute something else on codes stays float, and is told; constant tensors have ranges that every
 * op takes; a FakeQuant moves over ops that keep the order of values only.  TensorFlow 1.15 imports
 * all of it; it has a kernel for QuantizedDepthwiseConv2D in its builds for MKL only, so for others
 * say ignore_op=DepthwiseConv2dNative as well.
 *
 *   exactness  lossy: a step of a range's 255th per node
 */
#include <stdlib.h>

#include "base/compiler.h"
#include "passes/gtt/gtt_build.h"
#include "passes/gtt/gtt_quantize.h"
#include "passes/gtt/gtt_rename.h"
#include "passes/gtt/gtt_replace.h"
#include "passes/gtt/gtt_sort.h"

extern const IoptTransform iopt_transform_merge_duplicate_nodes;

/* --- placeholders that are fed with codes ---------------------------------------------------- */

typedef struct Placeholders {
    IoptRange range;
    IoptGttRenames renames;
    const char **dequantizes; /* the only ones that go on reading the placeholders */
    size_t n, capacity;
} Placeholders;

static IoptStatus add_placeholder(const IoptGttSite *site, void *user, IoptNodeList *made,
                                  IoptError *err)
{
    Placeholders *const all = user;
    IoptArena *const arena = made->carrier->arena;
    const char *const name = site->match->node->node->name;
    const char *const min = iopt_arena_printf(arena, "%s_eightbit/min", name);
    const char *const max = iopt_arena_printf(arena, "%s_eightbit/max", name);
    const char *const dequantize = iopt_arena_printf(arena, "%s_eightbit/dequantize", name);
    void *names = all->dequantizes;
    IoptListNode *node;

    if (!min || !max || !dequantize)
        return iopt_fail_memory(err, strlen(name));
    IOPT_TRY(iopt_list_add_copy(made, site->match->node, &node, err));
    IOPT_TRY(iopt_node_set_type(node->node, "dtype", IOPT_QU8, err));
    IOPT_TRY(iopt_gtt_add_const_f32(made, min, all->range.min, &node, err));
    IOPT_TRY(iopt_gtt_add_const_f32(made, max, all->range.max, &node, err));
    IOPT_TRY(iopt_gtt_add_dequantize(made, dequantize, name, min, max, err));
    IOPT_TRY(iopt_grow(&names, &all->capacity, all->n + 1, sizeof *all->dequantizes, err));
    all->dequantizes = names;
    all->dequantizes[all->n++] = dequantize;
    return iopt_gtt_renames_set(&all->renames, name, dequantize, err);
}

static IoptStatus quantize_placeholders(const IoptNodeList *in, const IoptGttQuantize *settings,
                                        IoptNodeList **out, IoptError *err)
{
    static const IoptGttPattern pattern = { .op = "Placeholder" };
    IoptStatus status = IOPT_OK;
    Placeholders all = { .range = settings->input };
    const IoptGttRule rule = { .pattern = &pattern, .generate = add_placeholder, .user = &all };
    IoptNodeList *made = NULL;

    if (!settings->has_input)
        return iopt_list_clone(in, out, err);
    *out = NULL;
    IOPT_DO(iopt_gtt_replace(in, settings->context, &rule, &made, err));
    IOPT_DO(iopt_gtt_rename_inputs(made, &all.renames, all.dequantizes, all.n, out, err));
done:
    iopt_list_destroy(made);
    iopt_gtt_renames_free(&all.renames);
    free(all.dequantizes);
    return status;
}

static IoptStatus merge_duplicates(const IoptNodeList *in, const IoptGttQuantize *settings,
                                   IoptNodeList **out, IoptError *err)
{
    return iopt_transform_merge_duplicate_nodes.run(in, settings->context, out, err);
}

/* --- the whole ------------------------------------------------------------------------------- */

/* Reads a range, of which both ends are given or none. */
static IoptStatus read_range(const IoptTransformContext *context, const char *min, const char *max,
                             bool *given, IoptRange *out, IoptError *err)
{
    const bool has_min = iopt_gtt_param_count(context, min) != 0;

    *given = has_min;
    if (has_min != (iopt_gtt_param_count(context, max) != 0))
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "You must pass both %s and %s into quantize_nodes", min, max);
    IOPT_TRY(iopt_gtt_param_float(context, min, 0, &out->min, err));
    return iopt_gtt_param_float(context, max, 0, &out->max, err);
}

/* Ranges that are given have to hold for every op that will see them. */
static IoptStatus check_ranges(const IoptGttQuantize *settings, IoptError *err)
{
    const IoptRange *const range = &settings->fallback;

    if (settings->has_fallback && !(range->min <= 0 && range->max >= 0 && range->max > range->min))
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "want fallback_min <= 0 <= fallback_max, and a range; got %g, %g",
                         (double)range->min, (double)range->max);
    if (settings->has_input && !(settings->input.max > settings->input.min))
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "want input_min < input_max; got %g, %g",
                         (double)settings->input.min, (double)settings->input.max);
    return IOPT_OK;
}

static IoptStatus run_phases(const IoptNodeList *in, const IoptGttQuantize *settings,
                             IoptNodeList **out, IoptError *err)
{
    static IoptGttPhase *const phases[] = {
        iopt_gtt_extend,
        quantize_placeholders,
        iopt_gtt_hoist_fake_quants,
        iopt_gtt_convert_fake_quants,
        iopt_gtt_quantize_ops,
        iopt_gtt_merge_requantizes,
        merge_duplicates,
        iopt_gtt_cut_dequantizes,
        iopt_gtt_guard_ranges,
    };
    IoptNodeList *before = NULL, *after;

    for (size_t i = 0; i < IOPT_COUNT(phases); i++) {
        IoptStatus status = phases[i](before ? before : in, settings, &after, err);
        iopt_list_destroy(before);
        if (status == IOPT_OK)
            status = iopt_gtt_check_valid(after, settings->context, err);
        if (status != IOPT_OK) {
            iopt_list_destroy(after);
            return status;
        }
        before = after;
    }
    *out = before;
    return IOPT_OK;
}

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    IoptMap stays = { 0 };
    IoptGttQuantize settings = { .context = context,
                                 .ignored = iopt_gtt_param(context, "ignore_op"),
                                 .stays = &stays };

    *out = NULL;
    IOPT_TRY(iopt_gtt_param_bool(context, "extended", false, &settings.extended, err));
    IOPT_TRY(
        read_range(context, "input_min", "input_max", &settings.has_input, &settings.input, err));
    IOPT_TRY(read_range(context, "fallback_min", "fallback_max", &settings.has_fallback,
                        &settings.fallback, err));
    if (settings.extended)
        IOPT_TRY(check_ranges(&settings, err));
    const IoptStatus status = run_phases(in, &settings, out, err);
    iopt_map_free(&stays);
    return status;
}

static const IoptTransformParam params[] = {
    { "input_min", "X", "with input_max: placeholders are fed with codes of this range" },
    { "input_max", "X", "the upper end of that range" },
    { "fallback_min", "X", "with fallback_max: the range of all sums, instead of measured ones" },
    { "fallback_max", "X", "the upper end of that range" },
    { "ignore_op", "OP", "an op that stays float; may be given several times" },
    { "extended", "BOOL", "newer ops, too; what codes would change stays float (false); ours" },
    { 0 },
};

const IoptTransform iopt_transform_quantize_nodes = {
    .name = "quantize_nodes",
    .brief = "compute convolutions, products and pools on eight-bit codes",
    .params = params,
    .run = run
};
