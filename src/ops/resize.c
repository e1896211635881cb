/* What the four Resize ops share. */
#include "ops/resize.h"

IoptStatus iopt_resize_infer(const IoptNode *node, const IoptFact *in, IoptDType type,
                             IoptFact *out, IoptError *err)
{
    const IoptShape *const images = &in[0].shape;
    IoptInts size;

    IOPT_TRY(iopt_ints_vector(node, in, 1, "size", &size, err));
    if (!iopt_may_have_rank(&in[0], 4) || !iopt_dims_agree(size.count, 2))
        return iopt_bad_inputs(node, in, err, "images [N,H,W,C], size [2]");
    if (iopt_attr_bool(node, "align_corners", false) &&
        iopt_attr_bool(node, "half_pixel_centers", false))
        return iopt_fail(err, IOPT_BAD_MODEL,
                         "%s '%s': want align_corners or half_pixel_centers, not both", node->op,
                         node->name);
    for (int i = 0; i < 2; i++) {
        if (size.known && (size.v[i] < 1 || size.v[i] > INT32_MAX))
            return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': want a size of at least 1; got %lld",
                             node->op, node->name, (long long)size.v[i]);
        if (iopt_dim_or_unknown(images, 1 + i) == 0)
            return iopt_bad_inputs(node, in, err, "images with pixels");
    }
    out->dtype = type;
    out->shape = (IoptShape){ 4,
                              { iopt_dim_or_unknown(images, 0), size.known ? size.v[0] : -1,
                                size.known ? size.v[1] : -1, iopt_dim_or_unknown(images, 3) } };
    return IOPT_OK;
}

float iopt_resize_scale(int64_t in, int64_t out, bool align_corners)
{
    return align_corners && out > 1 ? (float)(in - 1) / (float)(out - 1) : (float)in / (float)out;
}

IoptResize iopt_resize_of(const IoptNode *node, const IoptTensor *images, const IoptTensor *out)
{
    const int64_t *const x = images->shape.dim, *const y = out->shape.dim;
    const bool fused = iopt_attr_bool(node, "resize_align_corners", false);
    const bool align = iopt_attr_bool(node, "align_corners", fused);

    return (IoptResize){ .n = x[0],
                         .in_h = x[1],
                         .in_w = x[2],
                         .out_h = y[1],
                         .out_w = y[2],
                         .channels = x[3],
                         .scale_h = iopt_resize_scale(x[1], y[1], align),
                         .scale_w = iopt_resize_scale(x[2], y[2], align),
                         .align_corners = align,
                         .half_pixel = iopt_attr_bool(node, "half_pixel_centers", false) };
}
