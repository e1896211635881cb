/* What an op means: its shape rule and its plain-C result.
 *
 * The plain-C result is the oracle for every kernel and the path of every op without one: plain
 * loops, sums in double, no tricks.
 */
#ifndef IOPT_OPS_OP_H
#define IOPT_OPS_OP_H

#include "graph/graph.h"

enum { IOPT_VARIADIC = -1 };

enum {
    IOPT_OP_STATEFUL = 1 << 0,  /* has effects or state: never folded, merged or moved */
    IOPT_OP_RANDOM = 1 << 1,    /* another result each time: never folded or merged */
    IOPT_OP_HALF = 1 << 2,      /* half and bfloat16 go through float: converted around eval */
    IOPT_OP_REFERENCE = 1 << 3, /* passes its first input through unchanged, bytes and all:
                                 * iopt_op_eval shares them, and eval finds out[0] on in[0] */
    IOPT_OP_CONTROL = 1 << 4,   /* Switch, Merge, ...: the engine runs it, it has no eval */
    IOPT_OP_MAY_FAIL = 1 << 5,  /* eval can fail on values (Assert, integer division, Gather) */
    IOPT_OP_SHAPES = 1 << 6     /* eval looks at types and shapes of its inputs only (Shape, Rank,
                                 * ZerosLike): constant as soon as these are known; data may be
                                 * NULL */
};

typedef struct IoptOp {
    const char *name;   /* TensorFlow's: "BiasAdd" */
    int n_in, n_out;    /* or IOPT_VARIADIC: then infer checks the number */
    const char *dtypes; /* of input 0, space-separated ("float double half"); NULL: infer checks */
    uint32_t flags;
    const char *brief; /* "y = x + bias", for `list ops` */

    /* Facts of the outputs from facts of the inputs; unknown stays unknown.  When the values of
     * all inputs are known (in[i].value), every output shape must come out fully known: so ops
     * whose shape depends on data are run as well.  `out` has iopt_node_n_out() entries that know
     * nothing.  It may set out[i].value to a borrowed tensor (a Const does).
     * Refuses with IOPT_BAD_MODEL what TensorFlow refuses, naming the node, what was wanted and
     * what came. */
    IoptStatus (*infer)(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err);

    /* The outputs from the inputs; `out` was made to the inferred types and shapes, zeroed.
     * Elements of a string output may borrow bytes of the inputs: iopt_op_eval copies them. */
    IoptStatus (*eval)(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err);

    /* Multiply-adds of one evaluation; NULL where it has none worth counting. */
    double (*macs)(const IoptNode *node, const IoptFact *in, const IoptFact *out);
} IoptOp;

/* The op of this name, or NULL. */
const IoptOp *iopt_op_find(const char *name);

/* The op of a node, or NULL.  Where the graph says so (graph->internal_ops) it may be one of the
 * engine's own, of internal_op_list.inc: these stand in no file, and iopt_op_find knows them
 * not. */
const IoptOp *iopt_op_of(const IoptNode *node);

/* All ops of op_list.inc, sorted by name. */
const IoptOp *const *iopt_ops(size_t *count);

/* How many outputs a node has: from the op, or from attributes such as num_split or N; 1 for an
 * op that we do not know (more if its readers use higher ports). */
size_t iopt_node_n_out(const IoptNode *node);

/* Checks number and types of the inputs, then calls op->infer. */
IoptStatus iopt_op_infer(const IoptOp *op, const IoptNode *node, const IoptFact *in, IoptFact *out,
                         IoptError *err);

/* Computes a node: makes the outputs (out[i], iopt_node_n_out() of them; the caller destroys
 * them) from concrete inputs.  Inputs may lie at any address; half types are converted. */
IoptStatus iopt_op_eval(const IoptOp *op, const IoptNode *node, const IoptTensor *const *in,
                        IoptTensor **out, IoptError *err);

/* --- for writing ops ----------------------------------------------------------------------- */

/* An attribute that must be there (IOPT_BAD_MODEL names node and attribute). */
IoptStatus iopt_need_int(const IoptNode *node, const char *name, int64_t *out, IoptError *err);
IoptStatus iopt_need_type(const IoptNode *node, const char *name, IoptDType *out, IoptError *err);

/* "Conv2D 'net/c1': want WANT; got FACT, FACT, ...": the standard refusal of input facts. */
IoptStatus iopt_bad_inputs(const IoptNode *node, const IoptFact *in, IoptError *err,
                           const char *want, ...) IOPT_PRINTF(4, 5);

/* Values of a known constant input as int64 (an i32 or i64 tensor): false if not known. */
bool iopt_fact_ints(const IoptFact *fact, int64_t *out, size_t capacity, size_t *count);

#endif
