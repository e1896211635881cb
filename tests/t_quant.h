/* Quantizing small graphs in tests, without calibration. */
#ifndef IOPT_TESTS_T_QUANT_H
#define IOPT_TESTS_T_QUANT_H

#include "passes/int8/quantization.h"
#include "t_graph.h"

#define T_QUANT_NET                                     \
    "x = Placeholder() : f32[?,6,6,2]\n"                \
    "w = Const(random 1) : f32[3,3,2,4]\n"              \
    "b = Const(0.5 -1 2 0) : f32[4]\n"                  \
    "c = Conv2D(x, w) strides=[1,1,1,1] padding=SAME\n" \
    "d = BiasAdd(c, b)\n"                               \
    "r = Relu6(d)\n"                                    \
    "v = Const(random 2) : f32[1,1,4,3]\n"              \
    "e = Conv2D(r, v) strides=[1,1,1,1] padding=SAME\n" \
    "s = Softmax(e)\n"

/* A settled plan in which every point goes from -4 to 4, as far as its op goes. */
IoptQuantization *t_quant_plan(Test *t, IoptGraph *g, const IoptInt8Options *options);

IoptGraph *t_quant_apply(Test *t, const IoptGraph *g, IoptQuantization *plan,
                         const IoptInt8Options *options);

/* Both, from text. */
IoptGraph *t_quantize(Test *t, const char *text, IoptInt8Options options);

/* The node that makes input `slot` of the node called `name`. */
const IoptNode *t_source(Test *t, const IoptGraph *g, const char *name, size_t slot);

size_t t_count_ops(const IoptGraph *g, const char *op);

#endif
