/* How the taps of a filter row lie in groups of `taps`, as the variants of dwconv_s8 pack them:
 * group g ends at tap kernel_w - 1 - taps * (groups - 1 - g), which is at place 0, the lowest. */
#ifndef IOPT_KERNELS_DWCONV_S8_GROUPS_H
#define IOPT_KERNELS_DWCONV_S8_GROUPS_H

#include <stddef.h>

#include "base/compiler.h"

typedef struct IoptPlace {
    size_t group, place;
} IoptPlace;

IOPT_ALWAYS_INLINE size_t iopt_dwconv_s8_groups(size_t kernel_w, size_t taps)
{
    return (kernel_w + taps - 1) / taps;
}

IOPT_ALWAYS_INLINE IoptPlace iopt_dwconv_s8_place(size_t kernel_w, size_t taps, size_t tap)
{
    const size_t from_end = kernel_w - 1 - tap;

    return (IoptPlace){ iopt_dwconv_s8_groups(kernel_w, taps) - 1 - from_end / taps,
                        from_end % taps };
}

#endif
