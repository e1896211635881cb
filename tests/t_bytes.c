/* Damaged copies of files. */
#include "t_bytes.h"

#include <stdlib.h>
#include <string.h>

#include "platform/file.h"

IoptBuffer *t_map(Test *t, const char *path)
{
    IoptBuffer *file;

    T_OK(t, iopt_file_map(path, &file, &t->err));
    return file;
}

const char *t_write(Test *t, const char *name, const void *bytes, size_t size)
{
    const char *const path = t_path(t_temp_dir(), name);
    FILE *const file = fopen(path, "wb");

    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0)
        T_FAIL(t, "cannot write %s", path);
    return path;
}

static void read_copy(const unsigned char *bytes, size_t size, size_t at, unsigned char change,
                      TRead *read, void *context)
{
    unsigned char *const copy = malloc(size);

    if (!copy && size)
        abort();
    if (size)
        memcpy(copy, bytes, size);
    if (change)
        copy[at] ^= change;
    read(context, copy, size);
    free(copy);
}

void t_damage(Test *t, const IoptBuffer *whole, TRead *read, void *context)
{
    static const unsigned char changes[] = { 0x01, 0x80, 0xff };
    const unsigned char *const bytes = iopt_buffer_data(whole);
    const size_t size = iopt_buffer_bytes(whole);

    T_CHECK(t, size > 0);
    for (size_t n = 0; n < size; n++)
        read_copy(bytes, n, 0, 0, read, context);
    for (size_t at = 0; at < size; at++)
        for (size_t k = 0; k < sizeof changes; k++)
            read_copy(bytes, size, at, changes[k], read, context);
}
