/* Reading names of classes. */
#include "cli/labels.h"

#include <stdlib.h>
#include <string.h>

#include "platform/file.h"

static IoptStatus add_line(CliLabels *labels, const char *line, size_t size, IoptError *err)
{
    void *names = labels->names;

    while (size > 0 && (line[size - 1] == '\r' || line[size - 1] == ' '))
        size--;
    IOPT_TRY(iopt_grow(&names, &labels->capacity, labels->count + 1, sizeof(char *), err));
    labels->names = names;
    char *const name = strndup(line, size);
    if (!name)
        return iopt_fail_memory(err, size);
    labels->names[labels->count++] = name;
    return IOPT_OK;
}

IoptStatus cli_labels_read(const char *path, CliLabels *out, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptBuffer *file;

    *out = (CliLabels){ 0 };
    IOPT_TRY(iopt_file_map(path, &file, err));
    const char *at = iopt_buffer_data(file);
    const char *const end = at + iopt_buffer_bytes(file);
    while (at < end && status == IOPT_OK) {
        const char *const stop = memchr(at, '\n', (size_t)(end - at));
        const char *const line_end = stop ? stop : end;
        status = add_line(out, at, (size_t)(line_end - at), err);
        at = line_end + 1;
    }
    iopt_buffer_unref(file);
    if (status == IOPT_OK && out->count == 0)
        status = iopt_fail(err, IOPT_BAD_DATA, "'%s' is empty: want a class name per line", path);
    if (status != IOPT_OK)
        cli_labels_free(out);
    return status;
}

void cli_labels_free(CliLabels *labels)
{
    for (size_t i = 0; i < labels->count; i++)
        free(labels->names[i]);
    free(labels->names);
    *labels = (CliLabels){ 0 };
}

const char *cli_label(const CliLabels *labels, size_t index, size_t classes)
{
    if (labels->count + 1 == classes)
        return index == 0 ? "background" : labels->names[index - 1];
    index += labels->count == classes + 1;
    return index < labels->count ? labels->names[index] : "";
}
