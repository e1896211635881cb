/* What the steps of recipe int8 share. */
#include "measure/quantize_job.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "platform/clock.h"

void iopt_quantize_warn(const IoptQuantizeJob *job, const char *format, ...)
{
    char text[IOPT_ERROR_BYTES];
    va_list args;

    if (!job->request->warn)
        return;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    job->request->warn(job->request->context, text);
}

double iopt_seconds_since(uint64_t start_ns)
{
    return (double)(iopt_now_ns() - start_ns) * 1e-9;
}

IoptPassEntry iopt_quantize_entry(const IoptGraph *graph, const char *pass)
{
    const size_t bytes = iopt_graph_constant_bytes(graph);

    return (IoptPassEntry){ .pass = pass,
                            .outcome = IOPT_PASS_NOTHING,
                            .difference = (double)NAN,
                            .nodes_before = graph->n_nodes,
                            .nodes_after = graph->n_nodes,
                            .bytes_before = bytes,
                            .bytes_after = bytes };
}

IoptStatus iopt_quantize_log(const IoptQuantizeJob *job, const IoptPassEntry *entry, IoptError *err)
{
    IoptPassLog *const log = job->log;
    void *entries = log->entries;

    IOPT_TRY(iopt_grow(&entries, &log->capacity, log->count + 1, sizeof *entry, err));
    log->entries = entries;
    log->entries[log->count++] = *entry;
    return IOPT_OK;
}
