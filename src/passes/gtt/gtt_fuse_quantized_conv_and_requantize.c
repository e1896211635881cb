/* fuse_quantized_conv_and_requantize: Requantize(QuantizedConv2D...(x), min, max)
 *                                       ->  QuantizedConv2D...AndRequantize(x, min, max)
 *
 * for the convolutions of TensorFlow's MKL builds, with a bias, an addition and a Relu in them.
 * Then, where codes come straight from such a convolution, the bias becomes codes as well.
 *
 *   in      x, filter, [bias], ranges of x and filter, [summand]
 *   source  the transform of this name in TensorFlow 1.13 with MKL
 */
#include <math.h>
#include <stdlib.h>

#include "base/compiler.h"
#include "base/text.h"
#include "passes/gtt/gtt_build.h"
#include "passes/gtt/gtt_names.h"
#include "passes/gtt/gtt_replace.h"
#include "passes/gtt/gtt_scale.h"
#include "tensor/tensor.h"

#define WITH_SUM "QuantizedConv2DWithBiasSumAndRelu"
#define SIGNED_SUM "QuantizedConv2DWithBiasSignedSumAndReluAndRequantize"
#define CONVS                                                          \
    "QuantizedConv2D|QuantizedConv2DWithBias|QuantizedConv2DWithRelu|" \
    "QuantizedConv2DWithBiasAndRelu|" WITH_SUM

/* Inputs of a fused convolution with a bias. */
enum { CODES, FILTER, BIAS, X_MIN, X_MAX, FILTER_MIN, FILTER_MAX, OUT_MIN, OUT_MAX };

/* --- the convolution and the Requantize ------------------------------------------------------ */

static const IoptListNode *source_of(const IoptMap *index, const IoptListNode *node, size_t i)
{
    return i < node->n_inputs ? iopt_gtt_source(index, node->inputs[i]) : NULL;
}

/* The node whose codes the summand is: in front of a Dequantize, its source. */
static const IoptListNode *summand_of(const IoptMap *index, const IoptListNode *conv)
{
    const IoptListNode *const last =
        conv->n_inputs ? source_of(index, conv, conv->n_inputs - 1) : NULL;

    return last && iopt_is_op(last->node, "Dequantize") ? source_of(index, last, 0) : last;
}

/* Whether codes of this node, or of the convolution that it requantizes, may be negative. */
static bool is_signed(const IoptMap *index, const IoptListNode *summand)
{
    const IoptListNode *const from =
        iopt_is_op(summand->node, "Requantize") ? source_of(index, summand, 0) : summand;

    return from && iopt_has_prefix(from->node->op, "QuantizedConv2D") &&
           !strstr(from->node->op, "Relu");
}

static IoptStatus add_summand(const IoptMap *index, const IoptListNode *conv, IoptListNode *fused,
                              IoptError *err)
{
    const IoptListNode *const summand = summand_of(index, conv);

    if (!summand)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "%s '%s' has no summand", conv->node->op,
                         conv->node->name);
    const bool negative = is_signed(index, summand);
    IOPT_TRY(iopt_list_add_input(fused, summand->node->name, err));
    IOPT_TRY(iopt_gtt_add_inputf(fused, err, "%s:1", summand->node->name));
    IOPT_TRY(iopt_gtt_add_inputf(fused, err, "%s:2", summand->node->name));
    if (negative)
        IOPT_TRY(iopt_list_set_op(fused, SIGNED_SUM, err));
    return iopt_node_set_type(fused->node, "Tsummand", negative ? IOPT_QI8 : IOPT_QU8, err);
}

static IoptStatus copy_attrs(const IoptListNode *conv, IoptListNode *fused, IoptError *err)
{
    static const char *const kept[] = { "Tinput", "Tfilter", "strides", "padding" };

    for (size_t i = 0; i < IOPT_COUNT(kept); i++)
        IOPT_TRY(iopt_gtt_copy_attr(conv, kept[i], fused, kept[i], err));
    if (iopt_attr(conv->node, "dilations"))
        IOPT_TRY(iopt_gtt_copy_attr(conv, "dilations", fused, "dilations", err));
    return iopt_node_set_type(fused->node, "out_type",
                              strstr(conv->node->op, "Relu") ? IOPT_QU8 : IOPT_QI8, err);
}

/* `user` is the index of the list. */
static IoptStatus generate(const IoptGttSite *site, void *user, IoptNodeList *made, IoptError *err)
{
    const IoptListNode *const conv = site->match->in[0].node;
    const IoptListNode *const min = site->match->in[3].node, *const max = site->match->in[4].node;
    const bool sums = iopt_is_op(conv->node, WITH_SUM);
    const char *const op =
        iopt_arena_printf(made->carrier->arena, "%sAndRequantize", conv->node->op);
    const size_t n_inputs = conv->n_inputs - (sums && conv->n_inputs != 0);
    IoptListNode *fused, *copy;

    if (!op)
        return iopt_fail_memory(err, strlen(conv->node->op));
    IOPT_TRY(iopt_list_add(made, site->match->node->node->name, op, &fused, err));
    IOPT_TRY(copy_attrs(conv, fused, err));
    for (size_t i = 0; i < n_inputs; i++)
        IOPT_TRY(iopt_list_add_input(fused, conv->inputs[i], err));
    IOPT_TRY(iopt_list_add_input(fused, min->node->name, err));
    IOPT_TRY(iopt_list_add_input(fused, max->node->name, err));
    if (sums)
        IOPT_TRY(add_summand(user, conv, fused, err));
    IOPT_TRY(iopt_list_add_copy(made, min, &copy, err));
    return iopt_list_add_copy(made, max, &copy, err);
}

static IoptStatus fuse(const IoptNodeList *in, const IoptTransformContext *context,
                       IoptNodeList **out, IoptError *err)
{
    static const IoptGttPattern conv = { .op = CONVS }, constant = { .op = "Const" };
    const IoptGttPattern inputs[] = { conv, conv, conv, constant, constant };
    const IoptGttPattern pattern = { "Requantize", 5, inputs };
    IoptMap index = { 0 };

    IOPT_TRY(iopt_gtt_index(in, &index, err));
    const IoptGttRule rule = { .pattern = &pattern, .generate = generate, .user = &index };
    const IoptStatus status = iopt_gtt_replace(in, context, &rule, out, err);
    iopt_map_free(&index);
    return status;
}

/* --- the bias as codes ----------------------------------------------------------------------- */

/* The float that input `i` is, which is a constant. */
static IoptStatus read_scalar(const IoptMap *index, const IoptListNode *node, size_t i, float *out,
                              IoptError *err)
{
    const IoptListNode *const constant = source_of(index, node, i);
    IoptTensor *value;

    if (!constant || !iopt_is_op(constant->node, "Const"))
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "%s '%s': want a constant as input %zu",
                         node->node->op, node->node->name, i);
    IOPT_TRY(iopt_gtt_floats(constant, &value, err));
    const bool any = iopt_elems(value) != 0;
    *out = any ? iopt_f32(value)[0] : 0;
    iopt_tensor_destroy(value);
    if (!any)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "Const '%s': want a number; got none",
                         constant->node->name);
    return IOPT_OK;
}

/* Codes per one of the sums that a bias is added to. */
static IoptStatus bias_scale(const IoptMap *index, const IoptListNode *conv,
                             const IoptListNode *producer, float *out, IoptError *err)
{
    float x_min, x_max, filter_min, filter_max;

    IOPT_TRY(read_scalar(index, producer, OUT_MIN, &x_min, err));
    IOPT_TRY(read_scalar(index, producer, OUT_MAX, &x_max, err));
    IOPT_TRY(read_scalar(index, conv, FILTER_MIN, &filter_min, err));
    IOPT_TRY(read_scalar(index, conv, FILTER_MAX, &filter_max, err));
    const float x = fmaxf(fabsf(x_max), fabsf(x_min));
    const float filter = fmaxf(fabsf(filter_max), fabsf(filter_min));
    *out = (float)(255.0 * 127.0 / (double)(x * filter));
    return IOPT_OK;
}

static int32_t truncate(float x)
{
    return x >= -0x1p31f && x < 0x1p31f ? (int32_t)x : INT32_MIN;
}

/* Changes a constant of floats into one of qint32. */
static IoptStatus quantize_bias(IoptListNode *bias, float scale, IoptError *err)
{
    IoptTensor *floats, *codes;

    IOPT_TRY(iopt_gtt_floats(bias, &floats, err));
    const IoptStatus status = iopt_tensor_create(IOPT_QI32, &floats->shape, &codes, err);
    if (status == IOPT_OK)
        for (size_t i = 0; i < iopt_elems(floats); i++)
            ((int32_t *)codes->data)[i] = truncate(iopt_f32(floats)[i] * scale);
    iopt_tensor_destroy(floats);
    IOPT_TRY(status);
    IOPT_TRY(iopt_node_set_tensor(bias->node, "value", codes, err));
    return iopt_node_set_type(bias->node, "dtype", IOPT_QI32, err);
}

static bool is_only_reader(const IoptNodeList *list, const IoptListNode *reader,
                           const IoptListNode *of)
{
    size_t uses = 0;

    for (size_t i = 0; i < list->n_nodes; i++)
        for (size_t k = 0; k < list->nodes[i]->n_inputs; k++)
            uses += iopt_gtt_names(list->nodes[i]->inputs[k], of->node->name);
    return uses == 1 && reader->n_inputs > BIAS &&
           iopt_gtt_names(reader->inputs[BIAS], of->node->name);
}

static IoptStatus set_bias(const IoptNodeList *list, const IoptMap *index, IoptListNode *conv,
                           IoptError *err)
{
    const IoptListNode *const producer = source_of(index, conv, CODES);
    IoptListNode *const bias =
        conv->n_inputs > BIAS ? iopt_gtt_source(index, conv->inputs[BIAS]) : NULL;
    float scale;

    /* A bias that others read as floats stays one. */
    if (!producer || !bias || !iopt_is_op(bias->node, "Const") ||
        !iopt_has_prefix(producer->node->op, "QuantizedConv2D") ||
        !iopt_has_suffix(producer->node->op, "AndRequantize") || producer->n_inputs <= OUT_MAX ||
        !is_only_reader(list, conv, bias))
        return iopt_node_set_type(conv->node, "Tbias", IOPT_F32, err);
    IOPT_TRY(bias_scale(index, conv, producer, &scale, err));
    IOPT_TRY(quantize_bias(bias, scale, err));
    return iopt_node_set_type(conv->node, "Tbias", IOPT_QI32, err);
}

static IoptStatus set_biases(const IoptNodeList *list, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptMap index = { 0 };

    IOPT_TRY(iopt_gtt_index(list, &index, err));
    for (size_t i = 0; i < list->n_nodes; i++) {
        const char *const op = list->nodes[i]->node->op;
        if (iopt_has_prefix(op, "QuantizedConv2DWithBias") && iopt_has_suffix(op, "AndRequantize"))
            IOPT_DO(set_bias(list, &index, list->nodes[i], err));
    }
done:
    iopt_map_free(&index);
    return status;
}

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    IOPT_TRY(fuse(in, context, out, err));
    const IoptStatus status = set_biases(*out, err);
    if (status != IOPT_OK) {
        iopt_list_destroy(*out);
        *out = NULL;
    }
    return status;
}

const IoptTransform iopt_transform_fuse_quantized_conv_and_requantize = {
    .name = "fuse_quantized_conv_and_requantize",
    .brief = "let MKL's quantized convolutions give eight-bit codes at once",
    .historic = true,
    .run = run
};
