/* How threads share work that goes by rows and by panels: in equal parts, cut along either or both.
 * A row is what a kernel computes a panel of: a row of C, a tile of the image. */
#ifndef IOPT_KERNELS_WORK_SPLIT_H
#define IOPT_KERNELS_WORK_SPLIT_H

#include <stddef.h>

#include "base/compiler.h"

/* A part of the work: rows [row_begin, row_end) of panels [panel_begin, panel_end). */
typedef struct IoptWorkRange {
    size_t row_begin, row_end, panel_begin, panel_end;
} IoptWorkRange;

/* Cycles that the largest of row_parts x panel_parts equal parts takes, roughly. */
typedef double IoptPartCost(const void *work, size_t row_parts, size_t panel_parts);

/* Part `part` of `parts` equal ones, cut so that the largest is cheapest.  It may be empty. */
IoptWorkRange iopt_work_split(size_t rows, size_t panels, IoptPartCost *cost, const void *work,
                              size_t part, size_t parts);

IOPT_ALWAYS_INLINE size_t iopt_divide_up(size_t a, size_t b)
{
    return (a + b - 1) / b;
}

#endif
