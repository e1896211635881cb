/* quantize_weights: Const of many floats  ->  Dequantize(Const of bytes, min, max)
 *
 * The values keep their type in the graph and a quarter of their size in the file.
 *
 * Without a positive value TensorFlow's tool makes FLT_MIN the largest, and of zeros, whose range
 * is then one denormal wide, its runtime makes NaN.  With safe_ranges the largest is zero then,
 * zeros have the range 0..1, and a constant that holds NaN or infinity stays.
 *
 *   exactness  lossy: each value moves by half a step of (max - min) / 255 at most
 */
#include "passes/gtt/gtt_build.h"
#include "passes/gtt/gtt_quantize.h"
#include "passes/gtt/gtt_replace.h"
#include "passes/gtt/gtt_weights.h"

static IoptStatus quantize(const IoptTensor *weights, IoptRange range, IoptTensor **out,
                           IoptError *err)
{
    const float *const values = iopt_f32(weights);
    const size_t n = iopt_elems(weights);

    IOPT_TRY(iopt_tensor_create(IOPT_QU8, &weights->shape, out, err));
    uint8_t *const codes = (*out)->data;
    for (size_t i = 0; i < n; i++)
        codes[i] = (uint8_t)iopt_code_of(IOPT_QU8, values[i], range);
    return IOPT_OK;
}

static IoptStatus build(const char *name, IoptTensor *codes, IoptRange range, IoptNodeList *made,
                        IoptError *err)
{
    IoptArena *const arena = made->carrier->arena;
    const char *const const_name = iopt_arena_printf(arena, "%s_quantized_const", name);
    const char *const min_name = iopt_arena_printf(arena, "%s_quantized_min", name);
    const char *const max_name = iopt_arena_printf(arena, "%s_quantized_max", name);
    IoptListNode *node;

    if (!const_name || !min_name || !max_name) {
        iopt_tensor_destroy(codes);
        return iopt_fail_memory(err, 3 * strlen(name));
    }
    IOPT_TRY(iopt_gtt_add_const(made, const_name, codes, &node, err));
    IOPT_TRY(iopt_gtt_add_const_f32(made, min_name, range.min, &node, err));
    IOPT_TRY(iopt_gtt_add_const_f32(made, max_name, range.max, &node, err));
    return iopt_gtt_add_dequantize(made, name, const_name, min_name, max_name, err);
}

typedef struct Settings {
    int32_t minimum_size;
    bool safe_ranges;
} Settings;

/* False: the weights have no range, and stay floats. */
static bool range_of(const Settings *settings, const IoptTransformContext *context,
                     const char *name, const IoptTensor *weights, IoptRange *out)
{
    IoptGttSpan span = iopt_gtt_span(weights);

    if (settings->safe_ranges && !iopt_gtt_true_span(context, name, weights, &span))
        return false;
    span.min = span.min > 0 ? 0 : span.min; /* -0 stays */
    if (settings->safe_ranges)
        span.max = span.max < 0 ? 0 : span.max;
    span = iopt_gtt_widen(span);
    *out = (IoptRange){ span.min, span.max };
    return true;
}

static IoptStatus generate(const IoptGttSite *site, void *user, IoptNodeList *made, IoptError *err)
{
    const IoptListNode *const constant = site->match->node;
    const Settings *const settings = user;
    IoptTensor *weights, *codes;
    IoptListNode *copy;
    IoptRange range;

    /* A negative size is compared as an unsigned one: no constant is so large. */
    IOPT_TRY(iopt_gtt_weights(constant, (uint64_t)settings->minimum_size, &weights, err));
    if (!weights || !range_of(settings, site->context, constant->node->name, weights, &range)) {
        iopt_tensor_destroy(weights);
        return iopt_list_add_copy(made, constant, &copy, err);
    }
    const IoptStatus status = quantize(weights, range, &codes, err);
    iopt_tensor_destroy(weights);
    IOPT_TRY(status);
    return build(constant->node->name, codes, range, made, err);
}

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    static const IoptGttPattern pattern = { .op = "Const" };
    Settings settings;

    *out = NULL;
    IOPT_TRY(iopt_gtt_param_int32(context, "minimum_size", 1024, &settings.minimum_size, err));
    IOPT_TRY(iopt_gtt_param_bool(context, "safe_ranges", false, &settings.safe_ranges, err));
    const IoptGttRule rule = { .pattern = &pattern, .generate = generate, .user = &settings };
    return iopt_gtt_replace(in, context, &rule, out, err);
}

static const IoptTransformParam params[] = {
    { "minimum_size", "N", "elements that a constant must have (1024); negative: quantize none" },
    { "safe_ranges", "BOOL", "no ranges that end in NaN; leave what is not finite (false); ours" },
    { 0 },
};

const IoptTransform iopt_transform_quantize_weights = {
    .name = "quantize_weights",
    .brief = "store large float constants in eight bits",
    .params = params,
    .run = run
};
