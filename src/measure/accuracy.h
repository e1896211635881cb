/* Accuracy of a classifier, and of two on the same images.
 *
 * The class of a row of outputs is its ArgMax: the first of the greatest values; NaN is smaller
 * than everything, and a row without any number is class 0.
 */
#ifndef IOPT_MEASURE_ACCURACY_H
#define IOPT_MEASURE_ACCURACY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct IoptInterval {
    double low, high;
} IoptInterval;

size_t iopt_top1(const float *values, size_t count);

/* How many classes come before `target`: greater values, and equal ones before it.  It is among the
 * best k if its rank is below k.  A target that is NaN comes last: its rank is `count`. */
size_t iopt_rank_of(const float *values, size_t count, size_t target);

/* The probability of `target`, for rows of probabilities (all >= 0, their sum 1 within 1e-3) as it
 * stands, else of the row's softmax, summed in double.  NaN if any value is NaN. */
double iopt_probability(const float *values, size_t count, size_t target);

/* The share hits / count with 95 % confidence.
 *   source  E. B. Wilson, "Probable inference", JASA 22 (1927): the interval of the score test,
 *           (p + z^2/2n +- z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n), z = 1.959964
 * 0 .. 1 for a count of 0. */
IoptInterval iopt_wilson_interval(size_t hits, size_t count);

/* What a classifier did so far; { 0 } to begin with. */
typedef struct IoptTally {
    size_t images, labelled;
    size_t top1, top5;  /* of the labelled */
    size_t not_numbers; /* rows with a NaN */
    double loss_sum;    /* -log(probability of the target), at most 87.4 each (-log FLT_MIN) */
} IoptTally;

/* What one image came to. */
typedef struct IoptVerdict {
    size_t top1;
    double probability; /* of top1 */
    bool labelled, correct;
} IoptVerdict;

/* Counts one image; `target` is -1 where there is no label, else below `classes`. */
IoptVerdict iopt_tally_add(IoptTally *tally, const float *values, size_t classes, int64_t target);

/* Shares of the labelled images; NaN if there are none. */
double iopt_tally_top1(const IoptTally *tally);
double iopt_tally_top5(const IoptTally *tally);
double iopt_tally_loss(const IoptTally *tally);

/* Two classifiers on the same images; { 0 } to begin with. */
typedef struct IoptPair {
    size_t images, agreed; /* the same class */
    size_t labelled;
    size_t lost, won; /* right before, wrong after; and the other way */
    double largest;   /* difference of any two outputs; infinite where one is NaN and one is not */
} IoptPair;

void iopt_pair_add(IoptPair *pair, const IoptVerdict *before, const IoptVerdict *after);
void iopt_pair_compare(IoptPair *pair, const float *before, const float *after, size_t count);

/* (won - lost) / labelled, and its 95 % interval, both as shares.
 *   source  D. G. Bonett, R. M. Price, "Adjusted Wald confidence interval for a difference of
 *           binomial proportions based on paired data", J. Educ. Behav. Stat. 37 (2012): with
 *           a = (won + 1) / (n + 2), b = (lost + 1) / (n + 2), the interval is
 *           a - b +- z sqrt((a + b - (a - b)^2) / (n + 2))
 * Only images that changed count, so that two nearly equal models are told apart far more sharply
 * than by their two intervals.  NaN without labels. */
double iopt_pair_change(const IoptPair *pair);
IoptInterval iopt_pair_interval(const IoptPair *pair);

#endif
