/* How far two arrays are apart, added up over any number of pairs; { 0 } to begin with. */
#ifndef IOPT_MEASURE_DIFFERENCE_H
#define IOPT_MEASURE_DIFFERENCE_H

#include <stddef.h>

#include "iopt/tensor.h"

typedef struct IoptDifference {
    size_t count;          /* elements */
    size_t strange;        /* elements of which one is a NaN or infinity that the other is not */
    double aa, bb, ab, dd; /* sums of a*a, b*b, a*b, (a-b)*(a-b) */
    double largest, largest_value; /* |a - b|; |a| */
} IoptDifference;

/* Adds two numeric tensors.  Fails with IOPT_BOUND_MISSED if their types or shapes differ or they
 * hold no numbers. */
IOPT_MUST_USE IoptStatus iopt_difference_add(IoptDifference *difference, const IoptTensor *a,
                                             const IoptTensor *b, IoptError *err);

/* Signal to quantization noise, 10 log10(sum a^2 / sum (a - b)^2), in dB: infinite for equal ones,
 * NaN where something is strange. */
double iopt_difference_sqnr_db(const IoptDifference *difference);

/* The cosine of the angle between a and b: 1 for equal ones; NaN where it has none. */
double iopt_difference_cosine(const IoptDifference *difference);

/* max |a - b| / max |a|: what --tolerance bounds.  Infinite where something is strange or all of a
 * is zero and b is not. */
double iopt_difference_relative(const IoptDifference *difference);

#endif
