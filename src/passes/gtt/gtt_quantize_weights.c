/* quantize_weights: Const of many floats  ->  Dequantize(Const of bytes, min, max)
 *
 * The values keep their type in the graph and a quarter of their size in the file.
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

static IoptStatus generate(const IoptGttSite *site, void *user, IoptNodeList *made, IoptError *err)
{
    const IoptListNode *const constant = site->match->node;
    const int32_t *const minimum_size = user;
    IoptTensor *weights, *codes;
    IoptListNode *copy;

    /* A negative size is compared as an unsigned one: no constant is so large. */
    IOPT_TRY(iopt_gtt_weights(constant, (uint64_t)*minimum_size, &weights, err));
    if (!weights)
        return iopt_list_add_copy(made, constant, &copy, err);

    IoptGttSpan span = iopt_gtt_span(weights);
    span.min = span.min > 0 ? 0 : span.min; /* -0 stays */
    span = iopt_gtt_widen(span);
    const IoptRange range = { span.min, span.max };
    const IoptStatus status = quantize(weights, range, &codes, err);
    iopt_tensor_destroy(weights);
    IOPT_TRY(status);
    return build(constant->node->name, codes, range, made, err);
}

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    static const IoptGttPattern pattern = { .op = "Const" };
    int32_t minimum_size;

    *out = NULL;
    IOPT_TRY(iopt_gtt_param_int32(context, "minimum_size", 1024, &minimum_size, err));
    const IoptGttRule rule = { .pattern = &pattern, .generate = generate, .user = &minimum_size };
    return iopt_gtt_replace(in, context, &rule, out, err);
}

static const IoptTransformParam params[] = {
    { "minimum_size", "N", "elements that a constant must have (1024); negative: quantize none" },
    { 0 },
};

const IoptTransform iopt_transform_quantize_weights = {
    .name = "quantize_weights",
    .brief = "store large float constants in eight bits",
    .params = params,
    .run = run
};
