/* Rows of bytes from one place to another. */
#include "kernels/copy_rows/copy_rows.h"

#include <string.h>

/* `bytes` is a constant in each call below, so that a copy is one move and not a call. */
static inline void copy_constant(const char *from, ptrdiff_t from_stride, char *to,
                                 ptrdiff_t to_stride, size_t bytes, size_t rows)
{
    for (; rows > 0; rows--, from += from_stride, to += to_stride)
        memcpy(to, from, bytes);
}

void iopt_copy_rows(const void *from, ptrdiff_t from_stride, void *to, ptrdiff_t to_stride,
                    size_t bytes, size_t rows)
{
    if (bytes == 0)
        return;
    if (from_stride == (ptrdiff_t)bytes && to_stride == (ptrdiff_t)bytes) {
        bytes *= rows; /* rows without gaps are one long row */
        rows = rows > 0;
    }
    switch (bytes) {
    case 1: copy_constant(from, from_stride, to, to_stride, 1, rows); break;
    case 4: copy_constant(from, from_stride, to, to_stride, 4, rows); break;
    case 8: copy_constant(from, from_stride, to, to_stride, 8, rows); break;
    case 12: copy_constant(from, from_stride, to, to_stride, 12, rows); break;
    default: copy_constant(from, from_stride, to, to_stride, bytes, rows); break;
    }
}
