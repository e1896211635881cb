/* QuantizedAvgPool, QuantizedMaxPool: mean and maximum of the codes in each window
 *
 *   in      x [N,H,W,C], quint8; its min and max
 *   out     y [N,OH,OW,C], and the range of x
 *   attr    ksize, strides, padding SAME or VALID; MaxPool may run over channels instead
 *   exact   the mean is the sum of the codes in the image by their number, truncated
 *   source  TensorFlow ops of these names
 */
#include "ops/quantized.h"
#include "ops/window_rule.h"

typedef struct Pool {
    IoptWindowRule rule;
    int64_t channel_window;
} Pool;

static IoptStatus read_pool(const IoptNode *node, Pool *pool, IoptError *err)
{
    const int64_t *kernel, *stride;
    const size_t n_kernel = iopt_attr_ints(node, "ksize", &kernel);
    const size_t n_stride = iopt_attr_ints(node, "strides", &stride);
    int64_t channel_stride = 1;

    pool->channel_window = 1;
    IOPT_TRY(iopt_window_rule(node, 2, false, &pool->rule, err));
    IOPT_TRY(iopt_window_spread(node, "ksize", kernel, n_kernel, &pool->rule, pool->rule.kernel,
                                &pool->channel_window, err));
    IOPT_TRY(iopt_window_spread(node, "strides", stride, n_stride, &pool->rule, pool->rule.stride,
                                &channel_stride, err));
    if (pool->rule.channels_first)
        return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': want NHWC", node->op, node->name);
    if (pool->channel_window == 1 && channel_stride == 1)
        return IOPT_OK;
    const bool over_image = pool->rule.kernel[1] != 1 || pool->rule.kernel[2] != 1;
    if (iopt_is_op(node, "QuantizedAvgPool") || channel_stride != pool->channel_window ||
        over_image)
        return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': want windows over the image only", node->op,
                         node->name);
    return IOPT_OK;
}

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    IoptWindowPlace place;
    Pool pool;

    if (!iopt_may_have_rank(&in[0], 4))
        return iopt_bad_inputs(node, in, err, "x [N,H,W,C]");
    IOPT_TRY(iopt_ranges_check(node, in, 1, 2, err));
    IOPT_TRY(read_pool(node, &pool, err));
    IoptShape y = in[0].shape.rank < 0 ? iopt_shape_of_rank(4) : in[0].shape;
    for (int i = 1; i < 3; i++) { /* height and width: spatial axes 1 and 2, dimensions 1 and 2 */
        IOPT_TRY(iopt_window_place(node, &pool.rule, i, y.dim[i], &place, err));
        y.dim[i] = place.out;
    }
    if (y.dim[3] > 0 && y.dim[3] % pool.channel_window != 0)
        return iopt_bad_inputs(node, in, err, "channels that divide by %lld",
                               (long long)pool.channel_window);
    y.dim[3] = y.dim[3] < 0 ? -1 : y.dim[3] / pool.channel_window;
    iopt_quantized_facts(out, IOPT_QU8, y);
    return IOPT_OK;
}

/* The part of a window that lies in the image. */
typedef struct Span {
    int64_t begin, end;
} Span;

static Span span_at(const Pool *pool, int axis, int64_t at, int64_t pad, int64_t size)
{
    const int64_t first = at * pool->rule.stride[axis] - pad;
    const int64_t last = first + pool->rule.kernel[axis];

    return (Span){ first < 0 ? 0 : first, last > size ? size : last };
}

/* Sum or maximum of channel c over a window. */
static uint8_t reduce(const Pool *pool, const uint8_t *image, const int64_t *x, Span h, Span w,
                      int64_t c, bool mean)
{
    int64_t sum = 0, count = 0;
    uint8_t best = 0;

    for (int64_t i = h.begin; i < h.end; i++)
        for (int64_t j = w.begin; j < w.end; j++)
            for (int64_t k = 0; k < pool->channel_window; k++, count++) {
                const uint8_t code = image[(i * x[2] + j) * x[3] + c * pool->channel_window + k];
                sum += code;
                best = code > best ? code : best;
            }
    if (!mean)
        return best;
    if (count == 0)
        return 0;
    return (uint8_t)(sum / count);
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const bool mean = iopt_is_op(node, "QuantizedAvgPool");
    const int64_t *const x = in[0]->shape.dim, *const y = out[0]->shape.dim;
    const uint8_t *image = in[0]->data;
    uint8_t *to = out[0]->data;
    IoptWindowPlace place_h, place_w;
    Pool pool;

    IOPT_TRY(read_pool(node, &pool, err));
    IOPT_TRY(iopt_window_place(node, &pool.rule, 1, x[1], &place_h, err));
    IOPT_TRY(iopt_window_place(node, &pool.rule, 2, x[2], &place_w, err));
    for (int64_t n = 0; n < y[0]; n++, image += x[1] * x[2] * x[3])
        for (int64_t i = 0; i < y[1]; i++) {
            const Span h = span_at(&pool, 1, i, place_h.pad, x[1]);
            for (int64_t j = 0; j < y[2]; j++) {
                const Span w = span_at(&pool, 2, j, place_w.pad, x[2]);
                for (int64_t c = 0; c < y[3]; c++)
                    *to++ = reduce(&pool, image, x, h, w, c, mean);
            }
        }
    iopt_range_put(out, 1, iopt_range_of(in, 1));
    return IOPT_OK;
}

const IoptOp iopt_op_quantized_avg_pool = {
    .name = "QuantizedAvgPool",
    .n_in = 3,
    .n_out = 3,
    .dtypes = "quint8",
    .brief = "the mean code of each window",
    .infer = infer,
    .eval = eval,
};

const IoptOp iopt_op_quantized_max_pool = {
    .name = "QuantizedMaxPool",
    .n_in = 3,
    .n_out = 3,
    .dtypes = "quint8",
    .brief = "the greatest code of each window",
    .infer = infer,
    .eval = eval,
};
