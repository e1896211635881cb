/* decompose_batch_norms: a batch norm at inference becomes Mul and BiasAdd by constants.
 *
 *   in         FusedBatchNorm, V2, V3 with is_training=false; BatchNormWithGlobalNormalization;
 *              float, with constant scale, offset, mean and variance; NHWC and NCHW
 *   out        x * s + (offset - mean * s), s = scale / sqrt(variance + epsilon)
 *   exactness  rounding: s and the shift are computed in double and rounded once
 *   source     TensorFlow ops of these names
 */
#include <math.h>

#include "passes/affine.h"
#include "passes/pass.h"

enum { ANY, ROOT, N_SLOTS };

static const IoptPattern pattern[N_SLOTS] = {
    [ROOT] = { .op = "FusedBatchNorm|FusedBatchNormV2|FusedBatchNormV3|"
                     "BatchNormWithGlobalNormalization" },
};

typedef struct Norm {
    const IoptTensor *scale, *offset, *mean, *variance;
    double epsilon;
    bool use_scale;
} Norm;

/* The two families order their inputs in different ways. */
static bool read_norm(const IoptNode *node, Norm *norm)
{
    if (node->n_in != 5)
        return false;
    if (iopt_is_op(node, "BatchNormWithGlobalNormalization")) {
        *norm = (Norm){ iopt_const_input(node, 4),
                        iopt_const_input(node, 3),
                        iopt_const_input(node, 1),
                        iopt_const_input(node, 2),
                        (double)iopt_attr_float(node, "variance_epsilon", 0),
                        iopt_attr_bool(node, "scale_after_normalization", true) };
    } else {
        *norm = (Norm){ iopt_const_input(node, 1),
                        iopt_const_input(node, 2),
                        iopt_const_input(node, 3),
                        iopt_const_input(node, 4),
                        (double)iopt_attr_float(node, "epsilon", 0.0001f),
                        true };
    }
    const IoptTensor *const all[] = { norm->scale, norm->offset, norm->mean, norm->variance };
    for (size_t i = 0; i < 4; i++)
        if (!all[i] || all[i]->dtype != IOPT_F32 || all[i]->shape.rank != 1 ||
            iopt_elems(all[i]) != iopt_elems(norm->scale))
            return false;
    return true;
}

static bool reads_other_ports(const IoptNode *node)
{
    return iopt_node_uses(node) != iopt_value_uses((IoptValue){ (IoptNode *)(uintptr_t)node, 0 });
}

static void fill(const Norm *norm, IoptAffine *affine)
{
    for (size_t i = 0; i < affine->count; i++) {
        const double scale = norm->use_scale ? (double)iopt_f32(norm->scale)[i] : 1.0;
        affine->scale[i] = scale / sqrt((double)iopt_f32(norm->variance)[i] + norm->epsilon);
        affine->shift[i] =
            (double)iopt_f32(norm->offset)[i] - (double)iopt_f32(norm->mean)[i] * affine->scale[i];
    }
    affine->has_scale = affine->has_shift = true;
}

static IoptStatus rewrite(IoptEdit *edit, IoptNode *const *at, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptNode *const node = at[ROOT];
    const bool nchw = strcmp(iopt_attr_string(node, "data_format", "NHWC"), "NCHW") == 0;
    IoptAffine affine = { 0 };
    IoptValue out;
    Norm norm;

    if (!iopt_is_op(node, "BatchNormWithGlobalNormalization") &&
        iopt_attr_bool(node, "is_training", true))
        return iopt_edit_skip(edit, "is_training is true: it takes the statistics of the batch");
    if (iopt_attr_type(node, "T", IOPT_F32) != IOPT_F32 || !read_norm(node, &norm))
        return iopt_edit_skip(edit, "its statistics are not four constant float vectors");
    if (reads_other_ports(node))
        return iopt_edit_skip(edit, "somebody reads more than its first output");
    const size_t channels = iopt_elems(norm.scale);
    const IoptFact x = iopt_fact_at(node->in[0]);
    if (x.shape.rank >= 0 && x.shape.rank != 4)
        return iopt_edit_skip(edit, "x is %s, want rank 4", iopt_fact_text(&x).s);
    IOPT_DO(iopt_affine_create(nchw ? 1 : 3, 4, channels, &affine, err));
    fill(&norm, &affine);
    IOPT_DO(iopt_affine_build(edit, &affine, node->in[0], node, &out, err));
    IOPT_DO(iopt_edit_replace(edit, node, out.node, err));
done:
    iopt_affine_free(&affine);
    return status;
}

const IoptPass iopt_pass_decompose_batch_norms = {
    .name = "decompose_batch_norms",
    .brief = "write batch norms as one multiply-add by constants",
    .after = "fold_constants",
    .exactness = IOPT_ROUNDING,
    .pattern = pattern,
    .n_pattern = N_SLOTS,
    .rewrite = rewrite,
};
