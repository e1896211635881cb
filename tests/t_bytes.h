/* Files for tests of readers: written whole, and damaged in every way. */
#ifndef IOPT_TESTS_T_BYTES_H
#define IOPT_TESTS_T_BYTES_H

#include "base/buffer.h"
#include "t.h"

/* A committed file of tests/data, mapped; the caller unrefs it. */
IoptBuffer *t_map(Test *t, const char *path);

/* Writes a file of the temporary folder and returns its path (t_path's lifetime). */
const char *t_write(Test *t, const char *name, const void *bytes, size_t size);

/* Calls `read` with every truncation of the bytes and with every byte changed in several ways.
 * Each copy has exactly its size on the heap, so that a sanitizer sees what reads beyond. */
typedef void TRead(void *context, const void *bytes, size_t size);
void t_damage(Test *t, const IoptBuffer *whole, TRead *read, void *context);

#endif
