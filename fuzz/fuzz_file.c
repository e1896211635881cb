/* The bytes as a file in memory, which has a path all the same. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz_input.h"

const char *fuzz_file(const uint8_t *data, size_t size)
{
    static char path[64];
    static int file = -1;

    if (file >= 0)
        (void)close(file);
    file = memfd_create("fuzz", 0);
    if (file < 0)
        abort();
    for (size_t done = 0; done < size;) {
        const ssize_t written = write(file, data + done, size - done);
        if (written <= 0)
            abort();
        done += (size_t)written;
    }
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    return path;
}
