/* What iopt benchmark found out, as the table and as JSON. */
#ifndef IOPT_CLI_BENCH_REPORT_H
#define IOPT_CLI_BENCH_REPORT_H

#include "cli/images.h"
#include "measure/benchmark.h"
#include "measure/solo.h"

typedef struct CliBenchSide {
    const char *path;
    size_t size_bytes; /* 0: not known */
    IoptSolo solo;     /* by itself */
    IoptSpread ms;     /* of a batch */
} CliBenchSide;

typedef struct CliBenchReport {
    CliBenchSide side[IOPT_SIDES];
    IoptBenchmark bench;
    IoptSpeedup speedup; /* batch by batch */
    bool has_shape;      /* of images */
    IoptImageShape shape;
    const IoptPreprocess *preprocess; /* NULL: seeded input */
    const char *data, *labels;        /* what the data are; NULL: seeded input, no labels */
    IoptLoaderStats loader;
    size_t threads, warmup, seed;
    const char *doubt; /* NULL: valid */
} CliBenchReport;

IoptStatus cli_bench_print(const CliBenchReport *report, IoptError *err);
void cli_bench_print_json(const CliBenchReport *report);

#endif
