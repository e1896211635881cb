/* What QuantizeV2 and Dequantize share. */
#include "ops/quantized_slices.h"

IoptStatus iopt_quantize_mode(const IoptNode *node, IoptQuantizeMode *out, IoptError *err)
{
    const char *const mode = iopt_attr_string(node, "mode", "MIN_COMBINED");

    if (strcmp(mode, "MIN_COMBINED") == 0)
        *out = IOPT_MIN_COMBINED;
    else if (strcmp(mode, "MIN_FIRST") == 0)
        *out = IOPT_MIN_FIRST;
    else if (strcmp(mode, "SCALED") == 0)
        *out = IOPT_SCALED;
    else
        return iopt_fail(err, IOPT_BAD_MODEL,
                         "%s '%s': want mode MIN_COMBINED, MIN_FIRST or SCALED; got '%s'", node->op,
                         node->name, mode);
    return IOPT_OK;
}

IoptSlices iopt_slices_of(const IoptNode *node, const IoptTensor *x)
{
    const int64_t axis = iopt_attr_int(node, "axis", -1);
    IoptSlices slices = { 1, 1, 1 };

    for (int i = 0; i < x->shape.rank; i++)
        *(axis < 0 || i > axis ? &slices.inner
          : i < axis           ? &slices.outer
                               : &slices.count) *= (size_t)x->shape.dim[i];
    return slices;
}

IoptStatus iopt_slices_check(const IoptNode *node, const IoptFact *in, IoptShape *ranges,
                             IoptError *err)
{
    const int64_t axis = iopt_attr_int(node, "axis", -1);
    const IoptShape *const x = &in[0].shape;

    if (axis < -1 || (x->rank >= 0 && axis >= x->rank))
        return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': axis %lld of %d dimensions", node->op,
                         node->name, (long long)axis, x->rank);
    const int64_t count = axis < 0 || x->rank < 0 ? -1 : x->dim[axis];
    *ranges = axis < 0 ? iopt_shape_scalar() : iopt_shape(1, &count);
    for (size_t i = 1; i < 3; i++) {
        size_t elems;
        if (in[i].dtype && in[i].dtype != IOPT_F32)
            return iopt_bad_inputs(node, in, err, "a range of floats");
        if (!iopt_shape_elems(&in[i].shape, &elems))
            continue;
        if (axis < 0 ? elems == 0 : count >= 0 && (int64_t)elems != count)
            return iopt_bad_inputs(node, in, err, "a range for each slice");
    }
    return IOPT_OK;
}
