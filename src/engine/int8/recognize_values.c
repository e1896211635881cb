/* Values that are quantized without being a layer's: sums and means of codes, and all others. */
#include <math.h>
#include <stdlib.h>

#include "engine/follower.h"
#include "engine/int8/recognize.h"
#include "ops/int8.h"

/* Whether the value comes from an op of these, read by nobody else. */
static bool is_made_by(IoptValue value, const char *ops, const IoptNode *reader)
{
    return iopt_op_in(value.node->op, ops) && iopt_int8_is_free(value.node) &&
           iopt_sole_reader(value.node) == reader;
}

/* Relu and Relu6 before `reader`, as far as nobody else reads them: *value becomes what they
 * read. */
static IoptNode *skip_clamps(IoptNode *reader, IoptValue *value, float *lo, float *hi)
{
    while (is_made_by(*value, "Relu|Relu6|Identity", reader)) {
        if (!iopt_is_op(value->node, "Identity")) {
            *lo = fmaxf(*lo, 0);
            *hi = iopt_is_op(value->node, "Relu6") ? fminf(*hi, 6) : *hi;
        }
        reader = value->node;
        *value = reader->in[0];
    }
    return reader;
}

static IoptS8In over(const IoptInt8Range *from, const IoptInt8Range *to)
{
    IoptS8In in = iopt_int8_range_in(from);

    in.scale = (float)((double)from->scale / (double)to->scale);
    return in;
}

static IoptStatus emit_add(IoptNode *add, IoptNode *quantizer, const IoptInt8Range *range, float lo,
                           float hi, IoptError *err)
{
    const IoptInt8Value a = iopt_int8_value(add->in[0]), b = iopt_int8_value(add->in[1]);
    const IoptValue in[] = { a.codes, b.codes };
    const IoptS8In first = over(&a.range, range), second = over(&b.range, range);
    const IoptS8End end = iopt_int8_range_end(range, lo, hi);
    IoptNode *node;

    IOPT_TRY(iopt_int8_add_node(add->graph, add->name, "_Int8Add", in, 2, &node, err));
    IOPT_TRY(iopt_int8_set_in(node, 'a', &first, err));
    IOPT_TRY(iopt_int8_set_in(node, 'b', &second, err));
    IOPT_TRY(iopt_int8_set_end(node, &end, err));
    return iopt_int8_replace_coded((IoptValue){ quantizer, 0 }, node, range, err);
}

static bool adds_codes(const IoptNode *add)
{
    if (add->n_in != 2 || !iopt_int8_is_coded(add->in[0]) || !iopt_int8_is_coded(add->in[1]))
        return false;
    const IoptFact a = iopt_fact_at(add->in[0]), b = iopt_fact_at(add->in[1]);
    return iopt_shape_equal(&a.shape, &b.shape);
}

/* Pools and means: the window, and whether the result loses its two inner dimensions. */
typedef struct Mean {
    int64_t ksize[4], strides[4];
    const char *padding;
    bool flat;
} Mean;

static bool mean_of_pool(const IoptNode *node, Mean *mean)
{
    const int64_t *ksize, *strides;

    if (iopt_attr_string(node, "data_format", "NHWC")[1] != 'H' ||
        iopt_attr_ints(node, "ksize", &ksize) != 4 ||
        iopt_attr_ints(node, "strides", &strides) != 4 || ksize[0] != 1 || ksize[3] != 1)
        return false;
    for (size_t i = 0; i < 4; i++) {
        mean->ksize[i] = ksize[i];
        mean->strides[i] = strides[i];
    }
    mean->padding = iopt_attr_string(node, "padding", "");
    return iopt_op_in(mean->padding, "SAME|VALID");
}

/* Mean over height and width of images of known size. */
static bool mean_of_image(const IoptNode *node, Mean *mean)
{
    const IoptFact x = iopt_fact_at(node->in[0]), fact = iopt_fact_at(node->in[1]);
    int64_t axes[2];
    size_t count;

    if (x.shape.rank != 4 || x.shape.dim[1] < 1 || x.shape.dim[2] < 1 || x.shape.dim[3] < 1 ||
        !iopt_fact_ints(&fact, axes, 2, &count) || count != 2)
        return false;
    const int64_t first = axes[0] < 0 ? axes[0] + 4 : axes[0];
    const int64_t second = axes[1] < 0 ? axes[1] + 4 : axes[1];
    *mean = (Mean){ .ksize = { 1, x.shape.dim[1], x.shape.dim[2], 1 },
                    .strides = { 1, 1, 1, 1 },
                    .padding = "VALID",
                    .flat = !iopt_attr_bool(node, "keep_dims", false) };
    return first + second == 3 && first * second == 2;
}

/* Windows whose sums of 16-bit codes fit into int32. */
static bool window_is_small(const Mean *mean, IoptDType dtype)
{
    return mean->ksize[1] < 4096 && mean->ksize[2] < 4096 &&
           mean->ksize[1] * mean->ksize[2] <= (dtype == IOPT_QU8 ? 1 << 22 : 1 << 14);
}

/* [N, 1, 1, C] to [N, C]. */
static IoptStatus flatten(IoptNode **node, IoptError *err)
{
    const int32_t dims[] = { -1, (int32_t)iopt_fact_at((*node)->in[0]).shape.dim[3] };
    IoptGraph *const graph = (*node)->graph;
    IoptValue in[] = { { *node, 0 }, { NULL, 0 } };
    IoptTensor *shape;

    IOPT_TRY(iopt_tensor_vector_i32(dims, 2, &shape, err));
    IOPT_TRY(iopt_int8_add_const(graph, "int8/shape", shape, &in[1], err));
    return iopt_int8_add_node(graph, "int8/flat", "Reshape", in, 2, node, err);
}

static IoptStatus emit_mean(const IoptNode *pool, const Mean *mean, IoptNode *quantizer,
                            const IoptInt8Range *range, float lo, float hi, IoptError *err)
{
    const IoptInt8Value x = iopt_int8_value(pool->in[0]);
    const IoptS8In in = iopt_int8_range_in(&x.range);
    const IoptS8End end = iopt_int8_range_end(range, lo, hi);
    IoptNode *node;

    IOPT_TRY(iopt_int8_add_node(pool->graph, pool->name, "_Int8AvgPool", &x.codes, 1, &node, err));
    IOPT_TRY(iopt_node_set_ints(node, "ksize", mean->ksize, 4, err));
    IOPT_TRY(iopt_node_set_ints(node, "strides", mean->strides, 4, err));
    IOPT_TRY(iopt_node_set_string(node, "padding", mean->padding, err));
    IOPT_TRY(iopt_int8_set_in(node, 'x', &in, err));
    IOPT_TRY(iopt_int8_set_end(node, &end, err));
    IOPT_TRY(iopt_node_set_float(node, "y_scale", range->scale, err));
    if (mean->flat) {
        IOPT_TRY(iopt_int8_infer(node, err));
        IOPT_TRY(flatten(&node, err));
    }
    return iopt_int8_replace_coded((IoptValue){ quantizer, 0 }, node, range, err);
}

IoptStatus iopt_int8_arithmetic_before(IoptNode *quantizer, const IoptInt8Range *range, bool *done,
                                       IoptError *err)
{
    float lo = -INFINITY, hi = INFINITY;
    IoptValue value = quantizer->in[0];
    Mean mean = { 0 };
    IoptNode *const reader = skip_clamps(quantizer, &value, &lo, &hi);

    *done = false;
    if (is_made_by(value, "Add|AddV2", reader) && adds_codes(value.node)) {
        *done = true;
        return emit_add(value.node, quantizer, range, lo, hi, err);
    }
    if (!is_made_by(value, "AvgPool|Mean", reader) || !iopt_int8_is_coded(value.node->in[0]) ||
        !(iopt_is_op(value.node, "Mean") ? mean_of_image(value.node, &mean)
                                         : mean_of_pool(value.node, &mean)) ||
        !window_is_small(&mean, iopt_int8_value(value.node->in[0]).range.dtype))
        return IOPT_OK;
    *done = true;
    return emit_mean(value.node, &mean, quantizer, range, lo, hi, err);
}

/* --- everything else -------------------------------------------------------------------------- */

/* v = clamp(source * scale + shift, lo, hi) */
typedef struct Prologue {
    IoptValue source;
    size_t channels; /* 0: no scale and shift */
    float *scale, *shift;
    float lo, hi;
} Prologue;

/* The followers from `first` to the quantizer's input, in order; their number, or 0 if there are
 * none that make a product and a sum. */
enum { MOST_FOLLOWERS = 8 };
static size_t find_followers(IoptNode *reader, IoptValue value, IoptNode *found[MOST_FOLLOWERS],
                             IoptValue *source)
{
    IoptFollower f;
    size_t count = 0;

    while (count < MOST_FOLLOWERS && iopt_int8_is_free(value.node) && value.port == 0 &&
           iopt_sole_reader(value.node) == reader && iopt_follower_of(value.node, &f) &&
           !f.clamps) {
        found[count++] = reader = value.node;
        value = reader->in[f.slot];
    }
    *source = value;
    return count;
}

/* Followers of a layer in floats are done with it. */
static bool is_float_layer(IoptValue value)
{
    return iopt_op_in(value.node->op, "Conv2D|DepthwiseConv2dNative|MatMul|AddN|Add|AddV2");
}

static IoptStatus affine_of(IoptNode *const *found, size_t count, size_t channels, Prologue *p,
                            IoptError *err)
{
    IoptStatus status = IOPT_OK;
    double *scale = NULL, *shift = NULL;

    p->channels = channels;
    IOPT_DO(iopt_alloc((void **)&scale, channels, sizeof *scale, err));
    IOPT_DO(iopt_alloc((void **)&shift, channels, sizeof *shift, err));
    IOPT_DO(iopt_alloc((void **)&p->scale, channels, sizeof *p->scale, err));
    IOPT_DO(iopt_alloc((void **)&p->shift, channels, sizeof *p->shift, err));
    for (size_t c = 0; c < channels; c++)
        scale[c] = 1;
    while (count-- > 0) {
        IoptFollower f;
        (void)iopt_follower_of(found[count], &f);
        iopt_follower_apply(found[count], &f, channels, scale, shift);
    }
    for (size_t c = 0; c < channels; c++) {
        p->scale[c] = (float)scale[c];
        p->shift[c] = (float)shift[c];
    }
done:
    free(scale);
    free(shift);
    return status;
}

static IoptStatus find_prologue(IoptNode *quantizer, Prologue *p, IoptError *err)
{
    IoptNode *found[MOST_FOLLOWERS];
    IoptValue value = quantizer->in[0], source;

    *p = (Prologue){ .source = value, .lo = -INFINITY, .hi = INFINITY };
    float lo = p->lo, hi = p->hi;
    IoptNode *const reader = skip_clamps(quantizer, &value, &lo, &hi);
    const size_t count = find_followers(reader, value, found, &source);
    if (is_float_layer(source))
        return IOPT_OK;
    const IoptShape shape = iopt_fact_at(source).shape;
    const bool has_channels = shape.rank > 0 && shape.dim[shape.rank - 1] > 0;
    if (count > 0 && !has_channels)
        return IOPT_OK;
    *p = (Prologue){ .source = source, .lo = lo, .hi = hi };
    return count ? affine_of(found, count, (size_t)shape.dim[shape.rank - 1], p, err) : IOPT_OK;
}

static IoptStatus add_vector(IoptNode *node, const float *values, size_t count, const char *name,
                             IoptError *err)
{
    const int64_t dims[] = { (int64_t)count };
    const IoptShape shape = iopt_shape(1, dims);
    IoptTensor *tensor;
    IoptValue value;

    IOPT_TRY(iopt_tensor_create(IOPT_F32, &shape, &tensor, err));
    memcpy(tensor->data, values, count * sizeof *values);
    IOPT_TRY(iopt_int8_add_const(node->graph, name, tensor, &value, err));
    return iopt_node_add_input(node, value, err);
}

static IoptStatus emit_quantize(const Prologue *p, IoptNode *quantizer, const IoptInt8Range *range,
                                IoptError *err)
{
    const bool coded = iopt_int8_is_coded(p->source);
    const IoptDType type = range->dtype;
    const float lo = fminf(fmaxf(p->lo, range->min), range->max);
    const float hi = fmaxf(fminf(p->hi, range->max), lo);
    IoptValue x = p->source;
    IoptNode *node;

    if (coded)
        x = iopt_int8_value(p->source).codes;
    IOPT_TRY(
        iopt_int8_add_node(quantizer->graph, quantizer->name, "_Int8Quantize", &x, 1, &node, err));
    if (coded) {
        const IoptInt8Value from = iopt_int8_value(p->source);
        const IoptS8In in = iopt_int8_range_in(&from.range);
        IOPT_TRY(iopt_int8_set_in(node, 'x', &in, err));
    }
    IOPT_TRY(iopt_node_set_type(node, "y_type", type, err));
    IOPT_TRY(iopt_node_set_float(node, "v_lo", lo, err));
    IOPT_TRY(iopt_node_set_float(node, "v_hi", hi, err));
    IOPT_TRY(iopt_node_set_float(node, "v_min", range->min, err));
    IOPT_TRY(iopt_node_set_float(node, "v_inverse", 1 / range->scale, err));
    if (p->channels) {
        IOPT_TRY(add_vector(node, p->scale, p->channels, "int8/scale", err));
        IOPT_TRY(add_vector(node, p->shift, p->channels, "int8/shift", err));
    }
    return iopt_int8_replace_coded((IoptValue){ quantizer, 0 }, node, range, err);
}

/* From one range to another. */
static IoptStatus emit_requantize(const Prologue *p, IoptNode *quantizer,
                                  const IoptInt8Range *range, IoptError *err)
{
    const IoptInt8Value from = iopt_int8_value(p->source);
    const IoptS8In in = over(&from.range, range);
    const IoptS8End end = iopt_int8_range_end(range, p->lo, p->hi);
    IoptNode *node;

    IOPT_TRY(iopt_int8_add_node(quantizer->graph, quantizer->name, "_Int8Requantize", &from.codes,
                                1, &node, err));
    IOPT_TRY(iopt_int8_set_in(node, 'x', &in, err));
    IOPT_TRY(iopt_int8_set_end(node, &end, err));
    return iopt_int8_replace_coded((IoptValue){ quantizer, 0 }, node, range, err);
}

IoptStatus iopt_int8_quantize(IoptNode *quantizer, const IoptInt8Range *range, IoptError *err)
{
    Prologue p;

    IoptStatus status = find_prologue(quantizer, &p, err);
    if (status == IOPT_OK)
        status = p.channels == 0 && iopt_int8_is_coded(p.source)
                     ? emit_requantize(&p, quantizer, range, err)
                     : emit_quantize(&p, quantizer, range, err);
    free(p.scale);
    free(p.shift);
    return status;
}
