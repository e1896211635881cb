/* The pipeline: a copy before each pass, so that it can be taken back. */
#include "passes/pipeline.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "platform/clock.h"

IoptStatus iopt_pass_log_add(IoptPassLog *log, const IoptPassEntry *entry, IoptError *err)
{
    void *entries = log->entries;

    IOPT_TRY(iopt_grow(&entries, &log->capacity, log->count + 1, sizeof *entry, err));
    log->entries = entries;
    log->entries[log->count++] = *entry;
    return IOPT_OK;
}

void iopt_pass_log_free(IoptPassLog *log)
{
    free(log->entries);
    *log = (IoptPassLog){ 0 };
}

size_t iopt_graph_constant_bytes(const IoptGraph *graph)
{
    size_t bytes = 0;

    for (size_t i = 0; i < graph->n_nodes; i++) {
        const IoptTensor *const tensor = iopt_const_mapped(graph->nodes[i]);
        bytes += tensor ? tensor->bytes : 0;
    }
    return bytes;
}

static double ms_since(uint64_t start_ns)
{
    return (double)(iopt_now_ns() - start_ns) / 1e6;
}

/* Runs and compares; IOPT_OK with outcome set, or what failed. */
static IoptStatus run_checked(const IoptPass *pass, IoptGraph *graph, const IoptGraph *before,
                              const IoptPipelineOptions *options, IoptPassEntry *entry,
                              IoptError *err)
{
    IoptPassContext context = { .options = &options->pass };
    const uint64_t start = iopt_now_ns();
    const IoptStatus status = iopt_pass_run(pass, graph, &context, err);

    entry->ms = ms_since(start);
    IOPT_TRY(status);
    entry->changes = context.changes;
    entry->skips = context.skips;
    entry->nodes_after = graph->n_nodes;
    entry->bytes_after = iopt_graph_constant_bytes(graph);
    (void)snprintf(entry->note, sizeof entry->note, "%s", context.skip_text);
    const bool changed = context.changes || graph->n_nodes != before->n_nodes;
    entry->outcome = changed ? IOPT_PASS_CHANGED : IOPT_PASS_NOTHING;
    if (!changed || !options->check)
        return IOPT_OK;
    const uint64_t check_start = iopt_now_ns();
    const IoptStatus checked =
        options->check(options->check_context, before, graph, pass->exactness, &entry->difference,
                       entry->note, sizeof entry->note, err);
    entry->check_ms = ms_since(check_start);
    return checked;
}

static IoptStatus run_one(const IoptPass *pass, IoptGraph **graph,
                          const IoptPipelineOptions *options, IoptPassLog *log, IoptError *err)
{
    IoptPassEntry entry = { .pass = pass->name, .difference = NAN };
    IoptError failure = { 0 };
    IoptGraph *before;

    IOPT_TRY(iopt_graph_clone(*graph, &before, err));
    entry.nodes_before = entry.nodes_after = before->n_nodes;
    entry.bytes_before = entry.bytes_after = iopt_graph_constant_bytes(before);
    const IoptStatus status = run_checked(pass, *graph, before, options, &entry, &failure);
    if (status == IOPT_OK) {
        iopt_graph_destroy(before);
        return iopt_pass_log_add(log, &entry, err);
    }
    iopt_graph_destroy(*graph);
    *graph = before;
    if (status == IOPT_NO_MEMORY || status == IOPT_CANCELLED) {
        if (err)
            *err = failure;
        return iopt_while(err, status, "pass %s", pass->name);
    }
    entry.outcome = IOPT_PASS_REVERTED;
    entry.nodes_after = entry.nodes_before;
    entry.bytes_after = entry.bytes_before;
    (void)snprintf(entry.note, sizeof entry.note, "%.255s", failure.text);
    return iopt_pass_log_add(log, &entry, err);
}

IoptStatus iopt_pipeline_run(IoptGraph **graph, const char *const *passes, size_t count,
                             const IoptPipelineOptions *options, IoptPassLog *log, IoptError *err)
{
    for (size_t i = 0; i < count; i++) {
        const IoptPass *const pass = iopt_pass_find(passes[i]);
        if (!pass)
            return iopt_fail(err, IOPT_INVALID_ARGUMENT, "there is no pass '%s'", passes[i]);
        if (options->progress)
            options->progress(options->progress_context, pass->name, i, count);
        IOPT_TRY(run_one(pass, graph, options, log, err));
    }
    return IOPT_OK;
}

enum { MAX_ROUNDS = 4 };

/* Keeps the entries from `first` on that did something; whether there are any. */
static bool keep_changes(IoptPassLog *log, size_t first)
{
    size_t kept = first;

    for (size_t i = first; i < log->count; i++)
        if (log->entries[i].outcome == IOPT_PASS_CHANGED)
            log->entries[kept++] = log->entries[i];
    log->count = kept;
    return kept > first;
}

static bool changed_since(const IoptPassLog *log, size_t first)
{
    for (size_t i = first; i < log->count; i++)
        if (log->entries[i].outcome == IOPT_PASS_CHANGED)
            return true;
    return false;
}

IoptStatus iopt_recipe_run(IoptGraph **graph, const IoptRecipe *recipe,
                           const IoptPipelineOptions *options, IoptPassLog *log, IoptError *err)
{
    size_t first = log->count;

    if (recipe->transforms)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "recipe '%s' is a transform string, for lists of nodes", recipe->name);
    IOPT_TRY(iopt_pipeline_run(graph, recipe->passes, recipe->count, options, log, err));
    bool again = changed_since(log, first);
    for (size_t round = 1; again && round < MAX_ROUNDS; round++) {
        first = log->count;
        IOPT_TRY(iopt_pipeline_run(graph, recipe->passes, recipe->count, options, log, err));
        again = keep_changes(log, first);
    }
    return IOPT_OK;
}
