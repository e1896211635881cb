/* What a range costs, integrated over a histogram. */
#ifndef IOPT_MEASURE_RANGE_ERROR_H
#define IOPT_MEASURE_RANGE_ERROR_H

#include "measure/histogram.h"
#include "tensor/quant_range.h"

/* The sum over all values of |quantized - value|^power; power 2, or any other above 0. */
double iopt_range_error(const IoptHistogram *histogram, const IoptQuantRange *range, double power);

/* Values that lie more than half a step outside. */
double iopt_range_cut(const IoptHistogram *histogram, const IoptQuantRange *range);

/* The sum of the squares of all values. */
double iopt_histogram_energy(const IoptHistogram *histogram);

#endif
