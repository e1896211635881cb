/* Batch norms as one multiplication and one addition:
 *
 *   scale   1 / sqrt(variance + epsilon) * gamma
 *   offset  -mean * scale + beta
 */
#include "passes/gtt/gtt_old_batch_norm.h"

#include <math.h>
#include <stdlib.h>

#include "base/text.h"
#include "passes/gtt/gtt_scale.h"

enum { MEAN, VARIANCE, BETA, GAMMA, N_PARAMS };

typedef struct Params {
    IoptTensor *at[N_PARAMS];
    float epsilon;
    bool scales; /* by gamma */
} Params;

static IoptStatus missing(const IoptListNode *norm, const char *attr, IoptError *err)
{
    return iopt_fail(err, IOPT_INVALID_ARGUMENT, "%s '%s': key not found: %s", norm->node->op,
                     norm->node->name, attr);
}

static IoptStatus read_attrs(const IoptListNode *norm, bool fused, Params *params, IoptError *err)
{
    const char *const name = fused ? "epsilon" : "variance_epsilon";
    const IoptAttr *const epsilon = iopt_attr(norm->node, name);
    const IoptAttr *const scales = iopt_attr(norm->node, "scale_after_normalization");

    if (!epsilon || epsilon->kind != IOPT_ATTR_FLOAT)
        return missing(norm, name, err);
    if (!fused && (!scales || scales->kind != IOPT_ATTR_BOOL))
        return missing(norm, "scale_after_normalization", err);
    params->epsilon = epsilon->u.f;
    params->scales = fused || scales->u.b;
    return IOPT_OK;
}

static IoptStatus read_params(const IoptGttMatch *match, Params *params, IoptError *err)
{
    static const int old_inputs[N_PARAMS] = { 1, 2, 3, 4 }, fused_inputs[N_PARAMS] = { 3, 4, 2, 1 };
    static const char *const texts[N_PARAMS] = { "Mean", "Variance", "Beta", "gamma" };
    const bool fused = iopt_has_prefix(match->node->node->op, "FusedBatchNorm");
    const int *const inputs = fused ? fused_inputs : old_inputs;

    IOPT_TRY(read_attrs(match->node, fused, params, err));
    for (int i = 0; i < N_PARAMS; i++)
        IOPT_TRY(iopt_gtt_floats(match->in[inputs[i]].node, &params->at[i], err));
    const IoptShape *const mean = &params->at[MEAN]->shape;
    for (int i = 0; i < N_PARAMS; i++) {
        const IoptShape *const shape = &params->at[i]->shape;
        /* The mean's first dimension counts, whatever follows it. */
        if (i == MEAN ? shape->rank < 1 : shape->rank != 1 || shape->dim[0] != mean->dim[0])
            return iopt_fail(err, IOPT_INVALID_ARGUMENT, "%s input to batch norm has bad shape: %s",
                             texts[i], iopt_shape_text(shape).s);
    }
    return IOPT_OK;
}

static IoptStatus compute(const Params *params, IoptBatchNorm *out, IoptError *err)
{
    const float *const mean = iopt_f32(params->at[MEAN]);
    const float *const variance = iopt_f32(params->at[VARIANCE]);
    const float *const beta = iopt_f32(params->at[BETA]);
    const float *const gamma = iopt_f32(params->at[GAMMA]);
    const size_t n = (size_t)params->at[MEAN]->shape.dim[0];
    void *block;

    IOPT_TRY(iopt_alloc(&block, n, 2 * sizeof(float), err));
    *out = (IoptBatchNorm){ .scale = block, .offset = (float *)block + n, .channels = n };
    for (size_t i = 0; i < n && iopt_elems(params->at[MEAN]) >= n; i++) {
        const float inverse = 1.0f / sqrtf(variance[i] + params->epsilon);
        out->scale[i] = params->scales ? inverse * gamma[i] : inverse;
        out->offset[i] = -mean[i] * out->scale[i] + beta[i];
    }
    return IOPT_OK;
}

IoptStatus iopt_gtt_read_batch_norm(const IoptGttMatch *match, IoptBatchNorm *out, IoptError *err)
{
    Params params = { 0 };

    *out = (IoptBatchNorm){ 0 };
    IoptStatus status = read_params(match, &params, err);
    if (status == IOPT_OK)
        status = compute(&params, out, err);
    for (int i = 0; i < N_PARAMS; i++)
        iopt_tensor_destroy(params.at[i]);
    return status;
}

void iopt_gtt_free_batch_norm(IoptBatchNorm *norm)
{
    free(norm->scale); /* the offsets are in the same block */
    *norm = (IoptBatchNorm){ 0 };
}
