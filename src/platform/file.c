/* Mapping, listing and atomic writing of files. */
#include "platform/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"

enum { MAX_OPEN_OUTPUTS = 16 };

struct IoptOutput {
    FILE *file;
    char *path, *temporary; /* temporary is NULL for a device */
    size_t slot;
};

/* The signal handler's view: names of temporary files, set and cleared by single stores. */
static char *volatile open_outputs[MAX_OPEN_OUTPUTS];

IoptPathKind iopt_path_kind(const char *path)
{
    struct stat info;

    if (stat(path, &info) != 0)
        return IOPT_PATH_ABSENT;
    if (S_ISREG(info.st_mode))
        return IOPT_PATH_FILE;
    return S_ISDIR(info.st_mode) ? IOPT_PATH_DIRECTORY : IOPT_PATH_OTHER;
}

static void release_mapping(void *data, size_t bytes)
{
    if (bytes)
        (void)munmap(data, bytes);
}

IoptStatus iopt_file_map(const char *path, IoptBuffer **out, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    struct stat info;
    void *data = NULL;
    static char empty[1];

    *out = NULL;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return iopt_fail(err, errno == ENOENT ? IOPT_NOT_FOUND : IOPT_IO, "'%s': %s", path,
                         strerror(errno));
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        status = iopt_fail(err, IOPT_IO, "'%s': %s", path,
                           S_ISDIR(info.st_mode) ? "is a directory" : "is not a regular file");
        goto done;
    }
    const size_t bytes = (size_t)info.st_size;
    if (bytes) {
        data = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, fd, 0);
        if (data == MAP_FAILED) {
            status = iopt_fail(err, IOPT_IO, "'%s': %s", path, strerror(errno));
            goto done;
        }
    }
    status = iopt_buffer_wrap(data ? data : empty, bytes, release_mapping, out, err);
    if (status != IOPT_OK)
        release_mapping(data, bytes);
done:
    (void)close(fd);
    return status;
}

static int compare_names(const void *a, const void *b)
{
    const char *const *const x = a, *const *const y = b;
    return strcmp(*x, *y);
}

void iopt_names_free(char **names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

typedef struct Names {
    void *items;
    size_t count, capacity;
} Names;

static IoptStatus add_name(Names *names, const char *name, IoptError *err)
{
    IOPT_TRY(iopt_grow(&names->items, &names->capacity, names->count + 1, sizeof(char *), err));
    char *const copy = strdup(name);
    if (!copy)
        return iopt_fail_memory(err, strlen(name) + 1);
    ((char **)names->items)[names->count++] = copy;
    return IOPT_OK;
}

static IoptStatus finish_names(Names *names, IoptStatus status, char ***out, size_t *count)
{
    if (status != IOPT_OK) {
        iopt_names_free(names->items, names->count);
        return status;
    }
    if (names->count)
        qsort(names->items, names->count, sizeof(char *), compare_names);
    *out = names->items;
    *count = names->count;
    return IOPT_OK;
}

IoptStatus iopt_directory_list(const char *path, char ***out, size_t *count, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    Names names = { 0 };
    const struct dirent *entry;
    DIR *const directory = opendir(path);

    *out = NULL;
    *count = 0;
    if (!directory)
        return iopt_fail(err, errno == ENOENT ? IOPT_NOT_FOUND : IOPT_IO, "'%s': %s", path,
                         strerror(errno));
    while (status == IOPT_OK && (entry = readdir(directory)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            status = add_name(&names, entry->d_name, err);
    (void)closedir(directory);
    return finish_names(&names, status, out, count);
}

IoptStatus iopt_glob(const char *pattern, char ***out, size_t *count, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    Names names = { 0 };
    glob_t found;

    *out = NULL;
    *count = 0;
    const int result = glob(pattern, 0, NULL, &found);
    if (result == GLOB_NOMATCH)
        return IOPT_OK;
    if (result != 0)
        return iopt_fail(err, IOPT_IO, "cannot list '%s'", pattern);
    for (size_t i = 0; status == IOPT_OK && i < found.gl_pathc; i++)
        status = add_name(&names, found.gl_pathv[i], err);
    globfree(&found);
    return finish_names(&names, status, out, count);
}

static void free_output(IoptOutput *output)
{
    if (output->file)
        (void)fclose(output->file);
    if (output->slot < MAX_OPEN_OUTPUTS)
        open_outputs[output->slot] = NULL;
    free(output->path);
    free(output->temporary);
    free(output);
}

static IoptStatus create_temporary(IoptOutput *output, IoptError *err)
{
    IoptText name = { 0 };
    struct stat info;

    iopt_text_printf(&name, "%s.tmp-XXXXXX", output->path);
    IOPT_TRY(iopt_text_finish(&name, &output->temporary, err));
    const int fd = mkstemp(output->temporary);
    if (fd < 0)
        return iopt_fail(err, IOPT_IO, "cannot write '%s': %s", output->path, strerror(errno));
    for (size_t i = 0; i < MAX_OPEN_OUTPUTS; i++)
        if (!open_outputs[i]) {
            open_outputs[i] = output->temporary;
            output->slot = i;
            break;
        }
    /* mkstemp's 0600 is for secrets; an output gets the mode that open() would have given. */
    const mode_t mask = umask(0);
    (void)umask(mask);
    const mode_t mode = stat(output->path, &info) == 0 ? info.st_mode & 0777 : 0666 & ~mask;
    if (fchmod(fd, mode) != 0 || !(output->file = fdopen(fd, "wb"))) {
        const int cause = errno;
        (void)close(fd);
        (void)unlink(output->temporary);
        return iopt_fail(err, IOPT_IO, "cannot write '%s': %s", output->path, strerror(cause));
    }
    return IOPT_OK;
}

IoptStatus iopt_output_open(const char *path, IoptOutput **out, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    void *block;

    *out = NULL;
    IOPT_TRY(iopt_alloc(&block, 1, sizeof(IoptOutput), err));
    IoptOutput *output = block;
    output->slot = MAX_OPEN_OUTPUTS;
    const IoptPathKind kind = iopt_path_kind(path);
    if (kind == IOPT_PATH_DIRECTORY) {
        status = iopt_fail(err, IOPT_IO, "cannot write '%s': is a directory", path);
        goto done;
    }
    /* A symbolic link stays one: its target is what is replaced. */
    output->path = kind == IOPT_PATH_FILE ? realpath(path, NULL) : strdup(path);
    if (!output->path) {
        status = iopt_fail_memory(err, strlen(path));
        goto done;
    }
    if (kind == IOPT_PATH_OTHER) {
        output->file = fopen(path, "wb");
        if (!output->file)
            status = iopt_fail(err, IOPT_IO, "cannot write '%s': %s", path, strerror(errno));
    } else {
        status = create_temporary(output, err);
    }
done:
    if (status != IOPT_OK)
        free_output(output);
    else
        *out = output;
    return status;
}

IoptStatus iopt_output_write(IoptOutput *output, const void *data, size_t size, IoptError *err)
{
    if (size && fwrite(data, 1, size, output->file) != size)
        return iopt_fail(err, IOPT_IO, "cannot write '%s': %s", output->path, strerror(errno));
    return IOPT_OK;
}

IoptStatus iopt_output_commit(IoptOutput *output, IoptError *err)
{
    IoptStatus status = IOPT_OK;

    /* A disk that is full may say so only here. */
    const bool flushed = fflush(output->file) == 0 && !ferror(output->file);
    const int cause = errno;
    const bool closed = fclose(output->file) == 0;
    output->file = NULL;
    if (!flushed || !closed)
        status = iopt_fail(err, IOPT_IO, "cannot write '%s': %s", output->path,
                           strerror(flushed ? errno : cause));
    else if (output->temporary && rename(output->temporary, output->path) != 0)
        status = iopt_fail(err, IOPT_IO, "cannot write '%s': %s", output->path, strerror(errno));
    if (status != IOPT_OK && output->temporary)
        (void)unlink(output->temporary);
    free_output(output);
    return status;
}

void iopt_output_abandon(IoptOutput *output)
{
    if (!output)
        return;
    if (output->temporary)
        (void)unlink(output->temporary);
    free_output(output);
}

void iopt_output_abandon_all(void)
{
    for (size_t i = 0; i < MAX_OPEN_OUTPUTS; i++)
        if (open_outputs[i])
            (void)unlink(open_outputs[i]);
}
