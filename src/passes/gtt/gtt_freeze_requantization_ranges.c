/* freeze_requantization_ranges: RequantizationRange  ->  the range that runs show.
 *
 * A graph with insert_logging(op=RequantizationRange, show_name=true,
 * message="__requant_min_max:") writes a line like this for each node in each run:
 *
 *     ;conv/eightbit/requant_range__print__;__requant_min_max:[-2.43][10.58]
 *
 * Each node becomes two constants, NAME/frozen_min and NAME/frozen_max: percentiles of what its
 * lines say, so that a few outliers do not count.  Lines of any other form are skipped.  Without a
 * log file, and with images to calibrate on (iopt optimize --calibrate), the graph runs on each
 * image, and what its nodes give is taken for the log.
 */
#include <math.h>
#include <stdlib.h>

#include "passes/gtt/gtt_build.h"
#include "passes/gtt/gtt_names.h"
#include "passes/gtt/gtt_params.h"
#include "passes/gtt/gtt_rename.h"
#include "passes/gtt/gtt_requant_log.h"

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const IoptRequantRecord *)a)->name, ((const IoptRequantRecord *)b)->name);
}

static IoptStatus check_nodes(const IoptNodeList *in, const IoptRequantLog *records,
                              const IoptTransformContext *context, IoptError *err)
{
    IoptMap index = { 0 };
    bool all = true;

    IOPT_TRY(iopt_gtt_index(in, &index, err));
    for (size_t i = 0; i < records->n; i++)
        if (!iopt_map_get(&index, records->at[i].name)) {
            iopt_gtt_say(context, "Node from log not found in graph: %s", records->at[i].name);
            all = false;
        }
    iopt_map_free(&index);
    if (!all)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "Nodes were found in the log file that aren't present in the graph");
    return IOPT_OK;
}

static IoptStatus add_frozen(const IoptListNode *node, const char *bound, float value, int port,
                             IoptNodeList *made, IoptGttRenames *renames, IoptError *err)
{
    IoptArena *const arena = made->carrier->arena;
    const char *const name = node->node->name;
    const char *const frozen = iopt_arena_printf(arena, "%s/frozen_%s", name, bound);
    const char *const from = iopt_arena_printf(arena, "%s:%d", name, port);
    const char *const to = iopt_arena_printf(arena, "%s/frozen_%s:0", name, bound);
    IoptListNode *constant;

    if (!frozen || !from || !to)
        return iopt_fail_memory(err, strlen(name));
    IOPT_TRY(iopt_gtt_add_const_f32(made, frozen, value, &constant, err));
    return iopt_gtt_renames_set(renames, from, to, err);
}

static IoptStatus replace_nodes(const IoptNodeList *in, const IoptRequantLog *records,
                                IoptNodeList *made, IoptGttRenames *renames, IoptError *err)
{
    for (size_t i = 0; i < in->n_nodes; i++) {
        const IoptListNode *const node = in->nodes[i];
        const IoptRequantRecord key = { .name = node->node->name };
        const IoptRequantRecord *const record =
            bsearch(&key, records->at, records->n, sizeof key, compare_names);
        IoptListNode *copy;

        if (!record) {
            IOPT_TRY(iopt_list_add_copy(made, node, &copy, err));
            continue;
        }
        if (!iopt_is_op(node->node, "RequantizationRange"))
            return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                             "Node is expected to be a RequantizationRange op: %s, but is: %s",
                             node->node->name, node->node->op);
        IOPT_TRY(add_frozen(node, "min", record->min, 0, made, renames, err));
        IOPT_TRY(add_frozen(node, "max", record->max, 1, made, renames, err));
    }
    return IOPT_OK;
}

static IoptStatus freeze(const IoptNodeList *in, const IoptRequantLog *records, IoptNodeList **out,
                         IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptGttRenames renames = { 0 };
    IoptNodeList *made = NULL;

    IOPT_DO(iopt_list_create(in, &made, err));
    IOPT_DO(replace_nodes(in, records, made, &renames, err));
    IOPT_DO(iopt_gtt_rename_inputs(made, &renames, NULL, 0, out, err));
done:
    iopt_list_destroy(made);
    iopt_gtt_renames_free(&renames);
    return status;
}

/* What was measured may be used for numbers only. */
static IoptStatus check_measured(const IoptRequantLog *records, const IoptTransformContext *context,
                                 IoptError *err)
{
    for (size_t i = 0; i < records->n; i++)
        if (!isfinite(records->at[i].min) || !isfinite(records->at[i].max))
            return iopt_fail(err, IOPT_BAD_DATA, "the range of '%s' is %g .. %g on the images",
                             records->at[i].name, (double)records->at[i].min,
                             (double)records->at[i].max);
    if (records->n == 0)
        iopt_gtt_say(context, "there is no RequantizationRange to freeze");
    return IOPT_OK;
}

static IoptStatus collect(const IoptNodeList *in, const IoptTransformContext *context,
                          IoptRequantLog *records, IoptError *err)
{
    IoptRequantCut cut;
    const char *path;

    IOPT_TRY(iopt_gtt_param_text(context, "min_max_log_file", "", &path, err));
    IOPT_TRY(iopt_gtt_param_float(context, "min_percentile", 5, &cut.min, err));
    IOPT_TRY(iopt_gtt_param_float(context, "max_percentile", 5, &cut.max, err));
    if (*path) {
        IOPT_TRY(iopt_requant_log_load(path, records, err));
        return iopt_requant_log_condense(records, cut, err);
    }
    if (!context->meter)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "You must pass a file name to min_max_log_file");
    IOPT_TRY(context->meter->measure(context->meter->user, in, records, err));
    IOPT_TRY(iopt_requant_log_condense(records, cut, err));
    return check_measured(records, context, err);
}

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptRequantLog records = { 0 };

    *out = NULL;
    IOPT_DO(iopt_requant_log_create(&records, err));
    IOPT_DO(collect(in, context, &records, err));
    IOPT_DO(check_nodes(in, &records, context, err));
    IOPT_DO(freeze(in, &records, out, err));
done:
    iopt_requant_log_free(&records);
    return status;
}

static const IoptTransformParam params[] = {
    { "min_max_log_file", "FILE", "the log of insert_logging (without images: required)" },
    { "min_percentile", "P", "how many of the smallest values do not count (5)" },
    { "max_percentile", "P", "how many of the largest values do not count (5)" },
    { 0 },
};

const IoptTransform iopt_transform_freeze_requantization_ranges = {
    .name = "freeze_requantization_ranges",
    .brief = "replace ranges found at run time by constants from a log, or from images",
    .params = params,
    .run = run
};
