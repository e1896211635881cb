/* freeze_requantization_ranges: RequantizationRange  ->  the range that a log of runs shows.
 *
 * A graph with insert_logging(op=RequantizationRange, show_name=true,
 * message="__requant_min_max:") writes a line like this for each node in each run:
 *
 *     ;conv/eightbit/requant_range__print__;__requant_min_max:[-2.43][10.58]
 *
 * Each node becomes two constants, NAME/frozen_min and NAME/frozen_max: percentiles of what its
 * lines say, so that a few outliers do not count.  Lines of any other form are skipped.
 */
#include <math.h>
#include <stdlib.h>

#include "passes/gtt/gtt_build.h"
#include "passes/gtt/gtt_names.h"
#include "passes/gtt/gtt_params.h"
#include "passes/gtt/gtt_rename.h"
#include "platform/file.h"

#define PRINT "__print__"
#define RANGE "__requant_min_max:"

/* One line of the log. */
typedef struct Record {
    const char *name;
    float min, max;
} Record;

typedef struct Records {
    Record *at;
    size_t n, capacity;
    IoptArena *arena; /* holds the names */
} Records;

/* The ranges of one node, by percentiles. */
typedef struct Percentiles {
    float min, max;
} Percentiles;

/* --- reading the log -------------------------------------------------------------------------- */

static bool starts_with(IoptBytes text, const char *prefix)
{
    const size_t n = strlen(prefix);
    return text.size >= n && memcmp(text.data, prefix, n) == 0;
}

static bool ends_with(IoptBytes text, const char *suffix)
{
    const size_t n = strlen(suffix);
    return text.size >= n && memcmp(text.data + text.size - n, suffix, n) == 0;
}

static size_t count_byte(IoptBytes text, char c)
{
    size_t n = 0;
    for (size_t i = 0; i < text.size; i++)
        n += text.data[i] == c;
    return n;
}

/* Takes what stands before the next `c` (or all of it) off the front of *rest. */
static IoptBytes take_until(IoptBytes *rest, char c)
{
    const char *const end = rest->size ? memchr(rest->data, c, rest->size) : NULL;
    IoptBytes piece = *rest;

    if (!end)
        *rest = (IoptBytes){ rest->data + rest->size, 0 };
    else {
        piece.size = (size_t)(end - rest->data);
        *rest = (IoptBytes){ end + 1, rest->size - piece.size - 1 };
    }
    return piece;
}

/* "1.5]anything but a bracket" */
static bool read_bound(IoptBytes text, float *out)
{
    char number[128];

    if (count_byte(text, ']') != 1)
        return false;
    const IoptBytes piece = take_until(&text, ']');
    if (piece.size >= sizeof number || memchr(piece.data, '\0', piece.size))
        return false;
    memcpy(number, piece.data, piece.size);
    number[piece.size] = '\0';
    return iopt_gtt_read_float(number, out);
}

/* "__requant_min_max:[-2.43][10.58]" */
static bool read_range(IoptBytes piece, Record *record)
{
    if (count_byte(piece, '[') != 2)
        return false;
    const IoptBytes head = take_until(&piece, '[');
    const IoptBytes low = take_until(&piece, '[');
    return head.size == strlen(RANGE) && read_bound(low, &record->min) &&
           read_bound(piece, &record->max);
}

static bool contains(IoptBytes line, const char *text)
{
    for (; line.size >= strlen(text); line.data++, line.size--)
        if (starts_with(line, text))
            return true;
    return false;
}

/* Finds the range, which is the last piece that looks like one, and the name right before it. */
static bool read_line(IoptBytes line, IoptBytes *name, Record *record)
{
    IoptBytes range = { 0 }, before = { 0 };

    if (!contains(line, PRINT ";" RANGE))
        return false;
    IoptBytes last = take_until(&line, ';');
    while (line.size) {
        const IoptBytes piece = take_until(&line, ';');
        if (starts_with(piece, RANGE)) {
            range = piece;
            before = last;
        }
        last = piece;
    }
    if (!range.size || !ends_with(before, PRINT) || !read_range(range, record))
        return false;
    *name = (IoptBytes){ before.data, before.size - strlen(PRINT) };
    return true;
}

static IoptStatus read_log(IoptBytes text, Records *records, IoptError *err)
{
    IoptBytes name;

    while (text.size) {
        Record record;
        if (!read_line(take_until(&text, '\n'), &name, &record))
            continue;
        void *items = records->at;
        IOPT_TRY(iopt_grow(&items, &records->capacity, records->n + 1, sizeof record, err));
        records->at = items;
        record.name = iopt_arena_copy(records->arena, name.data, name.size);
        if (!record.name)
            return iopt_fail_memory(err, name.size);
        records->at[records->n++] = record;
    }
    if (!records->n)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "No min/max range logs were found in the log file");
    return IOPT_OK;
}

static IoptStatus load_log(const char *path, Records *records, IoptError *err)
{
    IoptBuffer *file;

    const IoptStatus opened = iopt_file_map(path, &file, err);
    if (opened == IOPT_NOT_FOUND)
        return iopt_fail(err, IOPT_NOT_FOUND, "%s; No such file or directory", path);
    IOPT_TRY(opened);
    const IoptBytes text = { iopt_buffer_data(file), iopt_buffer_bytes(file) };
    const IoptStatus status = read_log(text, records, err);
    iopt_buffer_unref(file);
    return status;
}

/* --- percentiles ------------------------------------------------------------------------------ */

static int compare_records(const void *a, const void *b)
{
    return strcmp(((const Record *)a)->name, ((const Record *)b)->name);
}

static int compare_floats(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    if (isnan(x) || isnan(y))
        return isnan(x) - isnan(y); /* to the end */
    return (x > y) - (x < y);
}

/* round(position), clamped to 0 .. n - 1. */
static size_t index_of(float position, size_t n)
{
    const float index = roundf(position);

    if (!(index > 0))
        return 0;
    return index < (float)n ? (size_t)index : n - 1;
}

/* The range that `count` records of one node tell. */
static IoptStatus choose(const Record *records, size_t count, Percentiles percentiles, Record *out,
                         IoptError *err)
{
    void *block;

    IOPT_TRY(iopt_alloc(&block, count, 2 * sizeof(float), err));
    float *const mins = block, *const maxs = mins + count;
    for (size_t i = 0; i < count; i++) {
        mins[i] = records[i].min;
        maxs[i] = records[i].max;
    }
    qsort(mins, count, sizeof *mins, compare_floats);
    qsort(maxs, count, sizeof *maxs, compare_floats);
    out->name = records->name;
    out->min = mins[index_of((float)count * (percentiles.min / 100.0f), count)];
    out->max = maxs[index_of((float)count * (1.0f - percentiles.max / 100.0f), count)];
    free(block);
    return IOPT_OK;
}

/* One record per node is left, sorted by name. */
static IoptStatus condense(Records *records, Percentiles percentiles, IoptError *err)
{
    size_t n = 0;

    qsort(records->at, records->n, sizeof *records->at, compare_records);
    for (size_t i = 0, end; i < records->n; i = end) {
        for (end = i + 1; end < records->n; end++)
            if (compare_records(&records->at[i], &records->at[end]) != 0)
                break;
        Record chosen;
        IOPT_TRY(choose(&records->at[i], end - i, percentiles, &chosen, err));
        records->at[n++] = chosen;
    }
    records->n = n;
    return IOPT_OK;
}

/* --- the graph -------------------------------------------------------------------------------- */

static IoptStatus check_nodes(const IoptNodeList *in, const Records *records,
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

static IoptStatus replace_nodes(const IoptNodeList *in, const Records *records, IoptNodeList *made,
                                IoptGttRenames *renames, IoptError *err)
{
    for (size_t i = 0; i < in->n_nodes; i++) {
        const IoptListNode *const node = in->nodes[i];
        const Record key = { .name = node->node->name };
        const Record *const record =
            bsearch(&key, records->at, records->n, sizeof key, compare_records);
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

static IoptStatus freeze(const IoptNodeList *in, const Records *records, IoptNodeList **out,
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

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    Records records = { 0 };
    Percentiles percentiles;
    const char *path;

    *out = NULL;
    IOPT_TRY(iopt_gtt_param_text(context, "min_max_log_file", "", &path, err));
    IOPT_TRY(iopt_gtt_param_float(context, "min_percentile", 5, &percentiles.min, err));
    IOPT_TRY(iopt_gtt_param_float(context, "max_percentile", 5, &percentiles.max, err));
    if (!*path)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "You must pass a file name to min_max_log_file");
    IOPT_DO(iopt_arena_create(&records.arena, err));
    IOPT_DO(load_log(path, &records, err));
    IOPT_DO(condense(&records, percentiles, err));
    IOPT_DO(check_nodes(in, &records, context, err));
    IOPT_DO(freeze(in, &records, out, err));
done:
    free(records.at);
    iopt_arena_destroy(records.arena);
    return status;
}

static const IoptTransformParam params[] = {
    { "min_max_log_file", "FILE", "the log of insert_logging (required)" },
    { "min_percentile", "P", "how many of the smallest values do not count (5)" },
    { "max_percentile", "P", "how many of the largest values do not count (5)" },
    { 0 },
};

const IoptTransform iopt_transform_freeze_requantization_ranges = {
    .name = "freeze_requantization_ranges",
    .brief = "replace ranges found at run time by constants from a log",
    .params = params,
    .run = run
};
