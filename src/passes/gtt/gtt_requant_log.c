/* Logs of ranges, and what they come to. */
#include "passes/gtt/gtt_requant_log.h"

#include <math.h>
#include <stdlib.h>

#include "passes/gtt/gtt_params.h"
#include "platform/file.h"

#define PRINT "__print__"
#define RANGE "__requant_min_max:"

IoptStatus iopt_requant_log_create(IoptRequantLog *out, IoptError *err)
{
    *out = (IoptRequantLog){ 0 };
    return iopt_arena_create(&out->arena, err);
}

void iopt_requant_log_free(IoptRequantLog *log)
{
    free(log->at);
    iopt_arena_destroy(log->arena);
    *log = (IoptRequantLog){ 0 };
}

IoptStatus iopt_requant_log_add(IoptRequantLog *log, IoptBytes name, float min, float max,
                                IoptError *err)
{
    const char *const copy = iopt_arena_copy(log->arena, name.data, name.size);
    void *items = log->at;

    if (!copy)
        return iopt_fail_memory(err, name.size);
    IOPT_TRY(iopt_grow(&items, &log->capacity, log->n + 1, sizeof *log->at, err));
    log->at = items;
    log->at[log->n++] = (IoptRequantRecord){ copy, min, max };
    return IOPT_OK;
}

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
static bool read_range(IoptBytes piece, IoptRequantRecord *record)
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
static bool read_line(IoptBytes line, IoptBytes *name, IoptRequantRecord *record)
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

static IoptStatus read_log(IoptBytes text, IoptRequantLog *log, IoptError *err)
{
    IoptBytes name;

    while (text.size) {
        IoptRequantRecord record;
        if (read_line(take_until(&text, '\n'), &name, &record))
            IOPT_TRY(iopt_requant_log_add(log, name, record.min, record.max, err));
    }
    if (!log->n)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "No min/max range logs were found in the log file");
    return IOPT_OK;
}

IoptStatus iopt_requant_log_load(const char *path, IoptRequantLog *log, IoptError *err)
{
    IoptBuffer *file;

    const IoptStatus opened = iopt_file_map(path, &file, err);
    if (opened == IOPT_NOT_FOUND)
        return iopt_fail(err, IOPT_NOT_FOUND, "%s; No such file or directory", path);
    IOPT_TRY(opened);
    const IoptBytes text = { iopt_buffer_data(file), iopt_buffer_bytes(file) };
    const IoptStatus status = read_log(text, log, err);
    iopt_buffer_unref(file);
    return status;
}

/* --- percentiles ------------------------------------------------------------------------------ */

static int compare_records(const void *a, const void *b)
{
    return strcmp(((const IoptRequantRecord *)a)->name, ((const IoptRequantRecord *)b)->name);
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
static IoptStatus choose(const IoptRequantRecord *records, size_t count, IoptRequantCut cut,
                         IoptRequantRecord *out, IoptError *err)
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
    out->min = mins[index_of((float)count * (cut.min / 100.0f), count)];
    out->max = maxs[index_of((float)count * (1.0f - cut.max / 100.0f), count)];
    free(block);
    return IOPT_OK;
}

IoptStatus iopt_requant_log_condense(IoptRequantLog *log, IoptRequantCut cut, IoptError *err)
{
    size_t n = 0;

    qsort(log->at, log->n, sizeof *log->at, compare_records);
    for (size_t i = 0, end; i < log->n; i = end) {
        for (end = i + 1; end < log->n; end++)
            if (compare_records(&log->at[i], &log->at[end]) != 0)
                break;
        IoptRequantRecord chosen;
        IOPT_TRY(choose(&log->at[i], end - i, cut, &chosen, err));
        log->at[n++] = chosen;
    }
    log->n = n;
    return IOPT_OK;
}
