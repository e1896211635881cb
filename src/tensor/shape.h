/* Shapes, and how unknown dimensions behave. */
#ifndef IOPT_TENSOR_SHAPE_H
#define IOPT_TENSOR_SHAPE_H

#include <stdbool.h>

#include "iopt/tensor.h"

IoptShape iopt_shape_unknown(void); /* rank -1 */
IoptShape iopt_shape_scalar(void);

/* One dimension more at the end; the rank is known and below IOPT_MAX_RANK. */
void iopt_shape_push(IoptShape *shape, int64_t dim);

/* Whether rank and every dimension are known. */
bool iopt_shape_known(const IoptShape *shape);
bool iopt_shape_equal(const IoptShape *a, const IoptShape *b);

/* Equal, or one of them unknown. */
bool iopt_dims_agree(int64_t a, int64_t b);
bool iopt_shapes_agree(const IoptShape *a, const IoptShape *b);

/* The more precise of two shapes that agree, dimension by dimension. */
IoptShape iopt_shape_merge(const IoptShape *a, const IoptShape *b);

/* *out = product of the dimensions; false if one is unknown or the product overflows. */
bool iopt_shape_elems(const IoptShape *shape, size_t *out);

/* Row-major strides, in elements. */
void iopt_shape_strides(const IoptShape *shape, int64_t strides[IOPT_MAX_RANK]);

/* axis in -rank .. rank-1 to 0 .. rank-1; false if out of range. */
bool iopt_axis(int64_t axis, int rank, int *out);

/* NumPy broadcasting; false if the shapes do not fit together.  Unknown dimensions stay unknown
 * unless the other one decides. */
bool iopt_shape_broadcast(const IoptShape *a, const IoptShape *b, IoptShape *out);

/* "[1,224,224,3]", "[?,3]", "[]" or "<unknown>". */
typedef struct IoptShapeText {
    char s[IOPT_MAX_RANK * 21 + 3];
} IoptShapeText;
IoptShapeText iopt_shape_text(const IoptShape *shape);

#endif
