/* A hash map from names to pointers, in memory of its own; keys are borrowed. */
#ifndef IOPT_BASE_MAP_H
#define IOPT_BASE_MAP_H

#include <stdint.h>

#include "base/status.h"

/* { 0 } is an empty map. */
typedef struct IoptMap {
    struct IoptMapEntry *entries;
    size_t count, capacity;
} IoptMap;

/* Sets key -> value.  The key must outlive the entry. */
IoptStatus iopt_map_set(IoptMap *map, const char *key, void *value, IoptError *err);
void *iopt_map_get(const IoptMap *map, const char *key);                    /* NULL if absent */
void *iopt_map_get_bytes(const IoptMap *map, const char *key, size_t size); /* without its zero */
void iopt_map_remove(IoptMap *map, const char *key);
void iopt_map_free(IoptMap *map);

/* FNV-1a over bytes, continuing from `seed`. */
uint64_t iopt_hash(const void *bytes, size_t size, uint64_t seed);

#endif
