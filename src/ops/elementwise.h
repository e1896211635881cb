/* Elementwise ops: one function on numbers, applied to every element, with broadcasting.
 *
 * Floats are computed in double and rounded once, integers in int64 and cut to their type, which
 * is how they wrap.  Where TensorFlow rounds an intermediate result too, the op has a function of
 * its own for float.
 */
#ifndef IOPT_OPS_ELEMENTWISE_H
#define IOPT_OPS_ELEMENTWISE_H

#include "ops/op.h"

#define IOPT_FLOAT_TYPES "float double half bfloat16"
#define IOPT_INT_TYPES "int8 uint8 int16 uint16 int32 int64"
#define IOPT_COMPLEX_TYPES "complex64 complex128"
#define IOPT_NUMBER_TYPES IOPT_FLOAT_TYPES " " IOPT_INT_TYPES

/* Walks an output in C order and keeps the offsets of up to three operands broadcast to it. */
typedef struct IoptWalk {
    int rank;
    int64_t dim[IOPT_MAX_RANK], at[IOPT_MAX_RANK];
    int64_t stride[3][IOPT_MAX_RANK]; /* 0 where the operand repeats */
    int64_t offset[3];
} IoptWalk;

void iopt_walk_begin(IoptWalk *walk, const IoptShape *out);
void iopt_walk_operand(IoptWalk *walk, int which, const IoptShape *operand);
void iopt_walk_next(IoptWalk *walk);

/* y[i] = f(x[i]) for floats, integer(x[i]) for the rest (NULL: no integers). */
void iopt_map_unary(const IoptTensor *x, IoptTensor *y, double (*f)(double),
                    int64_t (*integer)(int64_t));

/* Real and imaginary part. */
typedef struct IoptComplex {
    double re, im;
} IoptComplex;

typedef struct IoptBinary {
    double (*f)(double a, double b);
    double (*f32)(double a, double b); /* for float, if it rounds in between; NULL: f */
    int64_t (*integer)(int64_t a, int64_t b);
    const char *(*refuse)(int64_t a, int64_t b); /* why integers have no result, or NULL; may be
                                                    NULL itself */
    IoptComplex (*complex)(IoptComplex a, IoptComplex b); /* where the types have complex ones */
} IoptBinary;

IoptStatus iopt_map_binary(const IoptNode *node, const IoptTensor *const *in, IoptTensor *out,
                           const IoptBinary *op, IoptError *err);

/* Shape rules: out[0] is like in[0]; like in[0] but bool; the broadcast of two inputs of the same
 * type; the same but bool. */
IoptStatus iopt_infer_same(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err);
IoptStatus iopt_infer_same_bool(const IoptNode *node, const IoptFact *in, IoptFact *out,
                                IoptError *err);
IoptStatus iopt_infer_broadcast(const IoptNode *node, const IoptFact *in, IoptFact *out,
                                IoptError *err);
IoptStatus iopt_infer_broadcast_bool(const IoptNode *node, const IoptFact *in, IoptFact *out,
                                     IoptError *err);

/* An op of one input whose eval maps a function. */
#define IOPT_UNARY_OP(id, op_name, types, text, f, integer)                        \
    static IoptStatus eval_##id(const IoptNode *node, const IoptTensor *const *in, \
                                IoptTensor *const *out, IoptError *err)            \
    {                                                                              \
        (void)node, (void)err;                                                     \
        iopt_map_unary(in[0], out[0], f, integer);                                 \
        return IOPT_OK;                                                            \
    }                                                                              \
    const IoptOp iopt_op_##id = { .name = op_name,                                 \
                                  .n_in = 1,                                       \
                                  .n_out = 1,                                      \
                                  .dtypes = types,                                 \
                                  .flags = IOPT_OP_HALF,                           \
                                  .brief = text,                                   \
                                  .infer = iopt_infer_same,                        \
                                  .eval = eval_##id }

/* An op of two inputs whose eval maps an IoptBinary named id_functions. */
#define IOPT_BINARY_OP(id, op_name, types, more_flags, text)                       \
    static IoptStatus eval_##id(const IoptNode *node, const IoptTensor *const *in, \
                                IoptTensor *const *out, IoptError *err)            \
    {                                                                              \
        return iopt_map_binary(node, in, out[0], &id##_functions, err);            \
    }                                                                              \
    const IoptOp iopt_op_##id = { .name = op_name,                                 \
                                  .n_in = 2,                                       \
                                  .n_out = 1,                                      \
                                  .dtypes = types,                                 \
                                  .flags = IOPT_OP_HALF | (more_flags),            \
                                  .brief = text,                                   \
                                  .infer = iopt_infer_broadcast,                   \
                                  .eval = eval_##id }

#endif
