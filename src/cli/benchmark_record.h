/* Benchmark records as TensorFlow's TestReporter writes them: one file per figure. */
#ifndef IOPT_CLI_BENCHMARK_RECORD_H
#define IOPT_CLI_BENCHMARK_RECORD_H

#include <stdint.h>

#include "base/status.h"

/* Writes PREFIX + NAME (+ "_" + part, unless that is ""), each / of the name as __: a
 * BenchmarkEntries message with one entry.
 *
 *   total_s     of all `runs` together
 *   throughput  in MB/s; -1: not known
 *
 * Fails with IOPT_INVALID_ARGUMENT if there is such a file already, IOPT_IO. */
IOPT_MUST_USE IoptStatus cli_benchmark_record(const char *prefix, const char *name,
                                              const char *part, int64_t runs, double total_s,
                                              double throughput, IoptError *err);

#endif
