/* Collecting the times of steps, and the tables. */
#include "measure/step_stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "engine/plan.h"

/* --- statistics of one number ---------------------------------------------------------------- */

void iopt_stat_add(IoptStat *stat, double value)
{
    if (stat->count == 0) {
        *stat = (IoptStat){ .first = value, .min = value, .max = value };
    }
    stat->count++;
    stat->newest = value;
    stat->min = value < stat->min ? value : stat->min;
    stat->max = value > stat->max ? value : stat->max;
    stat->sum += value;
    stat->squared_sum += value * value;
}

void iopt_stat_text(const IoptStat *stat, IoptText *out)
{
    const double count = (double)stat->count;

    iopt_text_printf(out, "count=%zu", stat->count);
    if (stat->count == 0)
        return;
    if (stat->min >= stat->max) {
        iopt_text_printf(out, " curr=%.0f%s", stat->newest, stat->count > 1 ? "(all same)" : "");
        return;
    }
    const double mean = stat->sum / count, variance = stat->squared_sum / count - mean * mean;
    iopt_text_printf(out, " first=%.0f curr=%.0f min=%.0f max=%.0f avg=%g std=%.0f", stat->first,
                     stat->newest, stat->min, stat->max, mean,
                     floor(sqrt(variance > 0 ? variance : 0)));
}

/* --- collecting ------------------------------------------------------------------------------ */

static double fact_bytes(const IoptFact *fact)
{
    size_t elems;

    if (!iopt_shape_elems(&fact->shape, &elems))
        return 0; /* only the run can tell */
    return (double)elems * (double)iopt_dtype_bytes(fact->dtype);
}

/* What a step makes; in an interpreted plan, what its node does. */
static double made_bytes(const IoptPlan *plan, const IoptStep *step)
{
    const IoptNode *const node =
        plan->interpreter ? iopt_graph_find(plan->graph, step->info.node) : NULL;
    double bytes = 0;

    for (size_t i = 0; i < step->n_out; i++)
        bytes += (double)step->out[i].rows * (double)step->out[i].channels *
                 (double)iopt_dtype_bytes(step->out[i].dtype);
    for (size_t i = 0; node && node->facts && i < node->n_out; i++)
        bytes += fact_bytes(&node->facts[i]);
    return bytes;
}

IoptStatus iopt_step_stats_create(const IoptPlan *plan, IoptStepStats *out, IoptError *err)
{
    void *block;

    *out = (IoptStepStats){ .count = plan->n_steps };
    IOPT_TRY(iopt_alloc(&block, plan->n_steps, sizeof *out->steps, err));
    out->steps = block;
    for (size_t i = 0; i < plan->n_steps; i++)
        out->steps[i] = (IoptStepStat){ .name = plan->steps[i].info.node,
                                        .type = plan->steps[i].info.op,
                                        .bytes = made_bytes(plan, &plan->steps[i]) };
    return IOPT_OK;
}

void iopt_step_stats_free(IoptStepStats *stats)
{
    free(stats->steps);
    *stats = (IoptStepStats){ 0 };
}

void iopt_step_stats_add(IoptStepStats *stats, const IoptRun *run)
{
    double at = 0, bytes = 0;

    for (size_t i = 0; i < stats->count; i++) {
        IoptStepStat *const step = &stats->steps[i];
        const double us = (double)iopt_run_step_ns(run, i) * 1e-3;
        if (stats->total_us.count == 0)
            step->first_us = us;
        step->start_us += at;
        step->us += us;
        at += us;
        bytes += step->bytes;
    }
    iopt_stat_add(&stats->total_us, floor(at));
    iopt_stat_add(&stats->bytes, bytes);
}

/* --- tables of steps ------------------------------------------------------------------------- */

static int compare_values(double a, double b, const IoptStepStat *x, const IoptStepStat *y)
{
    if (a < b || a > b)
        return a < b ? 1 : -1;
    return (x > y) - (x < y);
}

static int compare_times(const void *a, const void *b)
{
    const IoptStepStat *const x = *(const IoptStepStat *const *)a, *const y = *(
                                                                       const IoptStepStat *const *)
                                                                                  b;

    return compare_values(x->us, y->us, x, y);
}

static int compare_bytes(const void *a, const void *b)
{
    const IoptStepStat *const x = *(const IoptStepStat *const *)a, *const y = *(
                                                                       const IoptStepStat *const *)
                                                                                  b;

    return compare_values(x->bytes, y->bytes, x, y);
}

static double percent(double part, double whole)
{
    return whole > 0 ? 100 * part / whole : 0;
}

static void put_title(IoptText *out, const char *title)
{
    static const char bar[] = "==============================";

    iopt_text_printf(out, "%s %s %s\n", bar, title, bar);
}

static double runs_of(const IoptStepStats *stats)
{
    return stats->total_us.count ? (double)stats->total_us.count : 1;
}

static void put_row(const IoptStepStat *step, double runs, double running_us, double whole_us,
                    IoptText *out)
{
    iopt_text_printf(out, "\t%24s\t%17.3f\t%9.3f\t%9.3f\t%7.3f%%\t%7.3f%%\t%10.3f\t%9d\t%s\n",
                     step->type, step->start_us / runs / 1000, step->first_us / 1000,
                     step->us / runs / 1000, percent(step->us, whole_us),
                     percent(running_us, whole_us), step->bytes / 1000, 1, step->name);
}

IoptStatus iopt_step_stats_table(const IoptStepStats *stats, const char *title, IoptStepOrder order,
                                 size_t limit, IoptText *out, IoptError *err)
{
    const size_t shown = limit && limit < stats->count ? limit : stats->count;
    const IoptStepStat **sorted;
    double running_us = 0, whole_us = 0;
    void *block;

    IOPT_TRY(iopt_alloc(&block, stats->count, sizeof *sorted, err));
    sorted = block;
    for (size_t i = 0; i < stats->count; i++) {
        sorted[i] = &stats->steps[i];
        whole_us += stats->steps[i].us;
    }
    if (order != IOPT_BY_RUN_ORDER && stats->count)
        qsort(block, stats->count, sizeof *sorted,
              order == IOPT_BY_TIME ? compare_times : compare_bytes);
    put_title(out, title);
    iopt_text_printf(out, "\t%24s\t%17s\t%9s\t%9s\t%8s\t%8s\t%10s\t%9s\t%s\n", "[node type]",
                     "[start]", "[first]", "[avg ms]", "[%]", "[cdf%]", "[mem KB]",
                     "[times called]", "[Name]");
    for (size_t i = 0; i < shown; i++) {
        running_us += sorted[i]->us;
        put_row(sorted[i], runs_of(stats), running_us, whole_us, out);
    }
    iopt_text_printf(out, "\n");
    free(block);
    return out->failed ? iopt_fail_memory(err, out->size) : IOPT_OK;
}

/* --- types ----------------------------------------------------------------------------------- */

static int compare_by_type(const void *a, const void *b)
{
    return strcmp(((const IoptTypeStat *)a)->type, ((const IoptTypeStat *)b)->type);
}

/* The slowest first; of equal ones the greater name, as a priority queue of pairs gives them. */
static int compare_types(const void *a, const void *b)
{
    const IoptTypeStat *const x = a, *const y = b;

    if (x->us != y->us)
        return x->us < y->us ? 1 : -1;
    return strcmp(y->type, x->type);
}

IoptStatus iopt_step_stats_types(const IoptStepStats *stats, IoptTypeStat **out, size_t *count,
                                 IoptError *err)
{
    void *block;

    *count = 0;
    IOPT_TRY(iopt_alloc(&block, stats->count, sizeof **out, err));
    IoptTypeStat *const types = *out = block;
    for (size_t i = 0; i < stats->count; i++)
        types[i] = (IoptTypeStat){ .type = stats->steps[i].type,
                                   .steps = 1,
                                   .us = (int64_t)(stats->steps[i].us / runs_of(stats)),
                                   .bytes = stats->steps[i].bytes };
    if (stats->count)
        qsort(types, stats->count, sizeof *types, compare_by_type);
    for (size_t i = 0; i < stats->count; i++) {
        if (*count == 0 || strcmp(types[*count - 1].type, types[i].type) != 0) {
            types[(*count)++] = types[i];
            continue;
        }
        IoptTypeStat *const type = &types[*count - 1];
        type->steps++;
        type->us += types[i].us;
        type->bytes += types[i].bytes;
    }
    if (*count)
        qsort(types, *count, sizeof *types, compare_types);
    return IOPT_OK;
}

IoptStatus iopt_step_stats_type_table(const IoptStepStats *stats, IoptText *out, IoptError *err)
{
    IoptTypeStat *types;
    size_t count;
    double whole = 0, running = 0;

    IOPT_TRY(iopt_step_stats_types(stats, &types, &count, err));
    for (size_t i = 0; i < count; i++)
        whole += (double)types[i].us;
    iopt_text_printf(out, "Number of nodes executed: %zu\n", stats->count);
    put_title(out, "Summary by node type");
    iopt_text_printf(out, "\t%24s\t%9s\t%10s\t%11s\t%11s\t%10s\t%10s\n", "[Node type]", "[count]",
                     "[avg ms]", "[avg %]", "[cdf %]", "[mem KB]", "[times called]");
    for (size_t i = 0; i < count; i++) {
        running += (double)types[i].us;
        iopt_text_printf(out, "\t%24s\t%9zu\t%10.3f\t%10.3f%%\t%10.3f%%\t%10.3f\t%9zu\n",
                         types[i].type, types[i].steps, (double)types[i].us / 1000,
                         percent((double)types[i].us, whole), percent(running, whole),
                         types[i].bytes / 1000, types[i].steps);
    }
    iopt_text_printf(out, "\n");
    free(types);
    return out->failed ? iopt_fail_memory(err, out->size) : IOPT_OK;
}

void iopt_step_stats_summary(const IoptStepStats *stats, IoptText *out)
{
    iopt_text_printf(out, "Timings (microseconds): ");
    iopt_stat_text(&stats->total_us, out);
    iopt_text_printf(out, "\nMemory (bytes): ");
    iopt_stat_text(&stats->bytes, out);
    iopt_text_printf(out, "\n%zu nodes observed\n\n", stats->count);
}

static void put_value(IoptText *out, IoptDType dtype, const IoptShape *shape)
{
    iopt_text_printf(out, "\t%s\t%d", iopt_dtype_name(dtype), shape->rank);
    for (int i = 0; i < shape->rank; i++)
        iopt_text_printf(out, "\t%lld", (long long)shape->dim[i]);
}

void iopt_step_stats_sizes(const IoptPlan *plan, IoptText *out)
{
    iopt_text_printf(out, "============ Node output tensor sizes in run order ========\n");
    for (size_t i = 0; i < plan->n_steps; i++) {
        const IoptStep *const step = &plan->steps[i];
        const IoptNode *const node =
            plan->interpreter ? iopt_graph_find(plan->graph, step->info.node) : NULL;
        const size_t of_node = node && node->facts ? node->n_out : 0;
        iopt_text_printf(out, "%s\t%zu", step->info.node, step->n_out + of_node);
        for (size_t k = 0; k < step->n_out; k++)
            put_value(out, step->out[k].dtype, &step->out[k].shape);
        for (size_t k = 0; k < of_node; k++)
            put_value(out, node->facts[k].dtype, &node->facts[k].shape);
        iopt_text_printf(out, "\n");
    }
}
