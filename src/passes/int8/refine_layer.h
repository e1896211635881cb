/* Rounding a layer's weights so that its outputs err least, not the weights.
 *
 *   moments   of the rows that the filter is multiplied with (windows of the input): mean, and the
 *             sum of products of any two taps, per group of output channels that read the same
 *   error     e = w - q s of one output channel makes a mean squared output error of e' H e, H the
 *             covariance (the mean is the bias correction's; without that, H has it in)
 *   method    H = R'R (Cholesky); from the last tap to the first, each is rounded after the errors
 *             of those behind it are made up for: w[k] + sum of R[k][j] e[j] / R[k][k].  A channel
 *             for which that is not better keeps its nearest codes.  Scales stay
 *   exact     single precision; the bits depend on the CPU's variant of gemm_f32, not on threads
 *   source    E. Frantar et al., "GPTQ", ICLR 2023; the equivalent nearest-plane form: L. Babai,
 *             "On Lovasz' lattice reduction", 1986
 */
#ifndef IOPT_PASSES_INT8_REFINE_LAYER_H
#define IOPT_PASSES_INT8_REFINE_LAYER_H

#include "passes/int8/planned_layer.h"

/* { 0 } holds nothing. */
typedef struct IoptMoments {
    size_t groups, taps; /* groups of output channels; taps of each (a row of a group) */
    double *mean;        /* [groups][taps]: sums, until they are divided by `rows` */
    float *products;     /* [groups][taps][taps], upper triangles */
    size_t rows;
} IoptMoments;

/* The moments that a layer needs; *bytes without making them. */
void iopt_moments_shape(const IoptTensor *filter, const IoptFilterLayout *layout,
                        size_t in_channels, IoptMoments *out, size_t *bytes);
IoptStatus iopt_moments_create(IoptMoments *moments, IoptError *err); /* groups and taps are set */
void iopt_moments_free(IoptMoments *moments);

/* Adds rows [count][groups][taps]. */
IoptStatus iopt_moments_add(IoptMoments *moments, const float *rows, size_t count, IoptError *err);

/* Fills layer->rounded and rounded_scale.  *gain = output error before over after, 1 if nothing was
 * better; the moments are used up. */
IoptStatus iopt_refine_layer(const IoptGraph *graph, IoptQuantLayer *layer,
                             const IoptInt8Options *options, IoptMoments *moments, double *gain,
                             IoptError *err);

#endif
