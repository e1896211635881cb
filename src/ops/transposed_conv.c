/* The shape rule of transposed convolutions, and where their windows stand. */
#include "ops/transposed_conv.h"

IoptStatus iopt_transposed_inputs(const IoptNode *node, const IoptFact *in, IoptError *err)
{
    for (int i = 1; i < 3; i++)
        if (in[i].shape.rank >= 0 && in[i].shape.rank != 4)
            return iopt_bad_inputs(node, in, err, "a filter and out_backprop of rank 4");
    if ((in[1].dtype && in[2].dtype && in[1].dtype != in[2].dtype) ||
        (in[1].dtype && !iopt_dtype_is_float(in[1].dtype)))
        return iopt_bad_inputs(node, in, err, "int32 sizes, filter and out_backprop of one type");
    return IOPT_OK;
}

IoptStatus iopt_transposed_infer(const IoptNode *node, const IoptFact *in,
                                 const IoptWindowRule *rule, const IoptImage *dx, IoptFact *out,
                                 IoptError *err)
{
    const IoptImage dy = iopt_image(&in[2].shape, rule);
    IoptWindowPlace place;

    if (!iopt_dims_agree(dx->batch, dy.batch))
        return iopt_bad_inputs(node, in, err, "out_backprop of batch %lld", (long long)dx->batch);
    for (int i = 1; i < IOPT_SPATIAL; i++) {
        IOPT_TRY(iopt_window_place(node, rule, i, dx->size[i], &place, err));
        if (!iopt_dims_agree(place.out, dy.size[i]))
            return iopt_bad_inputs(node, in, err, "out_backprop of %s %lld",
                                   i == 1 ? "height" : "width", (long long)place.out);
    }
    *out = iopt_fact(in[1].dtype ? in[1].dtype : in[2].dtype, iopt_image_shape(dx, rule));
    return IOPT_OK;
}

IoptStatus iopt_transposed(const IoptNode *node, const IoptWindowRule *rule,
                           const IoptTensor *const *in, const IoptTensor *dx, IoptTransposed *out,
                           IoptError *err)
{
    *out = (IoptTransposed){ .rule = *rule,
                             .dx = iopt_image(&dx->shape, rule),
                             .dy = iopt_image(&in[2]->shape, rule),
                             .filter = in[1],
                             .grad = in[2] };
    for (int i = 1; i < IOPT_SPATIAL; i++)
        IOPT_TRY(iopt_window_place(node, rule, i, out->dx.size[i], &out->place[i], err));
    return IOPT_OK;
}
