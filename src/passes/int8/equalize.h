/* Equalizing channels: factors for sets of channels, and scaling by them.
 *
 * An 8-bit value has one range for all of its channels, so that a channel that is far smaller than
 * the largest one gets few steps.  Divided by s[c] it gets more of them; the layers that read it
 * are multiplied by s[c], which commutes with all between (channel_sets.h).
 *
 *   formula   s = a^t / r^u, a = how far a set's channels go, r = the largest weight that reads
 *             them, within 1/8 .. 8 of what it is compared with: the geometric mean of the sets
 *             whose channels meet in a value, or what is pinned there
 *   t, u      for all sets that meet, directly or through others, those of some pairs with the
 *             least expected noise of the layers that read them, as a share of their output:
 *                 values    R^2 / 255^2 * sum over c of E[c] s[c]^2,      R = max a[c] / s[c]
 *                 weights   sum over o of (max |w[c,o]| s[c])^2 / 127^2 * T sum of P[c] / s[c]^2
 *             E = sum of squared weights that read channel c, P = its mean square, T = taps
 *   Relu6     commutes while it cuts nothing: a set may only grow as far as what reads values of
 *             0 .. 6 itself provably stays below 6; others stay as they are
 *   source    M. Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias
 *             Correction", ICCV 2019, section 4.1; G. Xiao et al., "SmoothQuant", ICML 2023,
 *             section 4
 */
#ifndef IOPT_PASSES_INT8_EQUALIZE_H
#define IOPT_PASSES_INT8_EQUALIZE_H

#include "passes/int8/channel_sets.h"

typedef struct IoptEqualizeInput {
    const double *peak, *power; /* [n_sets]: largest magnitude, mean square */
    double least_gain;          /* scaled only if the noise becomes this share of what it was */
    double weight_noise;        /* share of rounding to the nearest that weights will have */
} IoptEqualizeInput;

typedef struct IoptEqualizeReport {
    size_t sets;     /* that got a factor other than 1 */
    double noise_db; /* the expected noise, before over after, mean over layers */
} IoptEqualizeReport;

/* factor [n_sets], 1 for what stays. */
IoptStatus iopt_equalize_choose(const IoptGraph *graph, const IoptChannelSets *sets,
                                const IoptEqualizeInput *input, double *factor,
                                IoptEqualizeReport *report, IoptError *err);

/* Scales filters and biases; outputs stay the same but for rounding. */
IoptStatus iopt_equalize_apply(IoptGraph *graph, const IoptChannelSets *sets, const double *factor,
                               IoptError *err);

#endif
