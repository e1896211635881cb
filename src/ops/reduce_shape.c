/* Reductions: axes, shapes, and where each element goes. */
#include "ops/reduce.h"

enum { MAX_AXES = 64 }; /* axes may repeat */

/* reduced[i]: whether dimension i goes. */
static IoptStatus read_axes(const IoptNode *node, const IoptFact *in, bool reduced[IOPT_MAX_RANK],
                            IoptError *err)
{
    int64_t axes[MAX_AXES];
    size_t count;

    if (!iopt_fact_ints(&in[1], axes, MAX_AXES, &count))
        return iopt_bad_inputs(node, in, err, "at most %d int32 or int64 axes", (int)MAX_AXES);
    for (int i = 0; i < IOPT_MAX_RANK; i++)
        reduced[i] = false;
    for (size_t i = 0; i < count; i++) {
        int axis;
        if (!iopt_axis(axes[i], in[0].shape.rank, &axis))
            return iopt_bad_inputs(node, in, err, "axes in -%d .. %d, not %lld", in[0].shape.rank,
                                   in[0].shape.rank - 1, (long long)axes[i]);
        reduced[axis] = true;
    }
    return IOPT_OK;
}

/* Without the axes' values only the rank may be known, and only with keep_dims. */
static IoptShape shape_of_unknown_axes(const IoptFact *in, bool keep)
{
    IoptShape shape = iopt_shape_unknown();

    if (keep && in[0].shape.rank >= 0) {
        shape.rank = in[0].shape.rank;
        for (int i = 0; i < shape.rank; i++)
            shape.dim[i] = in[0].shape.dim[i] == 1 ? 1 : -1;
    }
    return shape;
}

IoptStatus iopt_infer_reduction(const IoptNode *node, const IoptFact *in, IoptFact *out,
                                IoptError *err)
{
    const bool keep = iopt_attr_bool(node, "keep_dims", false);
    bool reduced[IOPT_MAX_RANK];

    out[0].dtype = in[0].dtype;
    if (in[1].dtype && in[1].dtype != IOPT_I32 && in[1].dtype != IOPT_I64)
        return iopt_bad_inputs(node, in, err, "axes of int32 or int64");
    if (!in[1].value || in[0].shape.rank < 0) {
        out[0].shape = shape_of_unknown_axes(in, keep);
        return IOPT_OK;
    }
    IOPT_TRY(read_axes(node, in, reduced, err));
    out[0].shape = iopt_shape_scalar();
    for (int i = 0; i < in[0].shape.rank; i++)
        if (!reduced[i])
            iopt_shape_push(&out[0].shape, in[0].shape.dim[i]);
        else if (keep)
            iopt_shape_push(&out[0].shape, 1);
    return IOPT_OK;
}

void iopt_reduction_walk(const IoptTensor *x, const IoptTensor *axes, IoptWalk *walk)
{
    const size_t count = iopt_elems(axes);
    bool reduced[IOPT_MAX_RANK] = { false };
    int64_t stride = 1;

    for (size_t i = 0; i < count; i++) {
        int axis;
        if (iopt_axis(iopt_tensor_get_i64(axes, i), x->shape.rank, &axis))
            reduced[axis] = true;
    }
    iopt_walk_begin(walk, &x->shape);
    for (int i = x->shape.rank - 1; i >= 0; i--)
        if (!reduced[i]) {
            walk->stride[0][i] = stride;
            stride *= x->shape.dim[i];
        }
}
