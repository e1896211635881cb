/* How often a value took which magnitude, over any number of images in the same memory.
 *
 *   bins     equally wide, the width a power of two, zero at the border of the two in the middle.
 *            A value beyond them makes the width grow: neighbours are merged, so that the counts
 *            are the same whatever came first
 *   exact    smallest and largest value; how many were zero, NaN, infinite
 *
 * The largest magnitude lies in the outer half of the bins of its sign.
 */
#ifndef IOPT_MEASURE_HISTOGRAM_H
#define IOPT_MEASURE_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { IOPT_HISTOGRAM_HALF = 8192, IOPT_HISTOGRAM_BINS = 2 * IOPT_HISTOGRAM_HALF };

/* { 0 } holds no memory; iopt_histogram_init makes it an empty one. */
typedef struct IoptHistogram {
    uint64_t *bins; /* HALF + m: m <= value / width < m + 1;  HALF - 1 - m: of -value */
    int exponent;   /* width = 2^exponent */
    uint64_t count; /* finite values, zeros among them */
    uint64_t zeros, nans, infinities;
    float min, max; /* of the finite ones; 0 if there are none */
} IoptHistogram;

IOPT_MUST_USE IoptStatus iopt_histogram_init(IoptHistogram *histogram, IoptError *err);
void iopt_histogram_free(IoptHistogram *histogram);

void iopt_histogram_add(IoptHistogram *histogram, const float *values, size_t count);

/* Counts what `other` counted, too. */
void iopt_histogram_merge(IoptHistogram *histogram, const IoptHistogram *other);

double iopt_histogram_width(const IoptHistogram *histogram); /* of a bin */

/* Where bin `i` begins. */
static inline double iopt_histogram_edge(size_t i, double width)
{
    return ((double)i - IOPT_HISTOGRAM_HALF) * width;
}

/* Values in bin `i` that are not zero. */
static inline uint64_t iopt_histogram_nonzero(const IoptHistogram *histogram, size_t i)
{
    return histogram->bins[i] - (i == IOPT_HISTOGRAM_HALF ? histogram->zeros : 0);
}

#endif
