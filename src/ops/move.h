/* Moving elements: a block of any rank from one array to another, with a stride per axis on either
 * side.  Transpose, Slice, Pad, Concat, Tile and their kin are each one such move. */
#ifndef IOPT_OPS_MOVE_H
#define IOPT_OPS_MOVE_H

#include "tensor/tensor.h"

enum { IOPT_MOVE_AXES = 2 * IOPT_MAX_RANK + 2 };

/* to[sum i*to_stride] = from[sum i*from_stride] for every index i below dim.  Strides count
 * elements and may be negative (reversal) or zero (repetition). */
typedef struct IoptMove {
    int rank;
    int64_t dim[IOPT_MOVE_AXES];
    int64_t to_stride[IOPT_MOVE_AXES], from_stride[IOPT_MOVE_AXES];
} IoptMove;

/* Appends an axis; outermost first. */
void iopt_move_axis(IoptMove *move, int64_t dim, int64_t to_stride, int64_t from_stride);

/* Runs it on elements of `elem_bytes`; strings move as their IoptBytes. */
void iopt_move_run(const IoptMove *move, size_t elem_bytes, void *to, const void *from);

/* to[0 .. count-1] = *elem. */
void iopt_move_fill(void *to, size_t count, const void *elem, size_t elem_bytes);

/* The address of element `index`. */
static inline void *iopt_elem_mut(const IoptTensor *t, int64_t index)
{
    return (char *)t->data + index * (int64_t)iopt_dtype_bytes(t->dtype);
}
static inline const void *iopt_elem(const IoptTensor *t, int64_t index)
{
    return (const char *)t->data + index * (int64_t)iopt_dtype_bytes(t->dtype);
}

#endif
