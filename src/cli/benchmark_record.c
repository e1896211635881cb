/* BenchmarkEntries, by its wire fields. */
#include "cli/benchmark_record.h"

#include <stdlib.h>
#include <string.h>

#include "formats/wire.h"
#include "platform/file.h"

enum { ENTRIES_ENTRY = 1 };
enum { ENTRY_NAME = 1, ENTRY_ITERS, ENTRY_CPU_TIME, ENTRY_WALL_TIME, ENTRY_THROUGHPUT };

static void put_double(IoptText *out, uint32_t field, double value)
{
    unsigned char bytes[sizeof value];
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    if (bits == 0)
        return; /* a zero is not written */
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(bits >> 8 * i);
    iopt_wire_put_tag(out, field, IOPT_WIRE_FIXED64);
    iopt_text_append(out, (const char *)bytes, sizeof bytes);
}

static IoptStatus write_file(const char *path, const IoptText *message, IoptError *err)
{
    IoptOutput *file;

    if (iopt_path_kind(path) != IOPT_PATH_ABSENT)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "Cannot create TestReporter, file exists: %s",
                         path);
    IOPT_TRY(iopt_output_open(path, &file, err));
    const IoptStatus status = iopt_output_write(file, message->s, message->size, err);
    if (status == IOPT_OK)
        return iopt_output_commit(file, err);
    iopt_output_abandon(file);
    return status;
}

/* PREFIX, then the name with its slashes replaced. */
static IoptStatus make_path(const char *prefix, const char *name, char **out, IoptError *err)
{
    IoptText path = { 0 };

    iopt_text_append(&path, prefix, strlen(prefix));
    for (; *name; name++)
        if (*name == '/')
            iopt_text_append(&path, "__", 2);
        else
            iopt_text_append(&path, name, 1);
    return iopt_text_finish(&path, out, err);
}

IoptStatus cli_benchmark_record(const char *prefix, const char *name, const char *part,
                                int64_t runs, double total_s, double throughput, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptText full = { 0 }, entry = { 0 }, message = { 0 };
    char *path = NULL;

    iopt_text_printf(&full, "%s%s%s", name, *part ? "_" : "", part);
    if (full.failed)
        return iopt_fail_memory(err, strlen(name));
    iopt_wire_put_bytes(&entry, ENTRY_NAME, full.s, full.size);
    iopt_wire_put_int(&entry, ENTRY_ITERS, (uint64_t)runs);
    put_double(&entry, ENTRY_CPU_TIME, -1.0 / (double)runs);
    put_double(&entry, ENTRY_WALL_TIME, total_s / (double)runs);
    put_double(&entry, ENTRY_THROUGHPUT, throughput);
    iopt_wire_put_bytes(&message, ENTRIES_ENTRY, entry.s, entry.size);
    IOPT_DO(make_path(prefix, full.s, &path, err));
    if (entry.failed || message.failed)
        status = iopt_fail_memory(err, entry.size);
    else
        status = write_file(path, &message, err);
done:
    iopt_text_free(&full);
    iopt_text_free(&entry);
    iopt_text_free(&message);
    free(path);
    return status;
}
