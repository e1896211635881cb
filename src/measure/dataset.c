/* Finds out what DATA is, and hands out its items with checked labels. */
#include "measure/dataset.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "formats/image.h"
#include "formats/tfrecord.h"
#include "measure/dataset_source.h"
#include "platform/file.h"

struct IoptDataset {
    IoptSource *source;
    IoptLabelOffset offset;
    size_t classes, limit, at;
    bool labels_required;
    IoptDataItem item;
};

static const char wanted[] =
    "want TFRecords, a folder of class folders, a folder with --labels-file, or .npy/.npz arrays";

/* Paths that DATA stands for. */
typedef struct Paths {
    void *items;
    size_t count, capacity;
} Paths;

typedef enum Content { EMPTY, TFRECORDS, ARRAYS, IMAGES, TEXT, OTHER } Content;

static char **items_of(const Paths *paths)
{
    return paths->items;
}

static IoptStatus add_path(Paths *paths, const char *directory, const char *name, size_t size,
                           IoptError *err)
{
    IoptText text = { 0 };

    IOPT_TRY(iopt_grow(&paths->items, &paths->capacity, paths->count + 1, sizeof(char *), err));
    if (directory)
        iopt_text_printf(&text, "%s/", directory);
    iopt_text_append(&text, name, size);
    IOPT_TRY(iopt_text_finish(&text, &items_of(paths)[paths->count], err));
    paths->count++;
    return IOPT_OK;
}

/* One part between commas: a path, or a pattern. */
static IoptStatus add_part(Paths *paths, const char *part, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    char **found;
    size_t count;

    if (iopt_path_kind(part) != IOPT_PATH_ABSENT)
        return add_path(paths, NULL, part, strlen(part), err);
    IOPT_TRY(iopt_glob(part, &found, &count, err));
    for (size_t i = 0; status == IOPT_OK && i < count; i++)
        status = add_path(paths, NULL, found[i], strlen(found[i]), err);
    iopt_names_free(found, count);
    if (status == IOPT_OK && count == 0)
        return iopt_fail(err, IOPT_NOT_FOUND,
                         "data '%s': no such file, folder or pattern with a "
                         "match",
                         part);
    return status;
}

static IoptStatus expand(const char *data, Paths *paths, IoptError *err)
{
    IoptStatus status = IOPT_OK;

    if (iopt_path_kind(data) != IOPT_PATH_ABSENT) /* a name may hold commas itself */
        return add_part(paths, data, err);
    for (const char *at = data, *comma; status == IOPT_OK && at; at = comma ? comma + 1 : NULL) {
        comma = strchr(at, ',');
        char *const part = comma ? strndup(at, (size_t)(comma - at)) : strdup(at);
        if (!part)
            return iopt_fail_memory(err, strlen(at));
        if (*part)
            status = add_part(paths, part, err);
        free(part);
    }
    if (status == IOPT_OK && paths->count == 0)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "no data is named; %s", wanted);
    return status;
}

/* Text is left out where it lies beside records: labels.txt, README. */
static bool is_text(const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size && i < 512; i++)
        if (bytes[i] < ' ' && !strchr("\t\n\r\f", bytes[i]))
            return false;
    return true;
}

static IoptStatus classify(const char *path, Content *out, IoptError *err)
{
    IoptBuffer *file;

    IOPT_TRY(iopt_file_map(path, &file, err));
    const unsigned char *const bytes = iopt_buffer_data(file);
    const size_t size = iopt_buffer_bytes(file);
    const IoptImageFormat image = iopt_image_format(bytes, size);
    if (size == 0)
        *out = EMPTY;
    else if (size >= 6 && memcmp(bytes, "\x93NUMPY", 6) == 0)
        *out = ARRAYS;
    else if (size >= 4 &&
             (memcmp(bytes, "PK\x03\x04", 4) == 0 || memcmp(bytes, "PK\x05\x06", 4) == 0))
        *out = ARRAYS;
    else if (image == IOPT_IMAGE_JPEG || image == IOPT_IMAGE_PNG)
        *out = IMAGES;
    else if (iopt_tfrecord_recognize(path))
        *out = TFRECORDS;
    else
        *out = is_text(bytes, size) ? TEXT : OTHER;
    iopt_buffer_unref(file);
    return IOPT_OK;
}

static IoptStatus open_files(const Paths *paths, const IoptDatasetOptions *options,
                             IoptSource **out, IoptError *err)
{
    char **const items = items_of(paths);
    Content first, other;

    for (size_t i = 0; i < paths->count; i++)
        if (iopt_path_kind(items[i]) == IOPT_PATH_DIRECTORY)
            return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                             "data '%s': one folder alone, or files; got several", items[i]);
    IOPT_TRY(classify(items[0], &first, err));
    for (size_t i = 1; i < paths->count; i++) {
        IOPT_TRY(classify(items[i], &other, err));
        if (other != first && other != EMPTY) /* an empty shard is none the worse */
            return iopt_fail(err, IOPT_BAD_DATA,
                             "data '%s' and '%s' are of different kinds, or "
                             "one is corrupted",
                             items[0], items[i]);
    }
    if (options->labels_file && first != ARRAYS)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "--labels-file goes with a folder of images or with arrays; data '%s' is "
                         "neither",
                         items[0]);
    switch (first) {
    case TFRECORDS: return iopt_source_records(items, paths->count, options, out, err);
    case ARRAYS: return iopt_source_arrays(items, paths->count, options->labels_file, out, err);
    case IMAGES: return iopt_source_files(items, paths->count, out, err);
    case EMPTY: return iopt_fail(err, IOPT_BAD_DATA, "data '%s' is empty; %s", items[0], wanted);
    case TEXT:
    case OTHER: break;
    }
    return iopt_fail(err, IOPT_BAD_DATA,
                     "data '%s' is not understood, or a TFRecord file whose "
                     "first record is corrupted; %s",
                     items[0], wanted);
}

/* What lies in a folder, and the files of it that are data. */
typedef struct Folder {
    Paths records, images, others;
    size_t folders, entries;
} Folder;

static IoptStatus look_at(Folder *folder, const char *directory, const char *name, IoptError *err)
{
    const size_t size = strlen(name);
    IoptStatus status;
    Paths path = { 0 };
    Content content;

    IOPT_DO(add_path(&path, directory, name, size, err));
    const char *const file = items_of(&path)[0];
    const IoptPathKind kind = iopt_path_kind(file);
    folder->folders += kind == IOPT_PATH_DIRECTORY;
    if (kind != IOPT_PATH_FILE)
        goto done;
    IOPT_DO(classify(file, &content, err));
    if (content == TFRECORDS)
        IOPT_DO(add_path(&folder->records, directory, name, size, err));
    else if (content == IMAGES)
        IOPT_DO(add_path(&folder->images, directory, name, size, err));
    else if (content != TEXT && content != EMPTY)
        IOPT_DO(add_path(&folder->others, directory, name, size, err));
done:
    iopt_names_free(path.items, path.count);
    return status;
}

static void free_folder(Folder *folder)
{
    iopt_names_free(folder->records.items, folder->records.count);
    iopt_names_free(folder->images.items, folder->images.count);
    iopt_names_free(folder->others.items, folder->others.count);
}

static IoptStatus look_into(Folder *folder, const char *directory, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    char **names;
    size_t count;

    IOPT_TRY(iopt_directory_list(directory, &names, &count, err));
    for (size_t i = 0; status == IOPT_OK && i < count; i++)
        if (names[i][0] != '.') {
            folder->entries++;
            status = look_at(folder, directory, names[i], err);
        }
    iopt_names_free(names, count);
    return status;
}

static IoptStatus open_folder(const char *directory, const IoptDatasetOptions *options,
                              IoptSource **out, IoptError *err)
{
    Folder folder = { 0 };
    IoptStatus status;

    if (options->labels_file)
        return iopt_source_list(directory, options->labels_file, out, err);
    IOPT_DO(look_into(&folder, directory, err));
    if (folder.others.count && !folder.folders)
        status = iopt_fail(err, IOPT_BAD_DATA,
                           "data '%s' is not understood, or a TFRecord file whose first record is "
                           "corrupted; %s",
                           items_of(&folder.others)[0], wanted);
    else if (folder.records.count)
        status = iopt_source_records(folder.records.items, folder.records.count, options, out, err);
    else if (folder.folders > 1 || (folder.folders && !folder.images.count))
        status = iopt_source_class_folders(directory, out, err);
    else if (folder.images.count)
        status = iopt_source_files(folder.images.items, folder.images.count, out, err);
    else
        status = iopt_fail(err, IOPT_BAD_DATA, "data '%s' %s; %s", directory,
                           folder.entries ? "holds no data" : "is an empty folder", wanted);
done:
    free_folder(&folder);
    return status;
}

static IoptStatus open_source(const char *data, const IoptDatasetOptions *options, IoptSource **out,
                              IoptError *err)
{
    Paths paths = { 0 };
    IoptStatus status;

    *out = NULL;
    IOPT_DO(expand(data, &paths, err));
    const char *const first = items_of(&paths)[0];
    if (paths.count == 1 && iopt_path_kind(first) == IOPT_PATH_DIRECTORY)
        IOPT_DO(open_folder(first, options, out, err));
    else
        IOPT_DO(open_files(&paths, options, out, err));
    if (options->labels_required && !(*out)->has_labels)
        status = iopt_fail(err, IOPT_BAD_DATA,
                           "data '%s' has no labels (%s), but accuracy needs them; give "
                           "--labels-file, or class folders",
                           data, (*out)->kind);
done:
    iopt_names_free(paths.items, paths.count);
    return status;
}

IoptStatus iopt_dataset_open(const char *data, const IoptDatasetOptions *options, IoptDataset **out,
                             IoptError *err)
{
    IoptStatus status;
    void *block;

    *out = NULL;
    IOPT_TRY(iopt_alloc(&block, 1, sizeof(IoptDataset), err));
    IoptDataset *const dataset = block;
    IOPT_DO(open_source(data, options, &dataset->source, err));
    dataset->offset = iopt_label_offset(dataset->source, options->label_offset, options->classes);
    dataset->classes = options->classes;
    dataset->limit = options->limit ? options->limit : SIZE_MAX;
    dataset->labels_required = options->labels_required;
    *out = dataset;
    return IOPT_OK;
done:
    iopt_dataset_close(dataset);
    return status;
}

void iopt_dataset_close(IoptDataset *dataset)
{
    if (!dataset)
        return;
    if (dataset->source)
        dataset->source->type->destroy(dataset->source);
    free(dataset);
}

static IoptStatus check_label(const IoptDataset *dataset, IoptDataItem *item, IoptError *err)
{
    if (!item->has_label)
        return dataset->labels_required
                   ? iopt_fail(err, IOPT_BAD_DATA, "'%s' has no label", item->name)
                   : IOPT_OK;
    const int offset = dataset->offset.offset;
    const bool in_reach = item->label > INT64_MIN + 1 && item->label < INT64_MAX;
    item->target = in_reach ? item->label + offset : item->label;
    if (!dataset->classes || (item->target >= 0 && (uint64_t)item->target < dataset->classes))
        return IOPT_OK;
    return iopt_fail(err, IOPT_BAD_DATA,
                     "'%s': label %" PRId64 " (offset %d) is out of range: the network has classes "
                     "0..%zu; see --label-offset",
                     item->name, item->label, offset, dataset->classes - 1);
}

IoptStatus iopt_dataset_next(IoptDataset *dataset, const IoptDataItem **item, IoptError *err)
{
    IoptDataItem *const next = &dataset->item;
    bool more;

    *item = NULL;
    if (dataset->at == dataset->limit)
        return IOPT_OK;
    *next = (IoptDataItem){ .index = dataset->at };
    IOPT_TRY(dataset->source->type->next(dataset->source, next, &more, err));
    if (!more)
        return IOPT_OK;
    dataset->at++;
    IOPT_TRY(check_label(dataset, next, err));
    *item = next;
    return IOPT_OK;
}

IoptStatus iopt_dataset_rewind(IoptDataset *dataset, IoptError *err)
{
    dataset->at = 0;
    return dataset->source->type->rewind(dataset->source, err);
}

size_t iopt_dataset_count(const IoptDataset *dataset)
{
    const size_t count = dataset->source->count;
    return count < dataset->limit ? count : dataset->limit;
}

bool iopt_dataset_has_labels(const IoptDataset *dataset)
{
    return dataset->source->has_labels;
}

int iopt_dataset_label_offset(const IoptDataset *dataset)
{
    return dataset->offset.offset;
}

const char *iopt_dataset_label_text(const IoptDataset *dataset)
{
    return dataset->offset.text;
}

const char *iopt_dataset_kind_text(const IoptDataset *dataset)
{
    return dataset->source->kind;
}

const char *iopt_dataset_class_name(const IoptDataset *dataset, int64_t label)
{
    const IoptSource *const source = dataset->source;
    return label >= 0 && (uint64_t)label < source->n_classes ? source->classes[label] : NULL;
}
