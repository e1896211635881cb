/* What RequantizationRange nodes gave in each run: read from a log, or measured. */
#ifndef IOPT_PASSES_GTT_REQUANT_LOG_H
#define IOPT_PASSES_GTT_REQUANT_LOG_H

#include "passes/gtt/gtt_transform.h"

/* One node in one run. */
typedef struct IoptRequantRecord {
    const char *name;
    float min, max;
} IoptRequantRecord;

typedef struct IoptRequantLog {
    IoptRequantRecord *at;
    size_t n, capacity;
    IoptArena *arena; /* holds the names */
} IoptRequantLog;

/* Runs the nodes' graph on images and records what each RequantizationRange gives. */
typedef struct IoptRequantMeter {
    IoptStatus (*measure)(void *user, const IoptNodeList *list, IoptRequantLog *out,
                          IoptError *err);
    void *user;
} IoptRequantMeter;

/* Percent of the smallest minima, and of the largest maxima, that do not count. */
typedef struct IoptRequantCut {
    float min, max;
} IoptRequantCut;

IoptStatus iopt_requant_log_create(IoptRequantLog *out, IoptError *err);
void iopt_requant_log_free(IoptRequantLog *log);

/* Appends a record; the name is copied. */
IoptStatus iopt_requant_log_add(IoptRequantLog *log, IoptBytes name, float min, float max,
                                IoptError *err);

/* Reads the lines that insert_logging printed; others are skipped. */
IoptStatus iopt_requant_log_load(const char *path, IoptRequantLog *log, IoptError *err);

/* One record per node is left, sorted by name: percentiles of what its records say. */
IoptStatus iopt_requant_log_condense(IoptRequantLog *log, IoptRequantCut cut, IoptError *err);

#endif
