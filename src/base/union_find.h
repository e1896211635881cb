/* Disjoint sets of numbers: each has a parent, and is the root of its set if that is itself. */
#ifndef IOPT_BASE_UNION_FIND_H
#define IOPT_BASE_UNION_FIND_H

#include <stddef.h>

/* The root of `i`'s set; shortens the way for the next one who asks. */
static inline size_t iopt_union_find(size_t *parent, size_t i)
{
    while (parent[i] != i)
        i = parent[i] = parent[parent[i]];
    return i;
}

#endif
