/* Where a plan's time and memory go, in the tables of TensorFlow's StatSummarizer.
 *
 * A row is a step of the plan: a node with what was fused into it, named after the last one, with
 * all their ops as its type.  Its memory is that of the values it makes.
 */
#ifndef IOPT_MEASURE_STEP_STATS_H
#define IOPT_MEASURE_STEP_STATS_H

#include "base/text.h"
#include "iopt/engine.h"

/* Values as they came; all zeros is none. */
typedef struct IoptStat {
    size_t count;
    double first, newest, min, max, sum, squared_sum;
} IoptStat;

void iopt_stat_add(IoptStat *stat, double value);

/* "count=3 first=9 curr=8 min=8 max=9 avg=8.33333 std=0", or "count=3 curr=8(all same)". */
void iopt_stat_text(const IoptStat *stat, IoptText *out);

/* One step over all runs. */
typedef struct IoptStepStat {
    const char *name, *type; /* the plan's */
    double start_us, us;     /* sums */
    double first_us;
    double bytes; /* of the values it makes */
} IoptStepStat;

typedef struct IoptStepStats {
    IoptStepStat *steps; /* in the order in which they run */
    size_t count;
    IoptStat total_us, bytes; /* of whole runs */
} IoptStepStats;

/* The plan's names are borrowed. */
IOPT_MUST_USE IoptStatus iopt_step_stats_create(const IoptPlan *plan, IoptStepStats *out,
                                                IoptError *err);
void iopt_step_stats_free(IoptStepStats *stats);

/* Takes the times of one profiled run, which was the only one since profiling was switched on. */
void iopt_step_stats_add(IoptStepStats *stats, const IoptRun *run);

typedef enum IoptStepOrder { IOPT_BY_RUN_ORDER, IOPT_BY_TIME, IOPT_BY_MEMORY } IoptStepOrder;

/* A table of at most `limit` steps (0: all), and an empty line. */
IOPT_MUST_USE IoptStatus iopt_step_stats_table(const IoptStepStats *stats, const char *title,
                                               IoptStepOrder order, size_t limit, IoptText *out,
                                               IoptError *err);

/* All steps of one type together; the slowest first. */
typedef struct IoptTypeStat {
    const char *type;
    size_t steps;
    int64_t us; /* of a run */
    double bytes;
} IoptTypeStat;

/* free() the array. */
IOPT_MUST_USE IoptStatus iopt_step_stats_types(const IoptStepStats *stats, IoptTypeStat **out,
                                               size_t *count, IoptError *err);

/* "Number of nodes executed: N" and the table of types. */
IOPT_MUST_USE IoptStatus iopt_step_stats_type_table(const IoptStepStats *stats, IoptText *out,
                                                    IoptError *err);

/* The three lines of timings, memory and "N nodes observed", and an empty one. */
void iopt_step_stats_summary(const IoptStepStats *stats, IoptText *out);

/* "NODE, how many values, then of each type, rank and dimensions", tab-separated, a line a step. */
void iopt_step_stats_sizes(const IoptPlan *plan, IoptText *out);

#endif
