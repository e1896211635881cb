/* Shapes. */
#include "tensor/shape.h"

#include <stdio.h>
#include <string.h>

#include "base/checked.h"

IoptShape iopt_shape(int rank, const int64_t *dims)
{
    IoptShape shape = { .rank = rank };

    for (int i = 0; i < rank && i < IOPT_MAX_RANK; i++)
        shape.dim[i] = dims[i];
    return shape;
}

IoptShape iopt_shape_unknown(void)
{
    return (IoptShape){ .rank = -1 };
}

IoptShape iopt_shape_scalar(void)
{
    return (IoptShape){ .rank = 0 };
}

void iopt_shape_push(IoptShape *shape, int64_t dim)
{
    shape->dim[shape->rank++] = dim;
}

bool iopt_shape_known(const IoptShape *shape)
{
    if (shape->rank < 0)
        return false;
    for (int i = 0; i < shape->rank; i++)
        if (shape->dim[i] < 0)
            return false;
    return true;
}

bool iopt_shape_equal(const IoptShape *a, const IoptShape *b)
{
    if (a->rank != b->rank)
        return false;
    for (int i = 0; i < a->rank; i++)
        if (a->dim[i] != b->dim[i])
            return false;
    return true;
}

bool iopt_dims_agree(int64_t a, int64_t b)
{
    return a < 0 || b < 0 || a == b;
}

bool iopt_shapes_agree(const IoptShape *a, const IoptShape *b)
{
    if (a->rank < 0 || b->rank < 0)
        return true;
    if (a->rank != b->rank)
        return false;
    for (int i = 0; i < a->rank; i++)
        if (!iopt_dims_agree(a->dim[i], b->dim[i]))
            return false;
    return true;
}

IoptShape iopt_shape_merge(const IoptShape *a, const IoptShape *b)
{
    IoptShape merged = a->rank < 0 ? *b : *a;

    if (a->rank < 0 || b->rank < 0)
        return merged;
    for (int i = 0; i < merged.rank; i++)
        if (merged.dim[i] < 0)
            merged.dim[i] = b->dim[i];
    return merged;
}

bool iopt_shape_elems(const IoptShape *shape, size_t *out)
{
    size_t elems = 1;
    bool overflow = false;

    if (!iopt_shape_known(shape))
        return false;
    /* A zero dimension makes the product zero, however large the others are. */
    for (int i = 0; i < shape->rank; i++) {
        if (shape->dim[i] == 0) {
            *out = 0;
            return true;
        }
        overflow = overflow || !iopt_mul_size(elems, (size_t)shape->dim[i], &elems);
    }
    if (overflow)
        return false;
    *out = elems;
    return true;
}

void iopt_shape_strides(const IoptShape *shape, int64_t strides[IOPT_MAX_RANK])
{
    uint64_t stride = 1; /* may wrap: what is too large for memory has no strides that matter */

    for (int i = shape->rank - 1; i >= 0; i--) {
        strides[i] = (int64_t)stride;
        stride *= (uint64_t)shape->dim[i];
    }
}

bool iopt_axis(int64_t axis, int rank, int *out)
{
    if (axis < -(int64_t)rank || axis >= rank)
        return false;
    *out = (int)(axis < 0 ? axis + rank : axis);
    return true;
}

/* One dimension of a broadcast, or -2 if a and b do not fit. */
static int64_t broadcast_dim(int64_t a, int64_t b)
{
    if (a == b)
        return a;
    if (a == 1)
        return b;
    if (b == 1)
        return a;
    if (a < 0)
        return b; /* unknown against a size above 1: that size, or it fails at run time */
    return b < 0 ? a : -2;
}

bool iopt_shape_broadcast(const IoptShape *a, const IoptShape *b, IoptShape *out)
{
    if (a->rank < 0 || b->rank < 0) {
        *out = iopt_shape_unknown();
        return true;
    }
    const int rank = a->rank > b->rank ? a->rank : b->rank;
    IoptShape shape = { .rank = rank };
    for (int i = 0; i < rank; i++) {
        const int ia = i - (rank - a->rank), ib = i - (rank - b->rank);
        shape.dim[i] = broadcast_dim(ia < 0 ? 1 : a->dim[ia], ib < 0 ? 1 : b->dim[ib]);
        if (shape.dim[i] == -2)
            return false;
    }
    *out = shape;
    return true;
}

IoptShapeText iopt_shape_text(const IoptShape *shape)
{
    IoptShapeText text;
    size_t at = 0;

    if (shape->rank < 0) {
        strcpy(text.s, "<unknown>");
        return text;
    }
    text.s[at++] = '[';
    for (int i = 0; i < shape->rank; i++) {
        const char *const comma = i ? "," : "";
        const int n = shape->dim[i] < 0 ? snprintf(text.s + at, sizeof text.s - at, "%s?", comma)
                                        : snprintf(text.s + at, sizeof text.s - at, "%s%lld", comma,
                                                   (long long)shape->dim[i]);
        at += (size_t)n;
    }
    text.s[at++] = ']';
    text.s[at] = 0;
    return text;
}
