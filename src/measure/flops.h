/* Floating-point operations of a graph, as TensorFlow's benchmark_model counts them. */
#ifndef IOPT_MEASURE_FLOPS_H
#define IOPT_MEASURE_FLOPS_H

#include "graph/graph.h"

/* Of one run of an inferred graph: convolutions and matrix products, a multiply-add as two.
 *
 *   Conv2D, QuantizedConv2D   2 * output elements * input depth * filter height * filter width
 *   DepthwiseConv2dNative     2 * output elements * filter height * filter width
 *   MatMul, QuantizedMatMul   2 * output elements * k
 *
 * Fails with IOPT_INVALID_ARGUMENT where a shape that it takes is not known. */
IOPT_MUST_USE IoptStatus iopt_graph_flops(const IoptGraph *graph, int64_t *out, IoptError *err);

#endif
