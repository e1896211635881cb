/* Inputs of ops that are small integer arrays: shapes, axes, paddings.
 *
 * What such an input holds decides the shape of the output, and may not be known when shapes are
 * inferred; an op reads it with the same function then and when it runs. */
#ifndef IOPT_OPS_INTS_H
#define IOPT_OPS_INTS_H

#include "ops/op.h"

enum { IOPT_INTS_MAX = 2 * IOPT_MAX_RANK };

typedef struct IoptInts {
    bool known;    /* whether v holds the values */
    int64_t count; /* how many there are; -1 if even that is not known */
    int64_t v[IOPT_INTS_MAX];
} IoptInts;

/* Input `slot` as a vector, a single value (shape [] or [1]) or a table [n,2] of int32 or int64.
 * Refuses another type or rank, and more values than a shape can have dimensions; `what` names the
 * input in the message. */
IoptStatus iopt_ints_vector(const IoptNode *node, const IoptFact *in, size_t slot, const char *what,
                            IoptInts *out, IoptError *err);
IoptStatus iopt_ints_scalar(const IoptNode *node, const IoptFact *in, size_t slot, const char *what,
                            IoptInts *out, IoptError *err);
IoptStatus iopt_ints_pairs(const IoptNode *node, const IoptFact *in, size_t slot, const char *what,
                           IoptInts *out, IoptError *err);

/* Input `slot` as a shape: known, of known rank, or unknown.  A value below zero is refused unless
 * it is -1 and `may_ask`: it then stands as an unknown dimension. */
IoptStatus iopt_ints_shape(const IoptNode *node, const IoptFact *in, size_t slot, bool may_ask,
                           IoptShape *out, IoptError *err);

/* Input `slot` as one axis of `rank` (known) dimensions, -rank .. rank-1; *out = -1 while it is
 * not known. */
IoptStatus iopt_ints_axis(const IoptNode *node, const IoptFact *in, size_t slot, int rank, int *out,
                          IoptError *err);

/* A shape of `rank` unknown dimensions. */
IoptShape iopt_shape_of_rank(int rank);

/* Facts of concrete inputs, for the shape rule's helpers when the op runs. */
void iopt_facts_of(const IoptTensor *const *in, size_t count, IoptFact *facts);

/* The type of an input, or of attribute `name` while the input's is not known. */
IoptDType iopt_input_type(const IoptNode *node, const IoptFact *in, const char *name);

/* Whether a fact may have rank `rank`. */
static inline bool iopt_may_have_rank(const IoptFact *fact, int rank)
{
    return fact->shape.rank < 0 || fact->shape.rank == rank;
}

/* Dimension `axis`, -1 while the rank is not known. */
static inline int64_t iopt_dim_or_unknown(const IoptShape *shape, int axis)
{
    return shape->rank < 0 ? -1 : shape->dim[axis];
}

#endif
