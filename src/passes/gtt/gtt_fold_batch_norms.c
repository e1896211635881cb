/* fold_batch_norms: Mul(Conv(x, W), s)  ->  Conv(x, W * s), s a constant with a value per channel.
 *
 * The convolution takes the name of the product.  The multiplier has to be the second operand, and
 * transposed weights of a MatMul are scaled as if they were not, as TensorFlow's tool does it.
 *
 *   exactness  rounding: the product is rounded at another place
 */
#include "base/compiler.h"
#include "passes/gtt/gtt_build.h"
#include "passes/gtt/gtt_copies.h"
#include "passes/gtt/gtt_names.h"
#include "passes/gtt/gtt_params.h"
#include "passes/gtt/gtt_replace.h"
#include "passes/gtt/gtt_scale.h"

typedef struct Parts {
    const IoptListNode *mul, *conv, *input, *weights, *scale;
} Parts;

static Parts parts_of(const IoptGttMatch *match)
{
    const IoptGttMatch *const conv = &match->in[0];

    return (Parts){ .mul = match->node,
                    .conv = conv->node,
                    .input = conv->in[0].node,
                    .weights = conv->in[1].node,
                    .scale = match->in[1].node };
}

static IoptStatus keep(const Parts *parts, IoptNodeList *made, IoptError *err)
{
    const IoptListNode *const nodes[] = { parts->mul, parts->conv, parts->input, parts->weights,
                                          parts->scale };

    return iopt_gtt_add_copies(made, nodes, IOPT_COUNT(nodes), err);
}

static bool is_output(const IoptTransformContext *context, const IoptListNode *node)
{
    return iopt_gtt_contains_node(context->outputs, context->n_outputs, node->node->name);
}

/* What else reads the parts would see them gone or changed. */
static const char *reason_to_keep(const IoptGttSite *site, const Parts *parts, bool protect_outputs)
{
    const IoptTransformContext *const context = site->context;

    if (protect_outputs && (is_output(context, parts->conv) || is_output(context, parts->weights) ||
                            is_output(context, parts->scale)))
        return "a part of it is an output";
    if (iopt_gtt_used_outside(site, parts->conv) || iopt_gtt_used_outside(site, parts->weights) ||
        iopt_gtt_used_outside(site, parts->scale))
        return "its parts are used elsewhere";
    if (parts->input == parts->weights || parts->input == parts->scale ||
        parts->weights == parts->scale)
        return "one constant plays two parts";
    return NULL;
}

static IoptStatus scaled_weights(const Parts *parts, IoptTensor **out, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptTensor *weights = NULL, *scale = NULL;
    size_t columns;

    *out = NULL;
    IOPT_DO(iopt_gtt_floats(parts->weights, &weights, err));
    IOPT_DO(iopt_gtt_floats(parts->scale, &scale, err));
    IOPT_DO(iopt_gtt_columns(parts->conv, &weights->shape, &columns, err));
    if (scale->shape.rank != 1 || (size_t)scale->shape.dim[0] != columns) {
        status = iopt_fail(err, IOPT_INVALID_ARGUMENT,
                           "Mul constant input to batch norm has bad shape: %s",
                           iopt_shape_text(&scale->shape).s);
        goto done;
    }
    iopt_gtt_scale(weights, iopt_f32(scale), columns);
    *out = weights;
    weights = NULL;
done:
    iopt_tensor_destroy(weights);
    iopt_tensor_destroy(scale);
    return status;
}

static IoptStatus generate(const IoptGttSite *site, void *user, IoptNodeList *made, IoptError *err)
{
    const Parts parts = parts_of(site->match);
    const bool *const protect_outputs = user;
    const char *const reason = reason_to_keep(site, &parts, *protect_outputs);
    IoptTensor *weights;
    IoptListNode *node;

    if (reason) {
        iopt_gtt_say(site->context, "Mul '%s' is not folded: %s", parts.mul->node->name, reason);
        return keep(&parts, made, err);
    }
    IOPT_TRY(scaled_weights(&parts, &weights, err));
    IOPT_TRY(iopt_gtt_add_const(made, parts.weights->node->name, weights, &node, err));
    IOPT_TRY(iopt_list_add_copy(made, parts.input, &node, err));
    IOPT_TRY(iopt_list_add_copy(made, parts.conv, &node, err));
    return iopt_list_set_name(node, parts.mul->node->name, err);
}

static const IoptGttPattern pattern = {
    "Mul", 2,
    (const IoptGttPattern[]){ { "Conv2D|MatMul|DepthwiseConv2dNative", 2,
                                (const IoptGttPattern[]){ { .op = "*" }, { .op = "Const" } } },
                              { .op = "Const" } }
};

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    bool protect_outputs;

    *out = NULL;
    IOPT_TRY(iopt_gtt_param_bool(context, "protect_outputs", false, &protect_outputs, err));
    const IoptGttRule rule = { .pattern = &pattern,
                               .generate = generate,
                               .user = &protect_outputs };
    return iopt_gtt_replace(in, context, &rule, out, err);
}

static const IoptTransformParam params[] = {
    { "protect_outputs", "BOOL", "leave a convolution that is an output itself (false); ours" },
    { 0 },
};

const IoptTransform iopt_transform_fold_batch_norms = {
    .name = "fold_batch_norms",
    .brief = "bake a multiplication by constants into the weights of the convolution before it",
    .params = params,
    .run = run
};
