/* Files: mapped for reading, written whole or not at all. */
#ifndef IOPT_PLATFORM_FILE_H
#define IOPT_PLATFORM_FILE_H

#include <stdbool.h>
#include <stdio.h>

#include "base/buffer.h"

typedef enum IoptPathKind {
    IOPT_PATH_ABSENT,
    IOPT_PATH_FILE,
    IOPT_PATH_DIRECTORY,
    IOPT_PATH_OTHER
} IoptPathKind;

IoptPathKind iopt_path_kind(const char *path);

/* Maps a whole file for reading; an empty file gives an empty buffer.  The pages stay the file's:
 * nothing is copied.  Fails with IOPT_NOT_FOUND or IOPT_IO, naming the file and the cause. */
IoptStatus iopt_file_map(const char *path, IoptBuffer **out, IoptError *err);

/* Names in a directory without "." and "..", sorted by byte order; free with iopt_names_free. */
IoptStatus iopt_directory_list(const char *path, char ***out, size_t *count, IoptError *err);
void iopt_names_free(char **names, size_t count);

/* Paths that match a shell pattern, sorted; no match gives none. */
IoptStatus iopt_glob(const char *pattern, char ***out, size_t *count, IoptError *err);

/* An output file appears under its name only when it is whole: it is written beside it and
 * renamed.  A device such as /dev/stdout is written to as it is. */
typedef struct IoptOutput IoptOutput;

IoptStatus iopt_output_open(const char *path, IoptOutput **out, IoptError *err);
IoptStatus iopt_output_write(IoptOutput *output, const void *data, size_t size, IoptError *err);

/* Flushes, renames and closes; on failure the old file is still there.  Takes the output. */
IoptStatus iopt_output_commit(IoptOutput *output, IoptError *err);

/* Throws away what was written; NULL is fine. */
void iopt_output_abandon(IoptOutput *output);

/* Removes the temporary files of all open outputs; may be called from a signal handler. */
void iopt_output_abandon_all(void);

#endif
