/* flatten_atrous_conv: SpaceToBatchND -> convolution -> BatchToSpaceND becomes one convolution
 * whose filter has zeros between its elements.
 *
 *   exactness  rounding, where paddings and crops are what SAME padding gives; they are not looked
 *              at
 *   quirks     the input's port is lost (with keep_ports it is kept); dilations and explicit
 *              paddings are not copied
 */
#include "passes/gtt/gtt_build.h"
#include "passes/gtt/gtt_copies.h"
#include "passes/gtt/gtt_params.h"
#include "passes/gtt/gtt_replace.h"

enum { MAX_FILTER_BYTES = INT32_MAX }; /* no GraphDef can hold more */

/* The nodes of a match. */
typedef struct Atrous {
    const IoptListNode *batch_to_space, *conv, *filter, *space_to_batch, *input, *block;
} Atrous;

static Atrous nodes_of(const IoptGttMatch *match)
{
    const IoptGttMatch *const conv = &match->in[0], *const space = &conv->in[0];

    return (Atrous){ match->node, conv->node,        conv->in[1].node,
                     space->node, space->in[0].node, space->in[1].node };
}

static IoptStatus read_block(const IoptListNode *node, int64_t *block, IoptError *err)
{
    const IoptTensor *value;

    IOPT_TRY(iopt_gtt_value(node, &value, err));
    if (value->dtype != IOPT_I32 || iopt_elems(value) < 2)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "the block shape '%s' is %s, want two int32 at least", node->node->name,
                         iopt_tensor_text(value).s);
    for (size_t i = 0; i < 2; i++) {
        block[i] = iopt_tensor_get_i64(value, i);
        if (block[i] < 1)
            return iopt_fail(err, IOPT_INVALID_ARGUMENT, "the block shape '%s' has %lld",
                             node->node->name, (long long)block[i]);
    }
    return IOPT_OK;
}

static IoptStatus stretch(const IoptListNode *node, const int64_t *block, IoptTensor **out,
                          IoptError *err)
{
    const IoptTensor *filter;

    IOPT_TRY(iopt_gtt_value(node, &filter, err));
    if (filter->dtype != IOPT_F32 || filter->shape.rank != 4)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "the filter '%s' is %s, want float[h,w,c,n]",
                         node->node->name, iopt_tensor_text(filter).s);
    IoptShape shape = filter->shape;
    for (int i = 0; i < 2; i++) {
        if (shape.dim[i] < 1 || shape.dim[i] > INT32_MAX || block[i] > INT32_MAX)
            return iopt_fail(err, IOPT_INVALID_ARGUMENT, "the filter '%s' cannot be stretched: %s",
                             node->node->name, iopt_tensor_text(filter).s);
        shape.dim[i] = (shape.dim[i] - 1) * block[i] + 1;
    }
    size_t elems, bytes;
    if (iopt_tensor_size(IOPT_F32, &shape, &elems, &bytes, NULL) != IOPT_OK ||
        bytes > MAX_FILTER_BYTES)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "the filter '%s' would be %s, which is too large", node->node->name,
                         iopt_shape_text(&shape).s);
    IOPT_TRY(iopt_tensor_create(IOPT_F32, &shape, out, err));
    const size_t inner = (size_t)(shape.dim[2] * shape.dim[3]);
    const size_t width = (size_t)filter->shape.dim[1];
    for (size_t i = 0; inner && i < iopt_elems(filter) / inner; i++) {
        const size_t y = i / width * (size_t)block[0], x = i % width * (size_t)block[1];
        const size_t to = (y * (size_t)shape.dim[1] + x) * inner;
        memcpy(iopt_f32_mut(*out) + to, (const char *)filter->data + i * inner * sizeof(float),
               inner * sizeof(float)); /* the constant may be unaligned */
    }
    return IOPT_OK;
}

static IoptStatus add_conv(const Atrous *at, bool keep_ports, IoptNodeList *made, IoptError *err)
{
    static const char *const copied[] = { "T", "strides", "data_format", "use_cudnn_on_gpu" };
    const bool is_conv = iopt_is_op(at->conv->node, "Conv2D"); /* only it has the last of these */
    IoptListNode *node;

    IOPT_TRY(iopt_list_add(made, at->batch_to_space->node->name, at->conv->node->op, &node, err));
    node->node->device = at->conv->node->device;
    IOPT_TRY(iopt_list_add_input(
        node, keep_ports ? at->space_to_batch->inputs[0] : at->input->node->name, err));
    IOPT_TRY(iopt_list_add_input(node, at->filter->node->name, err));
    for (size_t i = 0; i < (is_conv ? 4 : 3); i++)
        IOPT_TRY(iopt_gtt_copy_attr(at->conv, copied[i], node, copied[i], err));
    return iopt_node_set_string(node->node, "padding", "SAME", err);
}

static IoptStatus generate(const IoptGttSite *site, void *user, IoptNodeList *made, IoptError *err)
{
    const Atrous at = nodes_of(site->match);
    IoptTensor *filter;
    IoptListNode *node;
    int64_t block[2] = { 1, 1 };
    const bool *const keep_ports = user;

    if (!site->context->strict_compat &&
        (!iopt_attr(at.block->node, "value") || !iopt_attr(at.filter->node, "value"))) {
        iopt_gtt_say(site->context, "'%s' stays: its filter or its block is no constant",
                     at.batch_to_space->node->name);
        return iopt_gtt_add_copies(made, site->nodes, site->n_nodes, err);
    }
    IOPT_TRY(read_block(at.block, block, err));
    IOPT_TRY(stretch(at.filter, block, &filter, err));
    IOPT_TRY(iopt_list_add_copy(made, at.input, &node, err));
    IOPT_TRY(iopt_gtt_add_const(made, at.filter->node->name, filter, &node, err));
    return add_conv(&at, *keep_ports, made, err);
}

static const IoptGttPattern space_inputs[] = { { .op = "*" }, { .op = "*" }, { .op = "*" } };
static const IoptGttPattern conv_inputs[] = { { "SpaceToBatchND", 3, space_inputs },
                                              { .op = "*" } };
static const IoptGttPattern batch_inputs[] = { { "Conv2D|DepthwiseConv2dNative", 2, conv_inputs },
                                               { .op = "*" },
                                               { .op = "*" } };
static const IoptGttPattern pattern = { "BatchToSpaceND", 3, batch_inputs };

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    bool keep_ports;
    const IoptGttRule rule = { .pattern = &pattern, .generate = generate, .user = &keep_ports };

    *out = NULL;
    IOPT_TRY(iopt_gtt_param_bool(context, "keep_ports", false, &keep_ports, err));
    return iopt_gtt_replace(in, context, &rule, out, err);
}

static const IoptTransformParam params[] = {
    { "keep_ports", "BOOL", "read the same output of the input's node as before (false); ours" },
    { 0 },
};

const IoptTransform iopt_transform_flatten_atrous_conv = {
    .name = "flatten_atrous_conv",
    .brief = "turn dilation by space-to-batch into stretched filters",
    .params = params,
    .run = run
};
