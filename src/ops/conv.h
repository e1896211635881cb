/* Convolutions: what their ops share with ops that contain one (_FusedConv2D). */
#ifndef IOPT_OPS_CONV_H
#define IOPT_OPS_CONV_H

#include "ops/window_rule.h"

/* The shape rule and the result of a convolution over 2 or 3 axes; inputs 0 and 1 are x and the
 * filter, output 0 is y. */
IoptStatus iopt_conv_infer(const IoptNode *node, int axes, const IoptFact *in, IoptFact *out,
                           IoptError *err);
IoptStatus iopt_conv_eval(const IoptNode *node, int axes, const IoptTensor *const *in,
                          IoptTensor *out, IoptError *err);

/* Multiply-adds of one output value times the number of outputs. */
double iopt_conv_macs(const IoptNode *node, const IoptFact *in, const IoptFact *out);

/* sum[i] += x * t[at + i], i = 0 .. n-1, for a float or double tensor. */
void iopt_add_scaled(double *sum, const IoptTensor *t, size_t at, size_t n, double x);

/* Element `i` of a float or double tensor. */
static inline double iopt_float_at(const IoptTensor *t, size_t i)
{
    return t->dtype == IOPT_F64 ? ((const double *)t->data)[i]
                                : (double)((const float *)t->data)[i];
}

/* out[at + i * step] = sum[i], i = 0 .. n-1, rounded to the tensor's type. */
void iopt_store_sums(IoptTensor *out, size_t at, size_t step, const double *sum, size_t n);

#endif
