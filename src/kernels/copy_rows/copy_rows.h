/* copy_rows: rows of bytes from one place to another, each with its own stride: concatenation,
 * slices and padding of any element type.
 *
 *   from, to  `rows` rows of `bytes` bytes, from_stride and to_stride bytes from row to row (0 in
 *             `from` repeats a row); must not overlap
 */
#ifndef IOPT_KERNELS_COPY_ROWS_H
#define IOPT_KERNELS_COPY_ROWS_H

#include <stddef.h>

void iopt_copy_rows(const void *from, ptrdiff_t from_stride, void *to, ptrdiff_t to_stride,
                    size_t bytes, size_t rows);

#endif
