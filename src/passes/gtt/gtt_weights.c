/* What quantize_weights and round_weights see in a Const. */
#include "passes/gtt/gtt_weights.h"

#include <float.h>
#include <math.h>

#include "passes/gtt/gtt_build.h"
#include "tensor/tensor.h"

IoptStatus iopt_gtt_weights(const IoptListNode *node, uint64_t least, IoptTensor **out,
                            IoptError *err)
{
    const char *const name = node->node->name;
    const IoptTensor *value;

    *out = NULL;
    if (!iopt_attr(node->node, "dtype"))
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "No 'dtype' attribute for Const node %s",
                         name);
    if (!iopt_attr(node->node, "value"))
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "No 'value' attribute for Const node %s",
                         name);
    if (iopt_gtt_value(node, &value, NULL) != IOPT_OK)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "Decoding Tensor failed for node%s", name);
    if (iopt_attr_type(node->node, "dtype", IOPT_DTYPE_NONE) != IOPT_F32)
        return IOPT_OK;
    if (value->dtype != IOPT_F32)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "Const '%s' says dtype float and holds %s",
                         name, iopt_tensor_text(value).s);
    if (iopt_elems(value) < least)
        return IOPT_OK;
    return iopt_tensor_clone(value, out, err);
}

IoptGttSpan iopt_gtt_span(const IoptTensor *weights)
{
    const float *const values = iopt_f32(weights);
    const size_t n = iopt_elems(weights);
    IoptGttSpan span = { FLT_MAX, FLT_MIN };

    for (size_t i = 0; i < n; i++) {
        if (values[i] < span.min)
            span.min = values[i];
        if (values[i] > span.max)
            span.max = values[i];
    }
    return span;
}

IoptGttSpan iopt_gtt_widen(IoptGttSpan span)
{
    if (span.min != span.max)
        return span;
    if (fabsf(span.min) < 0.000001f)
        span.max = span.min + 1;
    else if (span.min > 0)
        span.max = 2 * span.min;
    else
        span.max = span.min / 2;
    return span;
}

bool iopt_gtt_true_span(const IoptTransformContext *context, const char *name,
                        const IoptTensor *weights, IoptGttSpan *out)
{
    const float *const values = iopt_f32(weights);
    const size_t n = iopt_elems(weights);

    *out = (IoptGttSpan){ FLT_MAX, -FLT_MAX };
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(values[i])) {
            iopt_gtt_say(context, "'%s' stays as it is: it holds %g", name, (double)values[i]);
            return false;
        }
        out->min = fminf(out->min, values[i]);
        out->max = fmaxf(out->max, values[i]);
    }
    return n > 0;
}
