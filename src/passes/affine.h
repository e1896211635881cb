/* Per-channel affine maps y = x * scale + shift by constants: what a batch norm is at inference.
 *
 * Read from one node, put together, written back as Mul and BiasAdd (or Add for one value for all).
 */
#ifndef IOPT_PASSES_AFFINE_H
#define IOPT_PASSES_AFFINE_H

#include "graph/edit.h"

/* axis is the channel axis of x, or IOPT_UNIFORM if one value holds for all of x (count is then 1).
 * The arrays are in double: products of constants are rounded to float once, at the end. */
typedef struct IoptAffine {
    int axis, rank; /* rank of x, -1 if not known (then uniform) */
    size_t count;
    double *scale, *shift;
    bool has_scale, has_shift; /* else all ones, all zeros */
} IoptAffine;

enum { IOPT_UNIFORM = -1 };

/* Reads Mul, RealDiv, Add, AddV2, Sub or BiasAdd of a float x and a constant; *x is the input slot.
 * false, and nothing to free, if the node is nothing of the kind. */
bool iopt_affine_read(const IoptNode *node, IoptAffine *affine, size_t *x);

/* count zeros and ones. */
IoptStatus iopt_affine_create(int axis, int rank, size_t count, IoptAffine *affine, IoptError *err);
void iopt_affine_free(IoptAffine *affine);

/* Whether both mean the same channels, or one of them is uniform. */
bool iopt_affine_fits(const IoptAffine *first, const IoptAffine *then);

/* *first becomes "first, then `then`"; they fit. */
IoptStatus iopt_affine_compose(IoptAffine *first, const IoptAffine *then, IoptError *err);

/* Channels begin .. begin + count of a map (all, if it is uniform): a view, not to be freed. */
IoptAffine iopt_affine_slice(const IoptAffine *affine, size_t begin, size_t count);

static inline double iopt_affine_scale(const IoptAffine *affine, size_t channel)
{
    return affine->scale[affine->count == 1 ? 0 : channel];
}

static inline double iopt_affine_shift(const IoptAffine *affine, size_t channel)
{
    return affine->shift[affine->count == 1 ? 0 : channel];
}

/* New nodes that compute the map of x: Mul by scale (if has_scale), then BiasAdd or Add of shift
 * (if has_shift).  *out is the last of them, or x itself. */
IoptStatus iopt_affine_build(IoptEdit *edit, const IoptAffine *affine, IoptValue x,
                             const IoptNode *like, IoptValue *out, IoptError *err);

/* BiasAdd of count values on x, for channel_axis 1 of rank 4 with data_format NCHW. */
IoptStatus iopt_affine_build_bias(IoptEdit *edit, const IoptAffine *affine, size_t channels,
                                  IoptValue x, const IoptNode *like, IoptValue *out,
                                  IoptError *err);

#endif
