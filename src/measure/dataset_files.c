/* Image files as a data set: class folders, a list of files with labels, or files alone. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "measure/dataset_source.h"
#include "platform/file.h"

typedef struct Entry {
    char *path; /* from the folder on, for messages */
    int64_t label;
} Entry;

typedef struct Files {
    IoptSource base;
    char *directory; /* NULL: paths stand for themselves */
    void *entries;
    size_t count, capacity, at;
    IoptBuffer *file;  /* of the current item */
    IoptError problem; /* why it could not be read */
} Files;

static Files *files_of(IoptSource *source)
{
    return (Files *)(void *)source;
}

/* "DIRECTORY/NAME" (or NAME alone); the caller frees it. */
static IoptStatus join(const char *directory, const char *name, char **out, IoptError *err)
{
    IoptText text = { 0 };

    if (directory && name[0] != '/')
        iopt_text_printf(&text, "%s/%s", directory, name);
    else
        iopt_text_append(&text, name, strlen(name));
    return iopt_text_finish(&text, out, err);
}

static IoptStatus next(IoptSource *source, IoptDataItem *item, bool *more, IoptError *err)
{
    Files *const files = files_of(source);
    char *path;

    iopt_buffer_unref(files->file);
    files->file = NULL;
    *more = files->at < files->count;
    if (!*more)
        return IOPT_OK;
    const Entry *const entry = (const Entry *)files->entries + files->at++;
    IOPT_TRY(iopt_source_name(source, item, err, "%s", entry->path));
    IOPT_TRY(join(files->directory, entry->path, &path, err));
    item->has_label = source->has_labels;
    item->label = entry->label;
    if (iopt_file_map(path, &files->file, &files->problem) == IOPT_OK)
        item->encoded =
            (IoptBytes){ iopt_buffer_data(files->file), iopt_buffer_bytes(files->file) };
    else
        item->problem = files->problem.text;
    free(path);
    return IOPT_OK;
}

static IoptStatus rewind_files(IoptSource *source, IoptError *err)
{
    (void)err;
    files_of(source)->at = 0;
    return IOPT_OK;
}

static void destroy(IoptSource *source)
{
    Files *const files = files_of(source);
    Entry *const entries = files->entries;

    for (size_t i = 0; i < files->count; i++)
        free(entries[i].path);
    free(entries);
    free(files->directory);
    iopt_buffer_unref(files->file);
    iopt_source_free(source);
}

static IoptStatus create(const char *directory, Files **out, IoptError *err)
{
    static const IoptSourceType type = { next, rewind_files, destroy };
    void *block;

    *out = NULL;
    IOPT_TRY(iopt_alloc(&block, 1, sizeof(Files), err));
    Files *const files = block;
    files->base.type = &type;
    files->directory = directory ? strdup(directory) : NULL;
    if (directory && !files->directory) {
        free(files);
        return iopt_fail_memory(err, strlen(directory));
    }
    *out = files;
    return IOPT_OK;
}

/* The path is taken. */
static IoptStatus add(Files *files, char *path, int64_t label, IoptError *err)
{
    const IoptStatus status =
        iopt_grow(&files->entries, &files->capacity, files->count + 1, sizeof(Entry), err);

    if (status != IOPT_OK) {
        free(path);
        return status;
    }
    ((Entry *)files->entries)[files->count++] = (Entry){ path, label };
    files->base.count = files->count;
    return IOPT_OK;
}

/* All files of one class; names that begin with a dot are nobody's photos. */
static IoptStatus add_class(Files *files, const char *name, int64_t label, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    char *folder, **names;
    size_t count;

    IOPT_TRY(join(files->directory, name, &folder, err));
    status = iopt_directory_list(folder, &names, &count, err);
    free(folder);
    if (status != IOPT_OK)
        return status;
    for (size_t i = 0; status == IOPT_OK && i < count; i++) {
        char *path;
        if (names[i][0] == '.')
            continue;
        status = join(name, names[i], &path, err);
        if (status == IOPT_OK)
            status = add(files, path, label, err);
    }
    iopt_names_free(names, count);
    return status;
}

/* Names of the folders in a folder, sorted. */
static IoptStatus list_folders(const char *directory, char ***out, size_t *count, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    char **names;
    size_t all, kept = 0;

    IOPT_TRY(iopt_directory_list(directory, &names, &all, err));
    for (size_t i = 0; i < all; i++) {
        char *path = NULL;
        if (status == IOPT_OK)
            status = join(directory, names[i], &path, err);
        if (path && names[i][0] != '.' && iopt_path_kind(path) == IOPT_PATH_DIRECTORY)
            names[kept++] = names[i];
        else
            free(names[i]);
        free(path);
    }
    *out = names;
    *count = kept;
    return status;
}

IoptStatus iopt_source_class_folders(const char *directory, IoptSource **out, IoptError *err)
{
    IoptStatus status;
    Files *files;

    *out = NULL;
    IOPT_TRY(create(directory, &files, err));
    IOPT_DO(list_folders(directory, &files->base.classes, &files->base.n_classes, err));
    for (size_t i = 0; i < files->base.n_classes; i++)
        IOPT_DO(add_class(files, files->base.classes[i], (int64_t)i, err));
    if (files->count == 0) {
        status = iopt_fail(err, IOPT_BAD_DATA, "'%s': the class folders hold no files", directory);
        goto done;
    }
    iopt_source_see_label(&files->base, 0);
    iopt_source_see_label(&files->base, (int64_t)files->base.n_classes - 1);
    (void)snprintf(files->base.kind, sizeof files->base.kind, "%zu class folder%s, %zu files",
                   files->base.n_classes, files->base.n_classes == 1 ? "" : "s", files->count);
    *out = &files->base;
    return IOPT_OK;
done:
    destroy(&files->base);
    return status;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* "photos/a cat.jpg 17": the label is the last word. */
static IoptStatus add_line(Files *files, const char *line, size_t size, IoptError *err)
{
    char number[24], *end, *path;

    while (size && is_space(line[size - 1]))
        size--;
    while (size && is_space(*line)) {
        line++;
        size--;
    }
    if (size == 0)
        return IOPT_OK;
    size_t word = size;
    while (word && !is_space(line[word - 1]))
        word--;
    size_t name = word;
    while (name && is_space(line[name - 1]))
        name--;
    const size_t digits = size - word;
    if (digits < sizeof number) {
        memcpy(number, line + word, digits);
        number[digits] = 0;
    }
    errno = 0;
    const long long label = digits < sizeof number ? strtoll(number, &end, 10) : 0;
    if (digits >= sizeof number || *end != 0 || errno || name == 0)
        return iopt_fail(err, IOPT_BAD_DATA, "want 'file label' with a whole number; got '%.*s'",
                         size > 80 ? 80 : (int)size, line);
    path = strndup(line, name);
    if (!path)
        return iopt_fail_memory(err, name);
    iopt_source_see_label(&files->base, label);
    return add(files, path, label, err);
}

static IoptStatus add_lines(Files *files, const char *labels_file, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptBuffer *text;

    IOPT_TRY(iopt_file_map(labels_file, &text, err));
    const char *at = iopt_buffer_data(text), *const last = at + iopt_buffer_bytes(text);
    for (size_t number = 1; status == IOPT_OK && at < last; number++) {
        const char *const newline = memchr(at, '\n', (size_t)(last - at));
        const char *const end = newline ? newline : last;
        status = iopt_while(err, add_line(files, at, (size_t)(end - at), err), "'%s' line %zu",
                            labels_file, number);
        at = newline ? newline + 1 : last;
    }
    iopt_buffer_unref(text);
    return status;
}

IoptStatus iopt_source_list(const char *directory, const char *labels_file, IoptSource **out,
                            IoptError *err)
{
    IoptStatus status;
    Files *files;

    *out = NULL;
    IOPT_TRY(create(directory, &files, err));
    IOPT_DO(add_lines(files, labels_file, err));
    if (files->count == 0) {
        status = iopt_fail(err, IOPT_BAD_DATA, "'%s': no lines 'file label'", labels_file);
        goto done;
    }
    (void)snprintf(files->base.kind, sizeof files->base.kind, "%zu listed files", files->count);
    *out = &files->base;
    return IOPT_OK;
done:
    destroy(&files->base);
    return status;
}

IoptStatus iopt_source_files(char *const *paths, size_t count, IoptSource **out, IoptError *err)
{
    IoptStatus status;
    Files *files;

    *out = NULL;
    IOPT_TRY(create(NULL, &files, err));
    for (size_t i = 0; i < count; i++) {
        char *path;
        IOPT_DO(join(NULL, paths[i], &path, err));
        IOPT_DO(add(files, path, 0, err));
    }
    (void)snprintf(files->base.kind, sizeof files->base.kind, "%zu image file%s without labels",
                   count, count == 1 ? "" : "s");
    *out = &files->base;
    return IOPT_OK;
done:
    destroy(&files->base);
    return status;
}
