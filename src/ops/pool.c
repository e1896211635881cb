/* MaxPool, AvgPool: the greatest or the mean of each window.
 *
 *   in      x [N, H, W, C] or, by attribute data_format, [N, C, H, W] (Pool3D: D before H);
 *           MaxPoolV2 takes ksize and strides as int32 inputs, the others as attributes.  MaxPool
 *           may pool over channels instead of the image: windows that do not overlap
 *   out     y [N, OH, OW, C] in the order of x; padding SAME, VALID, EXPLICIT.  AvgPool divides by
 *           how many of the window's values lie in the image
 *   exact   MaxPool: NaN loses to everything, and of no number the result is the least finite one.
 *           AvgPool: sums in double, rounded once
 *   source  TensorFlow ops "MaxPool", "MaxPoolV2", "MaxPool3D", "AvgPool", "AvgPool3D"
 */
#include <float.h>

#include "ops/window_rule.h"

typedef struct Pool {
    IoptWindowRule rule;
    int64_t channel_window; /* channels that go into one; 1 unless MaxPool pools over them */
} Pool;

/* Kernel and strides from two lists of one number per dimension. */
static IoptStatus set_window(const IoptNode *node, const int64_t *kernel, size_t n_kernel,
                             const int64_t *stride, size_t n_stride, Pool *pool, IoptError *err)
{
    int64_t channel_stride = 1;

    pool->channel_window = 1;
    IOPT_TRY(iopt_window_spread(node, "ksize", kernel, n_kernel, &pool->rule, pool->rule.kernel,
                                &pool->channel_window, err));
    IOPT_TRY(iopt_window_spread(node, "strides", stride, n_stride, &pool->rule, pool->rule.stride,
                                &channel_stride, err));
    if (pool->channel_window == 1 && channel_stride == 1)
        return IOPT_OK;
    if (node->op[0] != 'M' || channel_stride != pool->channel_window)
        return iopt_fail(err, IOPT_BAD_MODEL,
                         "%s '%s': want channels pooled by 1; got %lld, stride "
                         "%lld",
                         node->op, node->name, (long long)pool->channel_window,
                         (long long)channel_stride);
    for (int i = 0; i < IOPT_SPATIAL; i++)
        if (pool->rule.kernel[i] != 1 || pool->rule.stride[i] != 1)
            return iopt_fail(err, IOPT_BAD_MODEL,
                             "%s '%s': want windows over channels or over the "
                             "image; got both",
                             node->op, node->name);
    return IOPT_OK;
}

static IoptStatus read_attrs(const IoptNode *node, int axes, Pool *pool, IoptError *err)
{
    const int64_t *kernel, *stride;
    const size_t n_kernel = iopt_attr_ints(node, "ksize", &kernel);
    const size_t n_stride = iopt_attr_ints(node, "strides", &stride);

    IOPT_TRY(iopt_window_rule(node, axes, false, &pool->rule, err));
    return set_window(node, kernel, n_kernel, stride, n_stride, pool, err);
}

/* *known = false if the inputs of MaxPoolV2 are not there yet. */
static IoptStatus read_inputs(const IoptNode *node, const IoptFact *in, Pool *pool, bool *known,
                              IoptError *err)
{
    int64_t kernel[8], stride[8];
    size_t n_kernel, n_stride;

    IOPT_TRY(iopt_window_rule(node, 2, false, &pool->rule, err));
    *known = in[1].value && in[2].value;
    if (!*known)
        return IOPT_OK;
    if (!iopt_fact_ints(&in[1], kernel, 8, &n_kernel) ||
        !iopt_fact_ints(&in[2], stride, 8, &n_stride))
        return iopt_bad_inputs(node, in, err, "x, ksize and strides of 4 int32");
    return set_window(node, kernel, n_kernel, stride, n_stride, pool, err);
}

static IoptStatus output_fact(const IoptNode *node, const IoptFact *in, const Pool *pool,
                              IoptFact *out, IoptError *err)
{
    const IoptImage x = iopt_image(&in[0].shape, &pool->rule);
    IoptImage y = { .batch = x.batch, .channels = x.channels, .size = { 1, 1, 1 } };
    IoptWindowPlace place;

    for (int i = IOPT_SPATIAL - pool->rule.axes; i < IOPT_SPATIAL; i++) {
        IOPT_TRY(iopt_window_place(node, &pool->rule, i, x.size[i], &place, err));
        y.size[i] = place.out;
    }
    if (x.channels >= 0 && x.channels % pool->channel_window != 0)
        return iopt_bad_inputs(node, in, err, "channels that divide by %lld",
                               (long long)pool->channel_window);
    if (x.channels >= 0)
        y.channels = x.channels / pool->channel_window;
    out[0] = iopt_fact(in[0].dtype, iopt_image_shape(&y, &pool->rule));
    return IOPT_OK;
}

static IoptStatus infer(const IoptNode *node, int axes, const IoptFact *in, IoptFact *out,
                        IoptError *err)
{
    bool known = true;
    Pool pool;

    if (in[0].shape.rank >= 0 && in[0].shape.rank != axes + 2)
        return iopt_bad_inputs(node, in, err, "x of rank %d", axes + 2);
    IOPT_TRY(node->n_in == 3 ? read_inputs(node, in, &pool, &known, err)
                             : read_attrs(node, axes, &pool, err));
    if (known)
        return output_fact(node, in, &pool, out, err);
    const IoptImage y = { .batch = -1, .channels = -1, .size = { -1, -1, -1 } };
    out[0] = iopt_fact(in[0].dtype, iopt_image_shape(&y, &pool.rule));
    return IOPT_OK;
}

typedef struct Window {
    int64_t begin[IOPT_SPATIAL], end[IOPT_SPATIAL]; /* what lies in the image */
    int64_t base;                                   /* of the image and the first channel */
} Window;

static double least_of(IoptDType dtype)
{
    switch (dtype) {
    case IOPT_F64: return -DBL_MAX;
    case IOPT_I8: return INT8_MIN;
    case IOPT_I16: return INT16_MIN;
    case IOPT_I32: return INT32_MIN;
    case IOPT_I64: return (double)INT64_MIN;
    case IOPT_U8:
    case IOPT_U16: return 0;
    default: return -(double)FLT_MAX;
    }
}

/* Visits the window's values: the greatest, or the sum and how many. */
static double pool_window(const IoptTensor *x, const IoptImage *image, const Window *w,
                          int64_t channels, bool maximum)
{
    double best = least_of(x->dtype), sum = 0, count = 0;

    for (int64_t d = w->begin[0]; d < w->end[0]; d++)
        for (int64_t h = w->begin[1]; h < w->end[1]; h++)
            for (int64_t k = w->begin[2]; k < w->end[2]; k++)
                for (int64_t c = 0; c < channels; c++) {
                    const int64_t at = w->base + d * image->stride[0] + h * image->stride[1] +
                                       k * image->stride[2] + c * image->channel_stride;
                    const double v = iopt_tensor_get_f64(x, (size_t)at);
                    best = v > best ? v : best;
                    sum += v;
                    count++;
                }
    return maximum ? best : sum / count;
}

static void set_axis(const Pool *pool, const IoptImage *x, const IoptWindowPlace *place, int axis,
                     int64_t out, Window *w)
{
    const int64_t begin = out * pool->rule.stride[axis] - place[axis].pad;
    const int64_t end = begin + pool->rule.kernel[axis];

    w->begin[axis] = begin < 0 ? 0 : begin;
    w->end[axis] = end > x->size[axis] ? x->size[axis] : end;
}

static void all_channels(const Pool *pool, const IoptTensor *x, const IoptImage *image, Window *w,
                         IoptTensor *y, const IoptImage *out, int64_t at, bool maximum)
{
    const int64_t base = w->base;

    for (int64_t c = 0; c < out->channels; c++) {
        w->base = base + c * pool->channel_window * image->channel_stride;
        iopt_tensor_set_f64(y, (size_t)(at + c * out->channel_stride),
                            pool_window(x, image, w, pool->channel_window, maximum));
    }
}

static IoptStatus run(const IoptNode *node, const Pool *pool, const IoptTensor *x, IoptTensor *y,
                      bool maximum, IoptError *err)
{
    const IoptImage in = iopt_image(&x->shape, &pool->rule);
    const IoptImage out = iopt_image(&y->shape, &pool->rule);
    IoptWindowPlace place[IOPT_SPATIAL];
    Window w;

    for (int i = 0; i < IOPT_SPATIAL; i++)
        IOPT_TRY(iopt_window_place(node, &pool->rule, i, in.size[i], &place[i], err));
    for (int64_t n = 0; n < out.batch; n++)
        for (int64_t d = 0; d < out.size[0]; d++)
            for (int64_t h = 0; h < out.size[1]; h++)
                for (int64_t k = 0; k < out.size[2]; k++) {
                    set_axis(pool, &in, place, 0, d, &w);
                    set_axis(pool, &in, place, 1, h, &w);
                    set_axis(pool, &in, place, 2, k, &w);
                    w.base = n * in.batch_stride;
                    all_channels(pool, x, &in, &w, y, &out,
                                 n * out.batch_stride + d * out.stride[0] + h * out.stride[1] +
                                     k * out.stride[2],
                                 maximum);
                }
    return IOPT_OK;
}

static IoptStatus eval(const IoptNode *node, int axes, const IoptTensor *const *in, IoptTensor *out,
                       IoptError *err)
{
    const bool maximum = node->op[0] == 'M';
    Pool pool;

    if (node->n_in == 3) {
        const IoptFact facts[3] = { iopt_fact_of(in[0]), iopt_fact_of(in[1]), iopt_fact_of(in[2]) };
        bool known;
        IOPT_TRY(read_inputs(node, facts, &pool, &known, err));
    } else {
        IOPT_TRY(read_attrs(node, axes, &pool, err));
    }
    return run(node, &pool, in[0], out, maximum, err);
}

#define MAX_TYPES "float double half bfloat16 int8 uint8 int16 uint16 int32"

#define POOL_OP(id, op_name, inputs, axes, types, text)                                   \
    static IoptStatus infer_##id(const IoptNode *node, const IoptFact *in, IoptFact *out, \
                                 IoptError *err)                                          \
    {                                                                                     \
        return infer(node, axes, in, out, err);                                           \
    }                                                                                     \
    static IoptStatus eval_##id(const IoptNode *node, const IoptTensor *const *in,        \
                                IoptTensor *const *out, IoptError *err)                   \
    {                                                                                     \
        return eval(node, axes, in, out[0], err);                                         \
    }                                                                                     \
    const IoptOp iopt_op_##id = { .name = op_name,                                        \
                                  .n_in = inputs,                                         \
                                  .n_out = 1,                                             \
                                  .dtypes = types,                                        \
                                  .flags = IOPT_OP_HALF,                                  \
                                  .brief = text,                                          \
                                  .infer = infer_##id,                                    \
                                  .eval = eval_##id }

POOL_OP(max_pool, "MaxPool", 1, 2, MAX_TYPES, "the greatest of each window");
POOL_OP(max_pool_v2, "MaxPoolV2", 3, 2, MAX_TYPES, "the greatest of each window");
POOL_OP(max_pool3d, "MaxPool3D", 1, 3, MAX_TYPES, "the greatest of each window");
POOL_OP(avg_pool, "AvgPool", 1, 2, "float double half bfloat16", "the mean of each window");
POOL_OP(avg_pool3d, "AvgPool3D", 1, 3, "float double half bfloat16", "the mean of each window");
