/* Choosing the range of a quantized value from the histogram of what it took.
 *
 *   minmax      the smallest and largest value seen
 *   percentile  the values that P % of all but the zeros are below, and above: a few outliers are
 *               cut off
 *   entropy     the cut at which the histogram in 2^bits steps differs least from the one seen
 *               (Kullback-Leibler divergence; the cut values count at the border)
 *   mse         the range whose mean squared error is least
 *   auto        that of minmax, percentile 99.9, 99.99, 99.999, 99.9999, entropy and mse with the
 *               least error, in the mean of |error|^2.4: what is cut off is a channel's strongest
 *               answer, and costs more than its square
 *
 * The error is that of rounding and cutting, integrated over the histogram, in whose bins the
 * values lie evenly; zeros have none.
 *
 *   source  entropy: S. Migacz, "8-bit inference with TensorRT", GTC 2017; the exponent 2.4: Y. Li
 *           et al., "BRECQ", ICLR 2021 (its activation quantizer)
 */
#ifndef IOPT_MEASURE_RANGE_CHOICE_H
#define IOPT_MEASURE_RANGE_CHOICE_H

#include <stdbool.h>

#include "measure/histogram.h"
#include "tensor/quant_range.h"

typedef enum IoptRangeMethod {
    IOPT_RANGE_AUTO,
    IOPT_RANGE_MINMAX,
    IOPT_RANGE_PERCENTILE,
    IOPT_RANGE_ENTROPY,
    IOPT_RANGE_MSE,
    IOPT_RANGE_METHODS /* how many */
} IoptRangeMethod;

/* "auto", "minmax", "percentile", "entropy", "mse"; and back. */
const char *iopt_range_method_name(IoptRangeMethod method);
bool iopt_range_method_from_name(const char *name, IoptRangeMethod *out);

typedef struct IoptRangeChoice {
    IoptQuantRange range;
    IoptRangeMethod method; /* that gave it; never auto */
    double percentile;      /* of that method; 0 for others */
    double mse;             /* mean squared error over all values, zeros included */
    double sqnr_db;         /* mean square over that; infinite without error */
    double cut;             /* share of the values beyond the range, by more than half a step */
} IoptRangeChoice;

/* bits 2 .. 16; percentile 50 < P <= 100 (for that method only).  A histogram without values, or
 * with zeros only, gives 0 .. 1; one with a single value c gives the range from 0 to c. */
IOPT_MUST_USE IoptStatus iopt_range_choose(const IoptHistogram *histogram, IoptRangeMethod method,
                                           double percentile, int bits, IoptRangeChoice *out,
                                           IoptError *err);

/* What a given range costs: fills mse, sqnr_db and cut of a choice that has a range. */
void iopt_range_judge(const IoptHistogram *histogram, IoptRangeChoice *choice);

#endif
