/* Ops on codes: what they have in common.
 *
 * The engine turns graphs that were quantized (FakeQuant on values, 8-bit weights) into these ops,
 * in its own copy of the graph (engine/int8/); their plain-C results are the integer meaning that
 * every kernel has to give, bit for bit.  A code q, quint8 or quint16, stands for the value
 * (q - zero) * scale; zero, scale and the rest are attributes:
 *
 *   x_zero, x_scale       an operand of codes (x, a, b or r in front: which one)
 *   y_type                of the result: quint8, quint16 or float
 *   y_zero, y_lo, y_hi    the result: rne(clamp(v, y_lo, y_hi)) + y_zero;  float: just the clamp
 */
#ifndef IOPT_OPS_INT8_H
#define IOPT_OPS_INT8_H

#include "kernels/requant_s8.h"
#include "ops/op.h"

/* What kernels call quint8, quint16 and float. */
IoptS8Out iopt_int8_type(IoptDType dtype);

static inline bool iopt_int8_is_code(IoptDType dtype)
{
    return dtype == IOPT_QU8 || dtype == IOPT_QU16;
}

/* Operand `which` ('x') of a node, of this type; the stride is left 0. */
IoptS8In iopt_int8_in(const IoptNode *node, char which, IoptDType dtype);

/* The end of a node; the stride is left 0. */
IoptS8End iopt_int8_end(const IoptNode *node);

/* The other way round: attributes of a node that is made. */
IoptStatus iopt_int8_set_in(IoptNode *node, char which, const IoptS8In *in, IoptError *err);
IoptStatus iopt_int8_set_end(IoptNode *node, const IoptS8End *end, IoptError *err);

/* Type and shape of the result: `shape` and attribute y_type. */
IoptFact iopt_int8_fact(const IoptNode *node, IoptShape shape);

/* The slot of an input of a layer (int8_layers.c) that is there only if an attribute says so, or 0:
 * filter_zero, then residual. */
size_t iopt_int8_filter_zero_slot(const IoptNode *node);
size_t iopt_int8_residual_slot(const IoptNode *node);

#endif
