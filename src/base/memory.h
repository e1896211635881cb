/* Memory: plain blocks, aligned blocks, growing arrays and arenas.  No call here aborts. */
#ifndef IOPT_BASE_MEMORY_H
#define IOPT_BASE_MEMORY_H

#include <stdarg.h>

#include "base/status.h"

/* `count` elements of `size` bytes, zeroed; free() releases it.  Zero elements give a block too. */
IoptStatus iopt_alloc(void **out, size_t count, size_t size, IoptError *err);

/* The same, aligned to IOPT_ALIGN_BYTES and not zeroed. */
IoptStatus iopt_alloc_aligned(void **out, size_t bytes, IoptError *err);

/* Makes room for at least `need` elements of `size` bytes in a growing array: *items may move,
 * *capacity grows by at least half.  New elements are zeroed. */
IoptStatus iopt_grow(void **items, size_t *capacity, size_t need, size_t size, IoptError *err);

/* An arena hands out memory that is released all at once. */
typedef struct IoptArena IoptArena;

IoptStatus iopt_arena_create(IoptArena **out, IoptError *err);
void iopt_arena_destroy(IoptArena *arena); /* NULL is fine */

/* Zeroed, aligned for any type; NULL if out of memory. */
void *iopt_arena_alloc(IoptArena *arena, size_t count, size_t size);

/* A copy of `size` bytes with a zero behind it, which does not count; NULL if out of memory. */
char *iopt_arena_copy(IoptArena *arena, const char *text, size_t size);
char *iopt_arena_text(IoptArena *arena, const char *text);
char *iopt_arena_printf(IoptArena *arena, const char *format, ...) IOPT_PRINTF(2, 3);

/* Bytes handed out so far. */
size_t iopt_arena_bytes(const IoptArena *arena);

#endif
