/* _Int8MaxPool, _Int8AvgPool: windows of codes.
 *
 *   MaxPool  y = min(max(codes of the window, y_lo + y_zero), y_hi + y_zero): range and scale stay
 *   AvgPool  y = end((float)(sum of (x - x_zero)) * m), m = (float)(x_scale / y_scale / pixels), in
 *            double; attribute y_scale is 1 for a result in float
 *
 *   in      x [N, H, W, C], quint8 or quint16; attributes ksize, strides, padding as in "MaxPool"
 *   out     y [N, OH, OW, C] (int8.h: attributes and `end`)
 *   exact   sums in int32; padding is not looked at, and pixels are those in the image
 *   source  TensorFlow ops "MaxPool", "AvgPool" between fake quantizations
 */
#include "ops/int8.h"
#include "ops/window_rule.h"

/* Rule and facts are those of the float op. */
static IoptStatus infer_as(const char *op, const IoptNode *node, const IoptFact *in, IoptFact *out,
                           IoptError *err)
{
    const IoptFact x = iopt_fact(IOPT_F32, in[0].shape);

    IOPT_TRY(iopt_op_find(op)->infer(node, &x, out, err));
    out[0] = iopt_int8_fact(node, out[0].shape);
    return IOPT_OK;
}

static IoptStatus infer_max(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    return infer_as("MaxPool", node, in, out, err);
}

static IoptStatus infer_avg(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    return infer_as("AvgPool", node, in, out, err);
}

typedef struct Pool {
    IoptWindowRule rule;
    IoptWindowPlace place[2];
    const int64_t *x, *y; /* dimensions */
    IoptS8In in;
    IoptS8End end;
    double scale;
    bool average;
} Pool;

static IoptStatus read_pool(const IoptNode *node, const IoptTensor *x, const IoptTensor *y,
                            Pool *pool, IoptError *err)
{
    const int64_t *kernel, *stride;
    const size_t n_kernel = iopt_attr_ints(node, "ksize", &kernel);
    const size_t n_stride = iopt_attr_ints(node, "strides", &stride);
    IoptWindowRule *const rule = &pool->rule;

    IOPT_TRY(iopt_window_rule(node, 2, false, rule, err));
    IOPT_TRY(iopt_window_spread(node, "ksize", kernel, n_kernel, rule, rule->kernel, NULL, err));
    IOPT_TRY(iopt_window_spread(node, "strides", stride, n_stride, rule, rule->stride, NULL, err));
    for (int i = 0; i < 2; i++)
        IOPT_TRY(iopt_window_place(node, rule, 1 + i, x->shape.dim[1 + i], &pool->place[i], err));
    pool->x = x->shape.dim;
    pool->y = y->shape.dim;
    pool->in = iopt_int8_in(node, 'x', x->dtype);
    pool->end = iopt_int8_end(node);
    pool->scale = (double)pool->in.scale / (double)iopt_attr_float(node, "y_scale", 1);
    return IOPT_OK;
}

/* One output value: channel `c` of pixel (oy, ox) of image `n`. */
static void pool_value(const Pool *p, const void *x, int64_t n, int64_t oy, int64_t ox, int64_t c,
                       void *y, ptrdiff_t at)
{
    int32_t most = 0, sum = 0, pixels = 0;

    for (int64_t ky = 0; ky < p->rule.kernel[1]; ky++)
        for (int64_t kx = 0; kx < p->rule.kernel[2]; kx++) {
            const int64_t iy = oy * p->rule.stride[1] - p->place[0].pad + ky;
            const int64_t ix = ox * p->rule.stride[2] - p->place[1].pad + kx;
            if (iy < 0 || iy >= p->x[1] || ix < 0 || ix >= p->x[2])
                continue;
            const int64_t i = ((n * p->x[1] + iy) * p->x[2] + ix) * p->x[3] + c;
            const int32_t code = iopt_s8_code(x, p->in.type, (ptrdiff_t)i);
            most = code > most ? code : most;
            sum += code - p->in.zero;
            pixels++;
        }
    const float m = pixels ? (float)(p->scale / pixels) : 0;
    iopt_s8_end(&p->end, y, at, p->average ? (float)sum * m : (float)(most - p->end.zero));
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    Pool pool = { .average = iopt_is_op(node, "_Int8AvgPool") };
    ptrdiff_t at = 0;

    IOPT_TRY(read_pool(node, in[0], out[0], &pool, err));
    for (int64_t n = 0; n < pool.y[0]; n++)
        for (int64_t oy = 0; oy < pool.y[1]; oy++)
            for (int64_t ox = 0; ox < pool.y[2]; ox++)
                for (int64_t c = 0; c < pool.y[3]; c++)
                    pool_value(&pool, in[0]->data, n, oy, ox, c, out[0]->data, at++);
    return IOPT_OK;
}

const IoptOp iopt_op_int8_max_pool = {
    .name = "_Int8MaxPool",
    .n_in = 1,
    .n_out = 1,
    .dtypes = "quint8 quint16",
    .brief = "the greatest code of each window",
    .infer = infer_max,
    .eval = eval,
};

const IoptOp iopt_op_int8_avg_pool = {
    .name = "_Int8AvgPool",
    .n_in = 1,
    .n_out = 1,
    .dtypes = "quint8 quint16",
    .brief = "the mean of the codes of each window",
    .infer = infer_avg,
    .eval = eval,
};
