/* fold_old_batch_norms: a batch norm behind a convolution becomes scaled weights and a BiasAdd.
 *
 *   A  BN(Conv(x, W), ...)                       ->  BiasAdd(Conv(x, W'), b)
 *   B  BN(BatchToSpaceND(Conv(x, W), ...), ...)  ->  BatchToSpaceND(BiasAdd(Conv(x, W'), b), ...)
 *   C  BN(Concat(Conv(x, W), Conv(y, V)), ...)   ->  Concat(BiasAdd(Conv(...)), BiasAdd(...))
 *
 * BN is BatchNormWithGlobalNormalization or FusedBatchNorm, as TensorFlow's tool knows them, with
 * constant parameters.  Each form is looked for until it is found no more: matches do not overlap,
 * so that constants shared by two batch norms need two rounds.  A batch norm whose parameters are
 * used elsewhere stays, where TensorFlow's tool never returns, and so does one whose statistics are
 * read, which its tool cuts off.
 *
 *   exactness  rounding: products and sums are rounded at other places
 */
#include "base/compiler.h"
#include "passes/gtt/gtt_build.h"
#include "passes/gtt/gtt_copies.h"
#include "passes/gtt/gtt_names.h"
#include "passes/gtt/gtt_old_batch_norm.h"
#include "passes/gtt/gtt_params.h"
#include "passes/gtt/gtt_replace.h"
#include "passes/gtt/gtt_scale.h"
#include "passes/gtt/gtt_tensor_id.h"

static const char old_batch_norms[] = "BatchNormWithGlobalNormalization|FusedBatchNorm";
static const char all_batch_norms[] =
    "BatchNormWithGlobalNormalization|FusedBatchNorm|FusedBatchNormV2|FusedBatchNormV3";

static const IoptGttPattern conv_inputs[] = { { .op = "*" }, { .op = "Const" } };

#define CONV                                           \
    {                                                  \
        "Conv2D|DepthwiseConv2dNative", 2, conv_inputs \
    }
#define CONST         \
    {                 \
        .op = "Const" \
    }

static const IoptGttPattern after_conv[] = { CONV, CONST, CONST, CONST, CONST };

static const IoptGttPattern batches[] = { CONV, CONST, CONST };
static const IoptGttPattern after_batches[] = {
    { "BatchToSpaceND", 3, batches }, CONST, CONST, CONST, CONST
};

static const IoptGttPattern concat[] = { CONV, CONV, CONST };
static const IoptGttPattern after_concat[] = {
    { "ConcatV2|Concat", 3, concat }, CONST, CONST, CONST, CONST
};

/* --- one convolution ----------------------------------------------------------------------- */

static IoptStatus scaled_weights(const IoptGttMatch *conv, const IoptBatchNorm *norm,
                                 IoptTensor **out, IoptError *err)
{
    size_t columns = 0;

    IOPT_TRY(iopt_gtt_floats(conv->in[1].node, out, err));
    IoptStatus status = iopt_gtt_columns(conv->node, &(*out)->shape, &columns, err);
    if (status == IOPT_OK && columns != norm->channels)
        status = iopt_fail(err, IOPT_INVALID_ARGUMENT,
                           "%s '%s': the batch norm behind it scales %zu channels; it has %zu",
                           conv->node->node->op, conv->node->node->name, norm->channels, columns);
    if (status != IOPT_OK) {
        iopt_tensor_destroy(*out);
        *out = NULL;
        return status;
    }
    iopt_gtt_scale(*out, norm->scale, columns);
    return IOPT_OK;
}

static IoptStatus add_bias(const IoptListNode *conv, const IoptBatchNorm *norm, const char *name,
                           IoptNodeList *made, IoptError *err)
{
    const IoptShape shape = iopt_shape(1, (const int64_t[]){ (int64_t)norm->channels });
    const char *const offset =
        iopt_arena_printf(made->carrier->arena, "%s_bn_offset", conv->node->name);
    IoptTensor *values;
    IoptListNode *node;

    if (!offset)
        return iopt_fail_memory(err, strlen(conv->node->name));
    IOPT_TRY(iopt_tensor_create(IOPT_F32, &shape, &values, err));
    if (values->bytes)
        memcpy(values->data, norm->offset, values->bytes);
    IOPT_TRY(iopt_gtt_add_const(made, offset, values, &node, err));
    IOPT_TRY(iopt_list_add(made, name, "BiasAdd", &node, err));
    if (iopt_attr(conv->node, "data_format"))
        IOPT_TRY(iopt_gtt_copy_attr(conv, "data_format", node, "data_format", err));
    IOPT_TRY(iopt_gtt_copy_attr(conv, "T", node, "T", err));
    IOPT_TRY(iopt_list_add_input(node, conv->node->name, err));
    return iopt_list_add_input(node, offset, err);
}

/* Weights, input, convolution, offsets and their BiasAdd, called `name`.  An input that two
 * convolutions have in common is there once; TensorFlow's tool makes two of it, of one name. */
static IoptStatus fold_into(const IoptGttMatch *conv, const IoptBatchNorm *norm, const char *name,
                            const IoptTransformContext *context, IoptNodeList *made, IoptError *err)
{
    const IoptListNode *const input = conv->in[0].node;
    IoptTensor *weights;
    IoptListNode *node;

    IOPT_TRY(scaled_weights(conv, norm, &weights, err));
    IOPT_TRY(iopt_gtt_add_const(made, conv->in[1].node->node->name, weights, &node, err));
    if (context->strict_compat)
        IOPT_TRY(iopt_list_add_copy(made, input, &node, err));
    else
        IOPT_TRY(iopt_gtt_add_copies(made, &input, 1, err));
    IOPT_TRY(iopt_list_add_copy(made, conv->node, &node, err));
    return add_bias(conv->node, norm, name, made, err);
}

/* --- the three forms ----------------------------------------------------------------------- */

typedef IoptStatus (*Fold)(const IoptGttSite *site, const IoptBatchNorm *norm, IoptNodeList *made,
                           IoptError *err);

static IoptStatus fold_conv(const IoptGttSite *site, const IoptBatchNorm *norm, IoptNodeList *made,
                            IoptError *err)
{
    const char *const name = site->match->node->node->name;

    return fold_into(&site->match->in[0], norm, name, site->context, made, err);
}

static IoptStatus fold_batches(const IoptGttSite *site, const IoptBatchNorm *norm,
                               IoptNodeList *made, IoptError *err)
{
    const IoptGttMatch *const to_space = &site->match->in[0], *const conv = &to_space->in[0];
    const IoptListNode *const kept[] = { to_space->in[1].node, to_space->in[2].node };
    const char *const bias =
        iopt_arena_printf(made->carrier->arena, "%s/biasadd", conv->node->node->name);
    IoptListNode *node;

    if (!bias)
        return iopt_fail_memory(err, strlen(conv->node->node->name));
    IOPT_TRY(fold_into(conv, norm, bias, site->context, made, err));
    IOPT_TRY(iopt_gtt_add_copies(made, kept, IOPT_COUNT(kept), err));
    IOPT_TRY(iopt_list_add_copy(made, to_space->node, &node, err));
    IOPT_TRY(iopt_list_set_name(node, site->match->node->node->name, err));
    return iopt_list_set_input(node, 0, bias, err);
}

/* Which channels each of two concatenated convolutions gets: its own on the channel axis, else
 * all of them. */
static IoptStatus split_channels(const IoptGttMatch *joined, const IoptBatchNorm *norm,
                                 IoptBatchNorm half[2], IoptError *err)
{
    const IoptTensor *axis, *weights;
    size_t first;

    half[0] = half[1] = *norm;
    IOPT_TRY(iopt_gtt_value(joined->in[2].node, &axis, err));
    if (axis->dtype != IOPT_I32 || iopt_elems(axis) < 1)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "%s '%s': want an int32 axis; got %s",
                         joined->node->node->op, joined->node->node->name,
                         iopt_tensor_text(axis).s);
    int32_t value;
    memcpy(&value, axis->data, sizeof value);
    if (value != 3)
        return IOPT_OK;
    IOPT_TRY(iopt_gtt_value(joined->in[0].in[1].node, &weights, err));
    if (weights->shape.rank != 4 || (first = (size_t)weights->shape.dim[3]) > norm->channels)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "%s '%s': its weights are %s, the batch norm behind it has %zu channels",
                         joined->in[0].node->node->op, joined->in[0].node->node->name,
                         iopt_shape_text(&weights->shape).s, norm->channels);
    half[0].channels = first;
    half[1].channels = norm->channels - first;
    half[1].scale += first;
    half[1].offset += first;
    return IOPT_OK;
}

static IoptStatus fold_concat(const IoptGttSite *site, const IoptBatchNorm *norm,
                              IoptNodeList *made, IoptError *err)
{
    const IoptGttMatch *const joined = &site->match->in[0];
    const char *const name = joined->node->node->name;
    IoptBatchNorm half[2];
    IoptListNode *node;

    if (iopt_is_op(joined->node->node, "Concat"))
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "Concat '%s': want its axis first", name);
    IOPT_TRY(split_channels(joined, norm, half, err));
    const char *biases[2];
    for (int i = 0; i < 2; i++) {
        biases[i] = iopt_arena_printf(made->carrier->arena, "%s_bn_in%d", name, i);
        if (!biases[i])
            return iopt_fail_memory(err, strlen(name));
        IOPT_TRY(fold_into(&joined->in[i], &half[i], biases[i], site->context, made, err));
    }
    IOPT_TRY(iopt_gtt_add_copies(made, &joined->in[2].node, 1, err));
    IOPT_TRY(iopt_list_add_copy(made, joined->node, &node, err));
    IOPT_TRY(iopt_list_set_name(node, site->match->node->node->name, err));
    IOPT_TRY(iopt_list_set_input(node, 0, biases[0], err));
    return iopt_list_set_input(node, 1, biases[1], err);
}

/* --- rounds -------------------------------------------------------------------------------- */

typedef struct Stage {
    const IoptGttPattern *inputs; /* of the batch norm */
    Fold fold;
} Stage;

static const Stage stages[] = {
    { after_conv, fold_conv },
    { after_batches, fold_batches },
    { after_concat, fold_concat },
};

typedef struct Options {
    bool all_versions, protect_outputs;
} Options;

typedef struct Round {
    const Stage *stage;
    const Options *options;
    const IoptNodeList *list;
    bool found;
} Round;

/* Whether one node plays two parts, so that it cannot be scaled for each of them. */
static bool is_entangled(const IoptGttMatch *match)
{
    const IoptGttMatch *const joined = &match->in[0];
    const bool two = joined->n_in == 3 && joined->in[1].n_in == 2;
    const IoptGttMatch *const conv = joined->in[0].n_in ? &joined->in[0] : joined;
    const IoptListNode *const weights = conv->in[1].node;

    if (conv->in[0].node == weights)
        return true;
    if (!two)
        return false;
    const IoptGttMatch *const other = &joined->in[1];
    return other->node == conv->node || other->in[1].node == weights ||
           other->in[0].node == weights || other->in[0].node == other->in[1].node ||
           conv->in[0].node == other->in[1].node;
}

/* Whether somebody reads another value of the batch norm than the first. */
static bool statistics_are_used(const IoptNodeList *list, const char *norm)
{
    for (size_t i = 0; i < list->n_nodes; i++)
        for (size_t k = 0; k < list->nodes[i]->n_inputs; k++) {
            const IoptTensorId id = iopt_tensor_id(list->nodes[i]->inputs[k]);
            if (id.port > 0 && iopt_tensor_id_names(id, norm))
                return true;
        }
    return false;
}

/* Whether a node of the match is only what a convolution reads: it stays as it is. */
static bool is_conv_input(const IoptGttMatch *match, const IoptListNode *node)
{
    const IoptGttMatch *const joined = &match->in[0];

    if (joined->in[0].n_in == 0)
        return joined->in[0].node == node;
    for (size_t i = 0; i < joined->n_in; i++)
        if (joined->in[i].n_in && joined->in[i].in[0].node == node)
            return true;
    return false;
}

/* TensorFlow's tool does not ask; those who want every version folded do. */
static const char *reason_to_keep(const IoptGttSite *site, const Round *round)
{
    const IoptTransformContext *const context = site->context;
    const IoptNode *const norm = site->match->node->node;

    if (is_entangled(site->match))
        return "one node plays two parts before it";
    for (size_t i = 0; i < site->n_nodes && round->options->protect_outputs; i++)
        if (site->nodes[i] != site->match->node && !is_conv_input(site->match, site->nodes[i]) &&
            iopt_gtt_contains_node(context->outputs, context->n_outputs,
                                   site->nodes[i]->node->name))
            return "a part of it is an output";
    if (statistics_are_used(round->list, norm->name)) { /* by nodes that would read nothing */
        if (!context->strict_compat)
            return "its statistics are used";
        iopt_gtt_say(context, "strict: who reads the statistics of '%s' reads nothing now",
                     norm->name);
    }
    if (round->options->all_versions &&
        iopt_attr_bool(norm, "is_training", !iopt_op_in(norm->op, old_batch_norms)))
        return "it is in training";
    return NULL;
}

static IoptStatus generate(const IoptGttSite *site, void *user, IoptNodeList *made, IoptError *err)
{
    Round *const round = user;
    const IoptGttMatch *const match = site->match;
    IoptBatchNorm norm;

    round->found = true;
    const char *const reason = reason_to_keep(site, round);
    if (reason) {
        iopt_gtt_say(site->context, "%s '%s' is not folded: %s", match->node->node->op,
                     match->node->node->name, reason);
        return iopt_gtt_add_copies(made, site->nodes, site->n_nodes, err);
    }
    IOPT_TRY(iopt_gtt_read_batch_norm(match, &norm, err));
    const IoptStatus status = round->stage->fold(site, &norm, made, err);
    iopt_gtt_free_batch_norm(&norm);
    return status;
}

static size_t count_batch_norms(const IoptNodeList *list, const char *ops)
{
    size_t count = 0;

    for (size_t i = 0; i < list->n_nodes; i++)
        count += iopt_op_in(list->nodes[i]->node->op, ops);
    return count;
}

/* Folds until nothing is found, or until nothing changes any more.  *list is replaced. */
static IoptStatus run_stage(const Stage *stage, const Options *options,
                            const IoptTransformContext *context, IoptNodeList **list,
                            IoptError *err)
{
    const char *const ops = options->all_versions ? all_batch_norms : old_batch_norms;
    const IoptGttPattern pattern = { ops, 5, stage->inputs };

    for (;;) {
        Round round = { .stage = stage, .options = options, .list = *list };
        const IoptGttRule rule = { .pattern = &pattern, .generate = generate, .user = &round };
        IoptNodeList *next;
        const size_t before = count_batch_norms(*list, ops);
        IOPT_TRY(iopt_gtt_replace(*list, context, &rule, &next, err));
        iopt_list_destroy(*list);
        *list = next;
        if (!round.found)
            return IOPT_OK;
        if (count_batch_norms(next, ops) < before)
            continue;
        if (context->strict_compat)
            return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                             "batch norms that share their parameters: TensorFlow's tool would try "
                             "to fold them for ever");
        return IOPT_OK;
    }
}

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    Options options;

    *out = NULL;
    IOPT_TRY(iopt_gtt_param_bool(context, "all_versions", false, &options.all_versions, err));
    IOPT_TRY(iopt_gtt_param_bool(context, "protect_outputs", false, &options.protect_outputs, err));
    IoptStatus status = iopt_list_clone(in, out, err);
    for (size_t i = 0; i < IOPT_COUNT(stages) && status == IOPT_OK; i++)
        status = run_stage(&stages[i], &options, context, out, err);
    if (status != IOPT_OK) {
        iopt_list_destroy(*out);
        *out = NULL;
    }
    return status;
}

static const IoptTransformParam params[] = {
    { "all_versions", "BOOL", "fold FusedBatchNormV2 and V3, too, none in training (false); ours" },
    { "protect_outputs", "BOOL", "leave what has an output in it (false); ours" },
    { 0 },
};

const IoptTransform iopt_transform_fold_old_batch_norms = {
    .name = "fold_old_batch_norms",
    .brief = "make scaled weights and a BiasAdd of a batch norm behind a convolution",
    .params = params,
    .run = run
};
