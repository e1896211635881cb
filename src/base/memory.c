/* Blocks, growing arrays and arenas. */
#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/compiler.h"

enum { CHUNK_BYTES = 64 * 1024, ARENA_ALIGN = 16 };

typedef struct Chunk {
    struct Chunk *next;
    size_t used, size;
} Chunk;

struct IoptArena {
    Chunk *first; /* the one being filled; full ones follow */
    size_t bytes;
};

IoptStatus iopt_alloc(void **out, size_t count, size_t size, IoptError *err)
{
    size_t bytes;

    *out = NULL;
    if (!iopt_mul_size(count, size, &bytes))
        return iopt_fail_memory(err, SIZE_MAX);
    *out = calloc(count ? count : 1, size ? size : 1);
    return *out ? IOPT_OK : iopt_fail_memory(err, bytes);
}

IoptStatus iopt_alloc_aligned(void **out, size_t bytes, IoptError *err)
{
    size_t padded;

    *out = NULL;
    if (!iopt_add_size(bytes, 2 * IOPT_ALIGN_BYTES - 1, &padded))
        return iopt_fail_memory(err, bytes);
    padded = padded / IOPT_ALIGN_BYTES * IOPT_ALIGN_BYTES;
    *out = aligned_alloc(IOPT_ALIGN_BYTES, padded);
    return *out ? IOPT_OK : iopt_fail_memory(err, bytes);
}

IoptStatus iopt_grow(void **items, size_t *capacity, size_t need, size_t size, IoptError *err)
{
    size_t count = *capacity, bytes;
    void *moved;

    if (need <= count && *items)
        return IOPT_OK;
    count = count + count / 2 < need ? need : count + count / 2;
    if (count < 8)
        count = 8;
    if (!iopt_mul_size(count, size, &bytes))
        return iopt_fail_memory(err, SIZE_MAX);
    moved = realloc(*items, bytes);
    if (!moved)
        return iopt_fail_memory(err, bytes);
    const size_t old = *items ? *capacity : 0;
    memset((char *)moved + old * size, 0, (count - old) * size);
    *items = moved;
    *capacity = count;
    return IOPT_OK;
}

IoptStatus iopt_arena_create(IoptArena **out, IoptError *err)
{
    void *arena;

    *out = NULL;
    IOPT_TRY(iopt_alloc(&arena, 1, sizeof(IoptArena), err));
    *out = arena;
    return IOPT_OK;
}

void iopt_arena_destroy(IoptArena *arena)
{
    if (!arena)
        return;
    for (Chunk *chunk = arena->first, *next; chunk; chunk = next) {
        next = chunk->next;
        free(chunk);
    }
    free(arena);
}

static size_t header_bytes(void)
{
    return (sizeof(Chunk) + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
}

void *iopt_arena_alloc(IoptArena *arena, size_t count, size_t size)
{
    size_t bytes;

    if (!iopt_mul_size(count, size, &bytes) || bytes > SIZE_MAX / 2)
        return NULL;
    bytes = (bytes + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    if (!arena->first || arena->first->size - arena->first->used < bytes) {
        const size_t room = bytes > CHUNK_BYTES ? bytes : CHUNK_BYTES;
        Chunk *chunk = malloc(header_bytes() + room);
        if (!chunk)
            return NULL;
        *chunk = (Chunk){ .size = room };
        /* A block larger than a chunk goes behind the one being filled, which stays in use. */
        if (arena->first && room > CHUNK_BYTES) {
            chunk->next = arena->first->next;
            arena->first->next = chunk;
            chunk->used = bytes;
            arena->bytes += bytes;
            return memset((char *)chunk + header_bytes(), 0, bytes);
        }
        chunk->next = arena->first;
        arena->first = chunk;
    }
    char *at = (char *)arena->first + header_bytes() + arena->first->used;
    arena->first->used += bytes;
    arena->bytes += bytes;
    return memset(at, 0, bytes);
}

char *iopt_arena_copy(IoptArena *arena, const char *text, size_t size)
{
    char *copy = size < SIZE_MAX ? iopt_arena_alloc(arena, size + 1, 1) : NULL;

    if (copy && size)
        memcpy(copy, text, size);
    return copy;
}

char *iopt_arena_text(IoptArena *arena, const char *text)
{
    return iopt_arena_copy(arena, text, strlen(text));
}

char *iopt_arena_printf(IoptArena *arena, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    const int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (size < 0)
        return NULL;
    char *text = iopt_arena_alloc(arena, (size_t)size + 1, 1);
    if (!text)
        return NULL;
    va_start(args, format);
    (void)vsnprintf(text, (size_t)size + 1, format, args);
    va_end(args);
    return text;
}

size_t iopt_arena_bytes(const IoptArena *arena)
{
    return arena->bytes;
}
