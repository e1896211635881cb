/* Runs a fuzz target on the files that are named, where there is no libFuzzer:
 * `fuzz_x FILE...`.  Each file's bytes are in a block of their own size, so that a sanitizer
 * notices a read past the end. */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz_input.h"

static uint8_t *read_all(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = NULL;
    long end = -1;

    if (file && fseek(file, 0, SEEK_END) == 0)
        end = ftell(file);
    if (end >= 0 && fseek(file, 0, SEEK_SET) == 0)
        data = malloc(end > 0 ? (size_t)end : 1);
    if (data && fread(data, 1, (size_t)end, file) != (size_t)end) {
        free(data);
        data = NULL;
    }
    if (file)
        (void)fclose(file);
    *size = data ? (size_t)end : 0;
    return data;
}

int main(int count, char **paths)
{
    for (int i = 1; i < count; i++) {
        size_t size;
        uint8_t *data = read_all(paths[i], &size);

        if (!data) {
            (void)fprintf(stderr, "cannot read '%s'\n", paths[i]);
            return 1;
        }
        (void)LLVMFuzzerTestOneInput(data, size);
        free(data);
    }
    (void)printf("%d files\n", count - 1);
    return 0;
}
