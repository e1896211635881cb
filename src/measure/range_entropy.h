/* The range at which a quantized histogram diverges least from the one seen. */
#ifndef IOPT_MEASURE_RANGE_ENTROPY_H
#define IOPT_MEASURE_RANGE_ENTROPY_H

#include "measure/histogram.h"

/* Narrows *low <= 0 <= *high, the bounds of all values, to +-T where that tells more.  With more
 * steps than the histogram has bins for (12 bits and more) they stay as they are. */
void iopt_range_entropy(const IoptHistogram *histogram, int bits, double *low, double *high);

#endif
