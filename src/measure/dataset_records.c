/* TFRecord files with tf.train.Examples as a data set. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/memory.h"
#include "formats/example.h"
#include "formats/tfrecord.h"
#include "measure/dataset_source.h"

/* How much is read at the start to learn of the labels. */
enum { LOOK_RECORDS = 4096, LOOK_BYTES = 64 << 20 };

static const char *const image_keys[] = { "image/encoded", "image" };
static const char *const label_keys[] = { "image/class/label", "label" };

typedef struct Records {
    IoptSource base;
    char **paths;
    size_t count, at;            /* files; the one that is open */
    char *image_key, *label_key; /* NULL: the usual ones */
    IoptTfrecord *reader;
    IoptExample *example;
} Records;

static Records *records_of(IoptSource *source)
{
    return (Records *)(void *)source;
}

static void close_file(Records *records)
{
    iopt_example_free(records->example);
    records->example = NULL;
    iopt_tfrecord_close(records->reader);
    records->reader = NULL;
}

/* The next record of all files; *data is NULL after the last. */
static IoptStatus next_record(Records *records, const void **data, size_t *size, IoptError *err)
{
    *data = NULL;
    while (records->at < records->count) {
        if (!records->reader)
            IOPT_TRY(iopt_tfrecord_open(records->paths[records->at], &records->reader, err));
        IOPT_TRY(iopt_tfrecord_next(records->reader, data, size, err));
        if (*data)
            return IOPT_OK;
        close_file(records);
        records->at++;
    }
    return IOPT_OK;
}

static bool find_image(const Records *records, IoptBytes *out)
{
    if (records->image_key)
        return iopt_example_bytes(records->example, records->image_key, out);
    for (size_t i = 0; i < IOPT_COUNT(image_keys); i++)
        if (iopt_example_bytes(records->example, image_keys[i], out))
            return true;
    return false;
}

static bool find_label(const Records *records, int64_t *out)
{
    if (records->label_key)
        return iopt_example_int(records->example, records->label_key, out);
    for (size_t i = 0; i < IOPT_COUNT(label_keys); i++)
        if (iopt_example_int(records->example, label_keys[i], out))
            return true;
    return false;
}

static const char *base_name(const char *path)
{
    const char *const slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static IoptStatus next(IoptSource *source, IoptDataItem *item, bool *more, IoptError *err)
{
    Records *const records = records_of(source);
    const void *data;
    size_t size;

    iopt_example_free(records->example);
    records->example = NULL;
    IOPT_TRY(next_record(records, &data, &size, err));
    *more = data != NULL;
    if (!data)
        return IOPT_OK;
    const char *const path = records->paths[records->at];
    const uint64_t number = iopt_tfrecord_number(records->reader);
    IOPT_TRY(iopt_source_name(source, item, err, "%s, record %" PRIu64, base_name(path), number));
    IoptStatus status = iopt_example_parse(data, size, &records->example, err);
    if (status == IOPT_OK && !find_image(records, &item->encoded))
        status = iopt_fail(err, IOPT_BAD_DATA, "there is no feature '%s' with bytes; it has: %s",
                           records->image_key ? records->image_key : image_keys[0],
                           iopt_example_keys(records->example).s);
    item->has_label = status == IOPT_OK && find_label(records, &item->label);
    return iopt_while(err, status, "'%s': record %" PRIu64, path, number);
}

static IoptStatus rewind_records(IoptSource *source, IoptError *err)
{
    Records *const records = records_of(source);

    (void)err;
    close_file(records);
    records->at = 0;
    return IOPT_OK;
}

static void destroy(IoptSource *source)
{
    Records *const records = records_of(source);

    close_file(records);
    for (size_t i = 0; records->paths && i < records->count; i++)
        free(records->paths[i]);
    free(records->paths);
    free(records->image_key);
    free(records->label_key);
    iopt_source_free(source);
}

/* Reads the first records for their labels. */
static IoptStatus look(Records *records, IoptError *err)
{
    IoptSource *const source = &records->base;
    size_t seen = 0, bytes = 0;
    bool more = true;

    while (more && seen < LOOK_RECORDS && bytes < LOOK_BYTES) {
        IoptDataItem item = { 0 };
        IOPT_TRY(next(source, &item, &more, err));
        if (!more)
            break;
        seen++;
        bytes += item.encoded.size;
        if (item.has_label)
            iopt_source_see_label(source, item.label);
    }
    if (seen == 0)
        return iopt_fail(err, IOPT_BAD_DATA, "'%s': there are no records", records->paths[0]);
    if (!more)
        source->count = seen;
    return rewind_records(source, err);
}

static IoptStatus copy_text(const char *text, char **out, IoptError *err)
{
    *out = text ? strdup(text) : NULL;
    return text && !*out ? iopt_fail_memory(err, strlen(text)) : IOPT_OK;
}

IoptStatus iopt_source_records(char *const *paths, size_t count, const IoptDatasetOptions *options,
                               IoptSource **out, IoptError *err)
{
    static const IoptSourceType type = { next, rewind_records, destroy };
    IoptStatus status;
    void *block;

    *out = NULL;
    IOPT_TRY(iopt_alloc(&block, 1, sizeof(Records), err));
    Records *const records = block;
    records->base.type = &type;
    records->base.labels_from_one = true;
    IOPT_DO(iopt_alloc(&block, count, sizeof(char *), err));
    records->paths = block;
    for (; records->count < count; records->count++)
        IOPT_DO(copy_text(paths[records->count], &records->paths[records->count], err));
    IOPT_DO(copy_text(options->image_key, &records->image_key, err));
    IOPT_DO(copy_text(options->label_key, &records->label_key, err));
    IOPT_DO(look(records, err));
    (void)snprintf(records->base.kind, sizeof records->base.kind, "%zu TFRecord file%s", count,
                   count == 1 ? "" : "s");
    *out = &records->base;
    return IOPT_OK;
done:
    destroy(&records->base);
    return status;
}
