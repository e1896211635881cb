/* Open addressing with linear probing; a removed entry leaves a tombstone. */
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

typedef struct IoptMapEntry {
    const char *key; /* NULL: never used */
    void *value;     /* NULL with a key: removed */
    uint64_t hash;
} Entry;

uint64_t iopt_hash(const void *bytes, size_t size, uint64_t seed)
{
    const unsigned char *at = bytes;
    uint64_t hash = seed ^ UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static Entry *find(const IoptMap *map, const char *key, size_t size, uint64_t hash)
{
    size_t at = (size_t)hash & (map->capacity - 1);

    for (;; at = (at + 1) & (map->capacity - 1)) {
        Entry *const entry = &map->entries[at];
        if (!entry->key ||
            (entry->hash == hash && strncmp(entry->key, key, size) == 0 && !entry->key[size]))
            return entry;
    }
}

static IoptStatus rehash(IoptMap *map, size_t capacity, IoptError *err)
{
    IoptMap bigger = { .capacity = capacity };
    void *entries;

    IOPT_TRY(iopt_alloc(&entries, capacity, sizeof(Entry), err));
    bigger.entries = entries;
    for (size_t i = 0; i < map->capacity; i++) {
        const Entry *const entry = &map->entries[i];
        if (!entry->key || !entry->value)
            continue;
        *find(&bigger, entry->key, strlen(entry->key), entry->hash) = *entry;
        bigger.count++;
    }
    free(map->entries);
    *map = bigger;
    return IOPT_OK;
}

IoptStatus iopt_map_set(IoptMap *map, const char *key, void *value, IoptError *err)
{
    const size_t size = strlen(key);
    const uint64_t hash = iopt_hash(key, size, 0);

    if (map->count * 2 >= map->capacity)
        IOPT_TRY(rehash(map, map->capacity ? map->capacity * 2 : 16, err));
    Entry *const entry = find(map, key, size, hash);
    if (!entry->key)
        map->count++;
    *entry = (Entry){ key, value, hash };
    return IOPT_OK;
}

void *iopt_map_get(const IoptMap *map, const char *key)
{
    return iopt_map_get_bytes(map, key, strlen(key));
}

void *iopt_map_get_bytes(const IoptMap *map, const char *key, size_t size)
{
    if (!map->capacity)
        return NULL;
    return find(map, key, size, iopt_hash(key, size, 0))->value;
}

void iopt_map_remove(IoptMap *map, const char *key)
{
    if (!map->capacity)
        return;
    const size_t size = strlen(key);
    Entry *const entry = find(map, key, size, iopt_hash(key, size, 0));
    if (entry->key) {
        /* the key is the caller's and may go away: the tombstone keeps none of it */
        entry->key = "";
        entry->value = NULL;
        entry->hash = UINT64_MAX;
    }
}

void iopt_map_free(IoptMap *map)
{
    free(map->entries);
    *map = (IoptMap){ 0 };
}
