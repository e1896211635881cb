/* Choosing a range by Kullback-Leibler divergence.
 *
 * For a cut at T, P is the histogram within -T .. T, what lies beyond counted at its border.  Q
 * says the same after quantization: the values within, in each step of the quantized range spread
 * evenly over the step's bins that P has anything in.  Cutting off much moves P away from Q at the
 * borders; cutting off little makes the steps coarse.  The least sum p log(p / q) wins, the widest
 * cut among equals.
 */
#include "measure/range_entropy.h"

#include <math.h>
#include <stdbool.h>

#include "tensor/quant_range.h"

enum { CUTS = 96, NARROWEST = 3 }; /* T in 96ths of the largest magnitude */

/* A cut histogram. */
typedef struct Cut {
    const IoptHistogram *histogram;
    size_t first, last;  /* bins within, both inclusive */
    double below, above; /* values outside */
    double inside;
    double width, inverse; /* of a bin; of a step */
} Cut;

static size_t bin_of(const IoptHistogram *histogram, double value)
{
    const double m = floor(fabs(value) / iopt_histogram_width(histogram));
    const size_t place = m < IOPT_HISTOGRAM_HALF ? (size_t)m : IOPT_HISTOGRAM_HALF - 1;

    return value < 0 ? IOPT_HISTOGRAM_HALF - 1 - place : IOPT_HISTOGRAM_HALF + place;
}

static Cut make_cut(const IoptHistogram *histogram, double low, double high, int bits)
{
    const IoptQuantRange range = iopt_quant_range((float)low, (float)high, bits);
    Cut cut = { .histogram = histogram,
                .first = bin_of(histogram, low),
                .last = bin_of(histogram, high),
                .width = iopt_histogram_width(histogram),
                .inverse = 1 / (double)range.scale };

    for (size_t i = 0; i < IOPT_HISTOGRAM_BINS; i++) {
        const double count = (double)iopt_histogram_nonzero(histogram, i);
        if (i < cut.first)
            cut.below += count;
        else if (i > cut.last)
            cut.above += count;
        else
            cut.inside += count;
    }
    return cut;
}

static double within(const Cut *cut, size_t i)
{
    return (double)iopt_histogram_nonzero(cut->histogram, i);
}

static double with_borders(const Cut *cut, size_t i)
{
    return within(cut, i) + (i == cut->first ? cut->below : 0) + (i == cut->last ? cut->above : 0);
}

static int32_t step_of(const Cut *cut, size_t i)
{
    const double at = iopt_histogram_edge(i, cut->width) + cut->width / 2; /* its centre */
    const double step = at * cut->inverse;
    return (int32_t)(step < 0 ? step - 0.5 : step + 0.5);
}

/* One step's share of the sum: bins first .. end - 1. */
static double step_divergence(const Cut *cut, size_t first, size_t end)
{
    const double total = cut->inside + cut->below + cut->above;
    double count = 0, sum = 0;
    size_t filled = 0;

    for (size_t i = first; i < end; i++) {
        count += within(cut, i);
        filled += with_borders(cut, i) > 0 ? 1 : 0;
    }
    if (filled == 0)
        return 0;
    /* a step that holds nothing but what was cut off: half a value, so that the logarithm exists */
    const double q = fmax(count, 0.5) / (double)filled / cut->inside;
    for (size_t i = first; i < end; i++) {
        const double p = with_borders(cut, i) / total;
        sum += p > 0 ? p * log(p / q) : 0;
    }
    return sum;
}

static double divergence(const Cut *cut)
{
    double sum = 0;
    size_t end;

    if (cut->inside == 0)
        return (double)INFINITY;
    for (size_t first = cut->first; first <= cut->last; first = end) {
        const int32_t step = step_of(cut, first);
        for (end = first + 1; end <= cut->last && step_of(cut, end) == step; end++)
            ;
        sum += step_divergence(cut, first, end);
    }
    return sum;
}

void iopt_range_entropy(const IoptHistogram *histogram, int bits, double *low, double *high)
{
    const double all_low = *low, all_high = *high, widest = fmax(-all_low, all_high);
    double least = (double)INFINITY;

    if (bits >= 12)
        return;
    for (int i = CUTS; i >= NARROWEST; i--) {
        const double at = widest * i / CUTS;
        const Cut cut = make_cut(histogram, fmax(all_low, -at), fmin(all_high, at), bits);
        const double bins = (double)(cut.last - cut.first + 1), steps = ldexp(1, bits);
        const double found = bins >= steps || i == CUTS ? divergence(&cut) : (double)INFINITY;
        if (found < least) {
            least = found;
            *low = fmax(all_low, -at);
            *high = fmin(all_high, at);
        }
    }
}
