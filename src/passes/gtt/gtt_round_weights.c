/* round_weights: large float constants keep few distinct values, so that a compressed file shrinks.
 *
 * Between the smallest and the largest value lie num_steps buckets; each value becomes the middle
 * of its bucket.  The largest value falls into a bucket of its own, beyond the last one, except
 * with safe_ranges, which also leaves constants that hold one value only, or NaN, or infinity.
 *
 *   exactness  lossy: each value moves by half a bucket at most
 */
#include <math.h>

#include "passes/gtt/gtt_build.h"
#include "passes/gtt/gtt_params.h"
#include "passes/gtt/gtt_replace.h"
#include "passes/gtt/gtt_weights.h"
#include "tensor/tensor.h"

enum { LEAST_ELEMS = 16 };

/* The bucket's number as cvttss2si makes it: what does not fit is the smallest number. */
static int32_t bucket_of(float x)
{
    return x >= -0x1p31f && x < 0x1p31f ? (int32_t)x : INT32_MIN;
}

typedef struct Settings {
    int32_t steps;
    bool safe_ranges;
} Settings;

static void round_all(float *values, size_t n, IoptGttSpan span, const Settings *settings)
{
    const float width = (span.max - span.min) / (float)settings->steps;

    for (size_t i = 0; i < n; i++) {
        int32_t bucket = bucket_of(floorf((values[i] - span.min) / width));
        if (settings->safe_ranges && bucket >= settings->steps)
            bucket = settings->steps - 1;
        values[i] = span.min + width * ((float)bucket + 0.5f);
    }
}

static IoptStatus generate(const IoptGttSite *site, void *user, IoptNodeList *made, IoptError *err)
{
    const IoptListNode *const constant = site->match->node;
    const Settings *const settings = user;
    IoptTensor *weights;
    IoptListNode *node;

    IOPT_TRY(iopt_gtt_weights(constant, LEAST_ELEMS, &weights, err));
    if (!weights)
        return iopt_list_add_copy(made, constant, &node, err);
    IoptGttSpan span = iopt_gtt_span(weights);
    if (settings->safe_ranges &&
        (!iopt_gtt_true_span(site->context, constant->node->name, weights, &span) ||
         !(span.max - span.min > 0))) {
        iopt_tensor_destroy(weights);
        return iopt_list_add_copy(made, constant, &node, err);
    }
    round_all(iopt_f32_mut(weights), iopt_elems(weights), iopt_gtt_widen(span), settings);
    return iopt_gtt_add_const(made, constant->node->name, weights, &node, err);
}

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    static const IoptGttPattern pattern = { .op = "Const" };
    Settings settings;

    *out = NULL;
    IOPT_TRY(iopt_gtt_param_int32(context, "num_steps", 256, &settings.steps, err));
    IOPT_TRY(iopt_gtt_param_bool(context, "safe_ranges", false, &settings.safe_ranges, err));
    const IoptGttRule rule = { .pattern = &pattern, .generate = generate, .user = &settings };
    return iopt_gtt_replace(in, context, &rule, out, err);
}

static const IoptTransformParam params[] = {
    { "num_steps", "N", "distinct values that a constant may keep (256)" },
    { "safe_ranges", "BOOL",
      "leave what is all one value or not finite, keep the range (false); ours" },
    { 0 },
};

const IoptTransform iopt_transform_round_weights = {
    .name = "round_weights",
    .brief = "let large float constants keep few distinct values",
    .params = params,
    .run = run
};
