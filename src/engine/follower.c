/* Followers: ops that are one factor, one summand and one clamp per channel, by constants. */
#include <math.h>

#include "engine/follower.h"

/* Whether input `slot` is a known value of one element or of one for each of the last axis. */
static bool is_channel_constant(const IoptNode *node, size_t slot)
{
    const IoptFact fact = iopt_fact_at(node->in[slot]);
    const IoptShape *out = &node->facts[0].shape;
    size_t elems;

    if (!fact.value || fact.dtype != IOPT_F32 || !iopt_shape_elems(&fact.shape, &elems))
        return false;
    if (elems == 1)
        return fact.shape.rank <= out->rank;
    return out->rank >= 1 && fact.shape.rank >= 1 && fact.shape.rank <= out->rank &&
           fact.shape.dim[fact.shape.rank - 1] == out->dim[out->rank - 1] &&
           elems == (size_t)out->dim[out->rank - 1];
}

/* Whether input `slot` is the float value that the others are applied to. */
static bool is_subject(const IoptNode *node, size_t slot)
{
    const IoptFact fact = iopt_fact_at(node->in[slot]);

    return fact.dtype == IOPT_F32 && !fact.value && node->facts[0].dtype == IOPT_F32 &&
           iopt_shape_equal(&fact.shape, &node->facts[0].shape);
}

static bool is_nhwc(const IoptNode *node)
{
    return iopt_attr_string(node, "data_format", "NHWC")[1] == 'H';
}

static bool is_batch_norm(const IoptNode *node)
{
    if (iopt_is_op(node, "BatchNormWithGlobalNormalization"))
        return node->n_in == 5;
    return iopt_op_in(node->op, "FusedBatchNorm|FusedBatchNormV2|FusedBatchNormV3") &&
           node->n_in == 5 && is_nhwc(node) && !iopt_attr_bool(node, "is_training", true);
}

static bool others_are_constant(const IoptNode *node)
{
    for (size_t i = 1; i < node->n_in; i++)
        if (!is_channel_constant(node, i))
            return false;
    return true;
}

/* Whether nobody reads another output than the first. */
static bool others_are_unused(const IoptNode *node)
{
    for (size_t i = 0; i < node->n_uses; i++) {
        const IoptUse *const use = &node->uses[i];
        if (use->slot != IOPT_CONTROL && use->node->in[use->slot].port != 0)
            return false;
    }
    for (size_t i = 0; i < node->graph->n_outputs; i++)
        if (node->graph->outputs[i].node == node && node->graph->outputs[i].port != 0)
            return false;
    return true;
}

/* Division by powers of two is multiplication; any other divisor would round differently. */
static bool divides_exactly(const IoptNode *node)
{
    const IoptTensor *const divisor = iopt_fact_at(node->in[1]).value;

    if (!is_channel_constant(node, 1))
        return false;
    for (size_t i = 0; i < iopt_elems(divisor); i++) {
        int exponent;
        const double fraction = frexp(iopt_tensor_get_f64(divisor, i), &exponent);
        if (fabs(fraction) != 0.5 || exponent < -120 || exponent > 120)
            return false;
    }
    return true;
}

bool iopt_follower_of(const IoptNode *node, IoptFollower *out)
{
    *out = (IoptFollower){ .lo = -INFINITY, .hi = INFINITY };
    if (node->n_in == 0 || node->n_out == 0)
        return false;
    if (node->n_in == 1 && is_subject(node, 0)) {
        out->clamps = iopt_op_in(node->op, "Relu|Relu6");
        if (out->clamps) {
            out->lo = 0;
            out->hi = iopt_is_op(node, "Relu6") ? 6 : INFINITY;
        }
        return out->clamps || iopt_op_in(node->op, "Identity|Snapshot|StopGradient");
    }
    if (is_batch_norm(node)) {
        out->scales = out->shifts = true;
        return is_subject(node, 0) && others_are_constant(node) && others_are_unused(node);
    }
    if (iopt_op_in(node->op, "BiasAdd|BiasAddV1")) {
        out->shifts = true;
        return is_nhwc(node) && is_subject(node, 0) && is_channel_constant(node, 1);
    }
    if (iopt_is_op(node, "RealDiv")) {
        out->scales = true;
        return is_subject(node, 0) && divides_exactly(node);
    }
    if (node->n_in != 2 || !iopt_op_in(node->op, "Add|AddV2|Sub|Mul"))
        return false;
    out->slot = is_subject(node, 0) ? 0 : 1;
    out->scales = iopt_is_op(node, "Mul") || (iopt_is_op(node, "Sub") && out->slot == 1);
    out->shifts = !iopt_is_op(node, "Mul");
    return is_subject(node, out->slot) && is_channel_constant(node, 1 - out->slot);
}

/* Element `c` of a constant of one element or of one per channel. */
static double constant_at(const IoptNode *node, size_t slot, size_t c)
{
    const IoptTensor *tensor = iopt_fact_at(node->in[slot]).value;

    return iopt_tensor_get_f64(tensor, iopt_elems(tensor) == 1 ? 0 : c);
}

/* The factor and the summand of a batch norm. */
static void batch_norm(const IoptNode *node, size_t c, double *scale, double *shift)
{
    const bool old = iopt_is_op(node, "BatchNormWithGlobalNormalization");
    const double epsilon =
        (double)iopt_attr_float(node, old ? "variance_epsilon" : "epsilon", 0.0001F);
    const size_t gamma = old ? 4 : 1, beta = old ? 3 : 2, mean = old ? 1 : 3,
                 variance = old ? 2 : 4;

    *scale = 1 / sqrt(constant_at(node, variance, c) + epsilon);
    if (!old || iopt_attr_bool(node, "scale_after_normalization", true))
        *scale *= constant_at(node, gamma, c);
    *shift = constant_at(node, beta, c) - constant_at(node, mean, c) * *scale;
}

void iopt_follower_apply(const IoptNode *node, const IoptFollower *follower, size_t channels,
                         double *scale, double *shift)
{
    for (size_t c = 0; c < channels; c++) {
        double factor = 1, summand = 0;

        if (!follower->scales && !follower->shifts)
            return;
        if (is_batch_norm(node))
            batch_norm(node, c, &factor, &summand);
        else if (iopt_is_op(node, "Mul"))
            factor = constant_at(node, 1 - follower->slot, c);
        else if (iopt_is_op(node, "RealDiv"))
            factor = 1 / constant_at(node, 1, c);
        else
            summand = constant_at(node, 1 - follower->slot, c);
        if (iopt_is_op(node, "Sub")) {
            factor = follower->slot == 0 ? 1 : -1;
            summand *= follower->slot == 0 ? -1 : 1;
        }
        scale[c] *= factor;
        shift[c] = shift[c] * factor + summand;
    }
}

IoptNode *iopt_sole_reader(const IoptNode *node)
{
    const IoptUse *reader = NULL;

    for (size_t i = 0; i < node->graph->n_outputs; i++)
        if (node->graph->outputs[i].node == node)
            return NULL;
    for (size_t i = 0; i < node->n_uses; i++) {
        if (node->uses[i].slot == IOPT_CONTROL)
            continue;
        if (reader)
            return NULL;
        reader = &node->uses[i];
    }
    return reader && reader->node->in[reader->slot].port == 0 ? reader->node : NULL;
}
