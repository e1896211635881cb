/* Inputs of ops that are small integer arrays. */
#include "ops/ints.h"

static IoptStatus read_ints(const IoptNode *node, const IoptFact *in, size_t slot, const char *what,
                            IoptInts *out, IoptError *err)
{
    const IoptFact *const fact = &in[slot];
    size_t elems, count;

    *out = (IoptInts){ .known = false, .count = -1 };
    if (fact->dtype != IOPT_DTYPE_NONE && fact->dtype != IOPT_I32 && fact->dtype != IOPT_I64)
        return iopt_bad_inputs(node, in, err, "%s (input %zu) of int32 or int64", what, slot);
    if (!iopt_shape_elems(&fact->shape, &elems))
        return IOPT_OK;
    if (elems > IOPT_INTS_MAX)
        return iopt_fail(err, IOPT_UNSUPPORTED,
                         "%s '%s': %s has %zu values, more than %d dimensions", node->op,
                         node->name, what, elems, IOPT_MAX_RANK);
    out->count = (int64_t)elems;
    out->known = iopt_fact_ints(fact, out->v, IOPT_INTS_MAX, &count);
    return IOPT_OK;
}

IoptStatus iopt_ints_vector(const IoptNode *node, const IoptFact *in, size_t slot, const char *what,
                            IoptInts *out, IoptError *err)
{
    if (!iopt_may_have_rank(&in[slot], 1))
        return iopt_bad_inputs(node, in, err, "%s (input %zu) as a vector", what, slot);
    return read_ints(node, in, slot, what, out, err);
}

IoptStatus iopt_ints_scalar(const IoptNode *node, const IoptFact *in, size_t slot, const char *what,
                            IoptInts *out, IoptError *err)
{
    IOPT_TRY(read_ints(node, in, slot, what, out, err));
    if (in[slot].shape.rank > 1 || (out->count >= 0 && out->count != 1))
        return iopt_bad_inputs(node, in, err, "%s (input %zu) as one value", what, slot);
    out->count = 1;
    return IOPT_OK;
}

IoptStatus iopt_ints_pairs(const IoptNode *node, const IoptFact *in, size_t slot, const char *what,
                           IoptInts *out, IoptError *err)
{
    const IoptShape *const shape = &in[slot].shape;

    if (shape->rank >= 0 && (shape->rank != 2 || !iopt_dims_agree(shape->dim[1], 2)))
        return iopt_bad_inputs(node, in, err, "%s (input %zu) of shape [n,2]", what, slot);
    return read_ints(node, in, slot, what, out, err);
}

IoptShape iopt_shape_of_rank(int rank)
{
    IoptShape shape = { .rank = rank };

    for (int i = 0; i < rank; i++)
        shape.dim[i] = -1;
    return shape;
}

IoptStatus iopt_ints_shape(const IoptNode *node, const IoptFact *in, size_t slot, bool may_ask,
                           IoptShape *out, IoptError *err)
{
    IoptInts ints;

    *out = iopt_shape_unknown();
    IOPT_TRY(iopt_ints_vector(node, in, slot, "shape", &ints, err));
    if (ints.count < 0)
        return IOPT_OK;
    if (ints.count > IOPT_MAX_RANK)
        return iopt_fail(err, IOPT_UNSUPPORTED,
                         "%s '%s': want a shape of at most %d dimensions; got %lld", node->op,
                         node->name, IOPT_MAX_RANK, (long long)ints.count);
    *out = iopt_shape_of_rank((int)ints.count);
    for (int i = 0; ints.known && i < out->rank; i++) {
        if (ints.v[i] < (may_ask ? -1 : 0))
            return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': dimension %d of the shape is %lld",
                             node->op, node->name, i, (long long)ints.v[i]);
        out->dim[i] = ints.v[i];
    }
    return IOPT_OK;
}

IoptStatus iopt_ints_axis(const IoptNode *node, const IoptFact *in, size_t slot, int rank, int *out,
                          IoptError *err)
{
    IoptInts ints;

    *out = -1;
    IOPT_TRY(iopt_ints_scalar(node, in, slot, "axis", &ints, err));
    if (ints.known && !iopt_axis(ints.v[0], rank, out))
        return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': want an axis of %d dimensions; got %lld",
                         node->op, node->name, rank, (long long)ints.v[0]);
    return IOPT_OK;
}

void iopt_facts_of(const IoptTensor *const *in, size_t count, IoptFact *facts)
{
    for (size_t i = 0; i < count; i++)
        facts[i] = iopt_fact_of(in[i]);
}

IoptDType iopt_input_type(const IoptNode *node, const IoptFact *in, const char *name)
{
    return in->dtype != IOPT_DTYPE_NONE ? in->dtype : iopt_attr_type(node, name, IOPT_DTYPE_NONE);
}
