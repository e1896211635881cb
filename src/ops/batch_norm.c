/* FusedBatchNorm, V2, V3: y = (x - mean) / sqrt(variance + epsilon) * scale + offset, per channel
 *
 *   in      x [N, H, W, C] or, by attribute data_format, [N, C, H, W] (V3 also with depth); scale,
 *           offset, mean, variance [C], float.  With is_training (true) mean and variance are those
 *           of x, and the inputs may be empty
 *   out     y, like x; mean and variance [C] (training: moving ones, by exponential_avg_factor,
 *           the variance over N - 1); two more [C] for the gradient, and a scalar in V3
 *   exact   computed in double, rounded once.  At inference only y is defined in TensorFlow
 *   source  TensorFlow ops "FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"
 *
 * BatchNormWithGlobalNormalization: the same with the inputs t, mean, variance, beta, gamma and
 * attributes variance_epsilon, scale_after_normalization.
 */
#include "ops/batch_norm.h"

#include <math.h>

IoptNormalizer iopt_normalizer(double mean, double variance, double scale, double offset,
                               double epsilon)
{
    return (IoptNormalizer){ mean, scale / sqrt(variance + epsilon), offset };
}

static IoptStatus channel_axis(const IoptNode *node, int rank, int *axis, IoptError *err)
{
    const char *const format = iopt_attr_string(node, "data_format", "NHWC");
    const bool first = strcmp(format, "NCHW") == 0 || strcmp(format, "NCDHW") == 0;

    if (!first && strcmp(format, "NHWC") != 0 && strcmp(format, "NDHWC") != 0)
        return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': want data_format NHWC or NCHW; got '%s'",
                         node->op, node->name, format);
    *axis = first ? 1 : rank - 1;
    return IOPT_OK;
}

/* in[first .. last] are vectors of x's channels; in training the moments may be empty. */
static IoptStatus check_vectors(const IoptNode *node, const IoptFact *in, int first, int last,
                                int64_t *channels, int may_be_empty_from, IoptError *err)
{
    for (int i = first; i <= last; i++) {
        const IoptShape *const shape = &in[i].shape;
        if (shape->rank >= 0 && shape->rank != 1)
            return iopt_bad_inputs(node, in, err, "x and four vectors [C]");
        if (shape->rank < 0 || (i >= may_be_empty_from && shape->dim[0] == 0))
            continue;
        if (!iopt_dims_agree(*channels, shape->dim[0]))
            return iopt_bad_inputs(node, in, err, "x and four vectors [C], C = %lld",
                                   (long long)*channels);
        if (*channels < 0)
            *channels = shape->dim[0];
    }
    return IOPT_OK;
}

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    const bool training = iopt_attr_bool(node, "is_training", true);
    const IoptShape *const x = &in[0].shape;
    const size_t n_out = iopt_node_n_out(node);
    int64_t channels = -1;
    int axis;

    IOPT_TRY(channel_axis(node, x->rank, &axis, err));
    if (x->rank >= 0 && x->rank != 4 && (n_out < 6 || x->rank != 5))
        return iopt_bad_inputs(node, in, err, "x of rank 4");
    for (int i = 1; i < 5; i++)
        if (in[i].dtype && in[i].dtype != IOPT_F32)
            return iopt_bad_inputs(node, in, err, "x and four float vectors");
    if (x->rank >= 0)
        channels = x->dim[axis];
    IOPT_TRY(check_vectors(node, in, 1, 4, &channels, training ? 3 : 5, err));
    out[0] = iopt_fact(in[0].dtype, *x);
    if (x->rank >= 0)
        out[0].shape.dim[axis] = channels;
    for (int i = 1; i < 5; i++)
        out[i] = iopt_fact(IOPT_F32, iopt_shape(1, &channels));
    if (n_out == 6)
        out[5] = iopt_fact(IOPT_F32, iopt_shape_scalar());
    return IOPT_OK;
}

/* One channel of x: `blocks` runs of `inner` neighbours, `stride` apart. */
typedef struct Channel {
    size_t start, blocks, inner, stride;
} Channel;

static size_t place(const Channel *c, size_t i)
{
    return c->start + i / c->inner * c->stride + i % c->inner;
}

typedef struct Moments {
    double mean, variance, count; /* the variance over `count` */
} Moments;

static Moments moments_of(const IoptTensor *x, const Channel *c)
{
    const size_t n = c->blocks * c->inner;
    Moments m = { .count = (double)n };

    for (size_t i = 0; i < n; i++)
        m.mean += iopt_tensor_get_f64(x, place(c, i));
    m.mean /= m.count;
    for (size_t i = 0; i < n; i++) {
        const double difference = iopt_tensor_get_f64(x, place(c, i)) - m.mean;
        m.variance += difference * difference;
    }
    m.variance /= m.count;
    return m;
}

/* Outputs 1 to 4 of a training step. */
static void store_moments(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                          size_t channel, const Moments *m)
{
    const double factor = (double)iopt_attr_float(node, "exponential_avg_factor", 1.0f);
    const double sample = m->variance * m->count / (m->count > 1 ? m->count - 1 : 1);
    const bool moving = factor != 1 && iopt_elems(in[3]) > 0 && iopt_elems(in[4]) > 0;
    const double keep = moving ? 1 - factor : 0;
    const double mean =
        moving ? keep * iopt_tensor_get_f64(in[3], channel) + factor * m->mean : m->mean;
    const double variance =
        moving ? keep * iopt_tensor_get_f64(in[4], channel) + factor * sample : sample;

    iopt_tensor_set_f64(out[1], channel, mean);
    iopt_tensor_set_f64(out[2], channel, variance);
    iopt_tensor_set_f64(out[3], channel, m->mean);
    iopt_tensor_set_f64(out[4], channel, m->variance);
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const bool training = iopt_attr_bool(node, "is_training", true);
    const double epsilon = (double)iopt_attr_float(node, "epsilon", 0.0001f);
    const IoptShape *const x = &in[0]->shape;
    Channel c = { .inner = 1 };
    int axis;

    IOPT_TRY(channel_axis(node, x->rank, &axis, err));
    for (int i = axis + 1; i < x->rank; i++)
        c.inner *= (size_t)x->dim[i];
    const size_t channels = (size_t)x->dim[axis], n = iopt_elems(in[0]);
    c.stride = c.inner * channels;
    c.blocks = n ? n / c.stride : 0;
    for (size_t k = 0; k < channels; k++) {
        c.start = k * c.inner;
        Moments m = { 0 };
        if (training) {
            m = moments_of(in[0], &c);
            store_moments(node, in, out, k, &m);
        } else {
            m.mean = iopt_tensor_get_f64(in[3], k);
            m.variance = iopt_tensor_get_f64(in[4], k);
            for (int i = 1; i < 5; i++)
                iopt_tensor_set_f64(out[i], k, i % 2 ? m.mean : m.variance);
        }
        const IoptNormalizer norm =
            iopt_normalizer(m.mean, m.variance, iopt_tensor_get_f64(in[1], k),
                            iopt_tensor_get_f64(in[2], k), epsilon);
        for (size_t i = 0; i < c.blocks * c.inner; i++)
            iopt_tensor_set_f64(out[0], place(&c, i),
                                iopt_normalize(&norm, iopt_tensor_get_f64(in[0], place(&c, i))));
    }
    return IOPT_OK;
}

static IoptStatus infer_global(const IoptNode *node, const IoptFact *in, IoptFact *out,
                               IoptError *err)
{
    int64_t channels;

    if (in[0].shape.rank >= 0 && in[0].shape.rank != 4)
        return iopt_bad_inputs(node, in, err, "t [N, H, W, C] and four vectors [C]");
    channels = in[0].shape.rank == 4 ? in[0].shape.dim[3] : -1;
    IOPT_TRY(check_vectors(node, in, 1, 4, &channels, 5, err));
    out[0] = iopt_fact(in[0].dtype, in[0].shape);
    return IOPT_OK;
}

static IoptStatus eval_global(const IoptNode *node, const IoptTensor *const *in,
                              IoptTensor *const *out, IoptError *err)
{
    const double epsilon = (double)iopt_attr_float(node, "variance_epsilon", 0);
    const bool scaled = iopt_attr_bool(node, "scale_after_normalization", false);
    const size_t n = iopt_elems(in[0]), channels = iopt_elems(in[1]);

    (void)err;
    for (size_t i = 0; i < n; i++) {
        const size_t c = i % channels;
        const IoptNormalizer norm = iopt_normalizer(
            iopt_tensor_get_f64(in[1], c), iopt_tensor_get_f64(in[2], c),
            scaled ? iopt_tensor_get_f64(in[4], c) : 1, iopt_tensor_get_f64(in[3], c), epsilon);
        iopt_tensor_set_f64(out[0], i, iopt_normalize(&norm, iopt_tensor_get_f64(in[0], i)));
    }
    return IOPT_OK;
}

#define BATCH_NORM_OP(id, op_name, outputs, types)                            \
    const IoptOp iopt_op_##id = { .name = op_name,                            \
                                  .n_in = 5,                                  \
                                  .n_out = outputs,                           \
                                  .dtypes = types,                            \
                                  .flags = IOPT_OP_HALF,                      \
                                  .brief = "batch normalization per channel", \
                                  .infer = infer,                             \
                                  .eval = eval }

BATCH_NORM_OP(fused_batch_norm, "FusedBatchNorm", 5, "float");
BATCH_NORM_OP(fused_batch_norm_v2, "FusedBatchNormV2", 5, "float half bfloat16");
BATCH_NORM_OP(fused_batch_norm_v3, "FusedBatchNormV3", 6, "float half bfloat16");

const IoptOp iopt_op_batch_norm_global = { .name = "BatchNormWithGlobalNormalization",
                                           .n_in = 5,
                                           .n_out = 1,
                                           .dtypes = "float double half bfloat16",
                                           .flags = IOPT_OP_HALF,
                                           .brief = "batch normalization per channel",
                                           .infer = infer_global,
                                           .eval = eval_global };
