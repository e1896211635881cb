/* MaxPoolWithArgmax: the greatest of each window, and where it was.
 *
 *   in      x [N, H, W, C]
 *   out     y [N, OH, OW, C]; argmax, of attribute Targmax (int64), the same shape: the place in
 *           the image, (h * W + w) * C + c, and by attribute include_batch_in_index in x
 *   exact   the first of equal values; NaN never wins
 *   source  TensorFlow op "MaxPoolWithArgmax"
 */
#include "ops/window_rule.h"

static IoptStatus read_rule(const IoptNode *node, IoptWindowRule *rule, IoptError *err)
{
    const int64_t *kernel;
    const size_t count = iopt_attr_ints(node, "ksize", &kernel);

    IOPT_TRY(iopt_window_rule(node, 2, true, rule, err));
    return iopt_window_spread(node, "ksize", kernel, count, rule, rule->kernel, NULL, err);
}

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    const IoptDType type = iopt_attr_type(node, "Targmax", IOPT_I64);
    IoptWindowRule rule;
    IoptWindowPlace place;

    if (in[0].shape.rank >= 0 && in[0].shape.rank != 4)
        return iopt_bad_inputs(node, in, err, "x of rank 4");
    if (type != IOPT_I32 && type != IOPT_I64)
        return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': want Targmax int32 or int64; got %s",
                         node->op, node->name, iopt_dtype_name(type));
    IOPT_TRY(read_rule(node, &rule, err));
    IoptImage y = iopt_image(&in[0].shape, &rule);
    for (int i = 1; i < IOPT_SPATIAL; i++) {
        IOPT_TRY(iopt_window_place(node, &rule, i, y.size[i], &place, err));
        y.size[i] = place.out;
    }
    out[0] = iopt_fact(in[0].dtype, iopt_image_shape(&y, &rule));
    out[1] = iopt_fact(type, out[0].shape);
    return IOPT_OK;
}

typedef struct Search {
    IoptWindowRule rule;
    IoptImage x, y;
    IoptWindowPlace place[IOPT_SPATIAL];
} Search;

/* The place in x of the greatest value that one output sees. */
static int64_t find(const Search *s, const IoptTensor *x, int64_t n, int64_t oh, int64_t ow,
                    int64_t c)
{
    const IoptWindowRule *const r = &s->rule;
    int64_t best = -1;

    for (int64_t kh = 0; kh < r->kernel[1]; kh++)
        for (int64_t kw = 0; kw < r->kernel[2]; kw++) {
            const int64_t h = oh * r->stride[1] - s->place[1].pad + kh;
            const int64_t w = ow * r->stride[2] - s->place[2].pad + kw;
            if (h < 0 || h >= s->x.size[1] || w < 0 || w >= s->x.size[2])
                continue;
            const int64_t at = n * s->x.batch_stride + h * s->x.stride[1] + w * s->x.stride[2] +
                               c * s->x.channel_stride;
            if (best < 0 ||
                iopt_tensor_get_f64(x, (size_t)at) > iopt_tensor_get_f64(x, (size_t)best))
                best = at;
        }
    return best < 0 ? 0 : best;
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const bool with_batch = iopt_attr_bool(node, "include_batch_in_index", false);
    Search s;
    size_t i = 0;

    IOPT_TRY(read_rule(node, &s.rule, err));
    s.x = iopt_image(&in[0]->shape, &s.rule);
    s.y = iopt_image(&out[0]->shape, &s.rule);
    for (int k = 1; k < IOPT_SPATIAL; k++)
        IOPT_TRY(iopt_window_place(node, &s.rule, k, s.x.size[k], &s.place[k], err));
    for (int64_t n = 0; n < s.y.batch; n++)
        for (int64_t h = 0; h < s.y.size[1]; h++)
            for (int64_t w = 0; w < s.y.size[2]; w++)
                for (int64_t c = 0; c < s.y.channels; c++, i++) {
                    const int64_t at = find(&s, in[0], n, h, w, c);
                    iopt_tensor_set_f64(out[0], i, iopt_tensor_get_f64(in[0], (size_t)at));
                    iopt_tensor_set_i64(out[1], i, with_batch ? at : at - n * s.x.batch_stride);
                }
    return IOPT_OK;
}

const IoptOp iopt_op_max_pool_with_argmax = { .name = "MaxPoolWithArgmax",
                                              .n_in = 1,
                                              .n_out = 2,
                                              .dtypes = "float double half bfloat16",
                                              .flags = IOPT_OP_HALF,
                                              .brief = "the greatest of each window, and where",
                                              .infer = infer,
                                              .eval = eval };
