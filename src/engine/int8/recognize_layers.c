/* Layers in integers: a Conv2D, DepthwiseConv2dNative or MatMul of codes by 8-bit weights.
 *
 *   layer (+ factor, summand per channel)* (+ residual)? (+ Relu | Relu6)?  (+ quantizer)?
 *
 * The chain is that of fuse.c; its factors go into the multipliers m, its summands into the bias in
 * units of the accumulator: so the result is t * m whatever stood there.
 */
#include <math.h>
#include <stdlib.h>

#include "engine/follower.h"
#include "engine/int8/coded_filter.h"
#include "engine/int8/recognize.h"
#include "ops/int8.h"

static const char layer_ops[] = "Conv2D|DepthwiseConv2dNative|MatMul";

typedef struct Chain {
    IoptNode *root, *tail;
    double *scale, *shift;
    size_t channels;
    IoptValue residual; /* node NULL: none */
    float lo, hi;
    const char *ops;
} Chain;

static bool is_layer(const IoptNode *node)
{
    return iopt_op_in(node->op, layer_ops) && node->n_in == 2 && iopt_int8_is_free(node) &&
           iopt_attr_string(node, "data_format", "NHWC")[1] == 'H' &&
           !iopt_attr_bool(node, "transpose_a", false) && node->facts[0].dtype == IOPT_F32;
}

static IoptStatus take_name(Chain *c, const IoptNode *node, IoptError *err)
{
    c->ops = iopt_arena_printf(node->graph->arena, "%s+%s", c->ops, node->op);
    return c->ops ? IOPT_OK : iopt_fail_memory(err, 0);
}

static bool take_follower(Chain *c, const IoptNode *node)
{
    IoptFollower f;

    if (isfinite(c->lo) || isfinite(c->hi) || !iopt_follower_of(node, &f) ||
        ((f.scales || f.shifts) && c->residual.node))
        return false;
    iopt_follower_apply(node, &f, c->channels, c->scale, c->shift);
    if (f.clamps) {
        c->lo = f.lo;
        c->hi = f.hi;
    }
    return true;
}

static bool take_residual(Chain *c, const IoptNode *node, bool to_codes)
{
    if (isfinite(c->lo) || c->residual.node || node->n_in != 2 ||
        !iopt_op_in(node->op, "Add|AddV2") || node->in[0].node == node->in[1].node)
        return false;
    const IoptValue other = node->in[node->in[0].node == c->tail ? 1 : 0];
    const IoptFact fact = iopt_fact_at(other);
    if (fact.dtype != IOPT_F32 || fact.value ||
        !iopt_shape_equal(&fact.shape, &c->tail->facts[0].shape) ||
        (to_codes && !iopt_int8_is_coded(other)))
        return false;
    c->residual = other;
    return true;
}

static IoptStatus begin_chain(IoptNode *root, Chain *c, IoptError *err)
{
    const IoptShape *const shape = &root->facts[0].shape;

    *c = (Chain){ .root = root, .tail = root, .lo = -INFINITY, .hi = INFINITY, .ops = root->op };
    c->channels = shape->rank > 0 && shape->dim[shape->rank - 1] > 0
                      ? (size_t)shape->dim[shape->rank - 1]
                      : 0;
    IOPT_TRY(iopt_alloc((void **)&c->scale, c->channels, sizeof(double), err));
    IOPT_TRY(iopt_alloc((void **)&c->shift, c->channels, sizeof(double), err));
    for (size_t i = 0; i < c->channels; i++)
        c->scale[i] = 1;
    return IOPT_OK;
}

static void drop_chain(Chain *c)
{
    free(c->scale);
    free(c->shift);
}

/* Goes on while somebody reads the tail alone; `quantizer`: where it has to end, or NULL.  Nodes
 * that give codes already are no part of it. */
static IoptStatus grow_chain(Chain *c, const IoptNode *quantizer, IoptError *err)
{
    for (;;) {
        IoptNode *const next = iopt_sole_reader(c->tail);
        if (!next || next == quantizer || !iopt_int8_is_free(next) ||
            !(take_follower(c, next) || take_residual(c, next, quantizer != NULL)))
            return IOPT_OK;
        c->tail = next;
        if (!iopt_is_op(next, "Identity"))
            IOPT_TRY(take_name(c, next, err));
    }
}

/* --- numbers ---------------------------------------------------------------------------------- */

enum { MOST_BIAS = 1 << 30 };

/* Bias and multiplier of each output: the integer meaning of the layer. */
static bool set_numbers(const Chain *c, const IoptInt8Weights *w, float x_scale, float y_scale,
                        int32_t *bias, float *m)
{
    for (size_t o = 0; o < c->channels; o++) {
        const double step = (double)x_scale * w->scale[o] * c->scale[o];
        const double wanted = c->shift[o] / step;
        if (step == 0 || !isfinite(step) || isnan(wanted))
            return false;
        bias[o] = wanted > MOST_BIAS    ? MOST_BIAS
                  : wanted < -MOST_BIAS ? -MOST_BIAS
                                        : (int32_t)rint(wanted);
        m[o] = (float)(step / (double)y_scale);
        if (!isfinite(m[o]))
            return false;
    }
    return true;
}

/* Whether no accumulator can leave int32, whatever the codes. */
static bool sums_fit(const IoptInt8Weights *w, size_t inner, const int32_t *bias)
{
    const int8_t *const codes = w->codes->data;
    const size_t count = iopt_elems(w->codes), n = w->outputs;
    bool fit = true;
    int64_t *sums;

    if (iopt_alloc((void **)&sums, n, sizeof *sums, NULL) != IOPT_OK)
        return false;
    for (size_t row = 0; row < count; row += n * inner)
        for (size_t o = 0; o < n; o++) {
            const int32_t zero = w->zero ? w->zero[o] : 0;
            for (size_t i = row + o * inner; i < row + (o + 1) * inner; i++)
                sums[o] += abs(codes[i] - zero);
        }
    for (size_t o = 0; o < n; o++)
        fit &= sums[o] * UINT8_MAX + llabs((long long)bias[o]) <= INT32_MAX;
    free(sums);
    return fit;
}

static IoptStatus vector_i32(const int32_t *values, size_t count, IoptGraph *graph,
                             const char *name, IoptValue *out, IoptError *err)
{
    IoptTensor *tensor;

    IOPT_TRY(iopt_tensor_vector_i32(values, count, &tensor, err));
    return iopt_int8_add_const(graph, name, tensor, out, err);
}

/* --- the node --------------------------------------------------------------------------------- */

/* MatMul's weights as [K, O]. */
static IoptStatus transpose(IoptTensor **codes, IoptError *err)
{
    const int64_t dims[] = { (*codes)->shape.dim[1], (*codes)->shape.dim[0] };
    const IoptShape shape = iopt_shape(2, dims);
    IoptTensor *turned;

    IOPT_TRY(iopt_tensor_create(IOPT_I8, &shape, &turned, err));
    for (int64_t i = 0; i < dims[0]; i++)
        for (int64_t o = 0; o < dims[1]; o++)
            ((int8_t *)turned->data)[i * dims[1] + o] =
                ((const int8_t *)(*codes)->data)[o * dims[0] + i];
    iopt_tensor_destroy(*codes);
    *codes = turned;
    return IOPT_OK;
}

/* The Pad of codes that a VALID window can include: of height and width, by the code of zero, read
 * by nobody else; NULL if there is none. */
static const IoptNode *foldable_pad(const IoptNode *root, const IoptInt8Value *x, int64_t pads[8])
{
    const IoptNode *const pad = x->codes.node;
    size_t count;

    if (iopt_is_op(root, "MatMul") || !iopt_is_op(pad, "PadV2") ||
        strcmp(iopt_attr_string(root, "padding", ""), "VALID") != 0)
        return NULL;
    const IoptFact fact = iopt_fact_at(pad->in[1]);
    const IoptTensor *const value = iopt_fact_at(pad->in[2]).value;
    if (!iopt_fact_ints(&fact, pads, 8, &count) || count != 8 || pads[0] || pads[1] || pads[6] ||
        pads[7] || !value || *(const uint8_t *)value->data != x->range.zero)
        return NULL;
    return pad;
}

static IoptStatus set_window(const IoptNode *root, const IoptInt8Value *x, IoptValue *codes,
                             IoptNode *node, IoptError *err)
{
    int64_t pads[8];
    const IoptNode *const pad = foldable_pad(root, x, pads);

    *codes = pad ? pad->in[0] : x->codes;
    IOPT_TRY(iopt_int8_copy_attr(node, root, "strides", err));
    IOPT_TRY(iopt_int8_copy_attr(node, root, "padding", err));
    IOPT_TRY(iopt_int8_copy_attr(node, root, "explicit_paddings", err));
    if (iopt_is_op(root, "Conv2D")) /* TensorFlow ignores it in depthwise ones */
        IOPT_TRY(iopt_int8_copy_attr(node, root, "dilations", err));
    if (!pad)
        return IOPT_OK;
    IOPT_TRY(iopt_node_set_string(node, "padding", "EXPLICIT", err));
    return iopt_node_set_ints(node, "explicit_paddings", pads, 8, err);
}

typedef struct Layer {
    const Chain *chain;
    IoptInt8Weights *weights;
    IoptInt8Value x;
    const IoptInt8Range *range; /* of the result; NULL: floats */
    const int32_t *bias;
    const IoptTensor *m;
} Layer;

static IoptStatus add_constants(const Layer *l, IoptNode *node, IoptError *err)
{
    IoptInt8Weights *const w = l->weights;
    IoptTensor *m;
    IoptValue value;

    if (iopt_attr_bool(l->chain->root, "transpose_b", false))
        IOPT_TRY(transpose(&w->codes, err));
    IoptTensor *const codes = w->codes;
    w->codes = NULL;
    IOPT_TRY(iopt_int8_add_const(node->graph, "int8/weights", codes, &value, err));
    IOPT_TRY(iopt_node_add_input(node, value, err));
    IOPT_TRY(vector_i32(l->bias, w->outputs, node->graph, "int8/bias", &value, err));
    IOPT_TRY(iopt_node_add_input(node, value, err));
    IOPT_TRY(iopt_tensor_share(l->m, &m, err));
    IOPT_TRY(iopt_int8_add_const(node->graph, "int8/scale", m, &value, err));
    IOPT_TRY(iopt_node_add_input(node, value, err));
    if (!w->zero)
        return IOPT_OK;
    IOPT_TRY(iopt_node_set_bool(node, "filter_zero", true, err));
    IOPT_TRY(vector_i32(w->zero, w->outputs, node->graph, "int8/zero", &value, err));
    return iopt_node_add_input(node, value, err);
}

static IoptStatus add_residual(const Layer *l, IoptNode *node, IoptError *err)
{
    const IoptValue residual = l->chain->residual;

    if (!residual.node)
        return IOPT_OK;
    IOPT_TRY(iopt_node_set_bool(node, "residual", true, err));
    if (!iopt_int8_is_coded(residual))
        return iopt_node_add_input(node, residual, err);
    const IoptInt8Value r = iopt_int8_value(residual);
    IoptS8In in = iopt_int8_range_in(&r.range);
    if (l->range)
        in.scale = (float)((double)in.scale / (double)l->range->scale);
    IOPT_TRY(iopt_int8_set_in(node, 'r', &in, err));
    return iopt_node_add_input(node, r.codes, err);
}

static IoptStatus emit(const Layer *l, IoptValue replaced, IoptError *err)
{
    const Chain *const c = l->chain;
    const char *const op = iopt_is_op(c->root, "Conv2D")   ? "_Int8Conv2D"
                           : iopt_is_op(c->root, "MatMul") ? "_Int8MatMul"
                                                           : "_Int8DepthwiseConv2d";
    const IoptS8End floats = { .type = IOPT_S8_OUT_F32, .lo = c->lo, .hi = c->hi };
    const IoptS8End end = l->range ? iopt_int8_range_end(l->range, c->lo, c->hi) : floats;
    const IoptS8In in = iopt_int8_range_in(&l->x.range);
    IoptValue codes = l->x.codes;
    IoptNode *node;

    IOPT_TRY(iopt_int8_add_node(c->root->graph, c->tail->name, op, NULL, 0, &node, err));
    if (!iopt_is_op(c->root, "MatMul"))
        IOPT_TRY(set_window(c->root, &l->x, &codes, node, err));
    IOPT_TRY(iopt_node_add_input(node, codes, err));
    IOPT_TRY(iopt_int8_set_in(node, 'x', &in, err));
    IOPT_TRY(iopt_int8_set_end(node, &end, err));
    IOPT_TRY(iopt_node_set_string(node, "int8_ops", c->ops, err));
    IOPT_TRY(add_constants(l, node, err));
    IOPT_TRY(add_residual(l, node, err));
    return l->range ? iopt_int8_replace_coded(replaced, node, l->range, err)
                    : iopt_int8_replace(replaced, node, err);
}

static size_t inner_of(const Chain *c, const IoptTensor *codes)
{
    return iopt_attr_bool(c->root, "transpose_b", false) ? (size_t)codes->shape.dim[1] : 1;
}

/* *why stays NULL if the layer was made. */
static IoptStatus make(const Chain *c, IoptInt8Weights *w, const IoptInt8Range *range,
                       IoptValue replaced, const char **why, IoptError *err)
{
    const int64_t dims[] = { (int64_t)c->channels };
    const IoptShape shape = iopt_shape(1, dims);
    Layer l = { .chain = c, .weights = w, .x = iopt_int8_value(c->root->in[0]), .range = range };
    IoptStatus status = IOPT_OK;
    int32_t *bias = NULL;
    IoptTensor *m = NULL;

    *why = NULL;
    if (w->outputs != c->channels || l.x.range.dtype != IOPT_QU8) {
        *why = "its input has more than 8 bits";
        return IOPT_OK;
    }
    IOPT_DO(iopt_alloc((void **)&bias, c->channels, sizeof *bias, err));
    IOPT_DO(iopt_tensor_create(IOPT_F32, &shape, &m, err));
    if (!set_numbers(c, w, l.x.range.scale, range ? range->scale : 1, bias, iopt_f32_mut(m)))
        *why = "a factor of its outputs is zero or not finite";
    else if (!sums_fit(w, inner_of(c, w->codes), bias))
        *why = "its sums could leave 32 bits";
    if (*why)
        goto done;
    l.bias = bias;
    l.m = m;
    IOPT_DO(emit(&l, replaced, err));
done:
    iopt_tensor_destroy(m);
    free(bias);
    return status;
}

static void count(IoptPlanInt8 *counts, const IoptNode *layer, const char *name, const char *why)
{
    (void)layer;
    if (!why) {
        counts->layers++;
        return;
    }
    if (counts->in_floats++ == 0) {
        counts->node = name;
        counts->why = why;
    }
}

static IoptStatus convert(Chain *c, const IoptInt8Range *range, IoptValue replaced, bool *done,
                          IoptPlanInt8 *counts, IoptError *err)
{
    const char *const name = c->root->name, *why;
    IoptInt8Weights weights;
    bool found;

    *done = false;
    IOPT_TRY(iopt_int8_weights_of(c->root, &weights, &found, &why, err));
    IoptStatus status = IOPT_OK;
    if (found) {
        status = make(c, &weights, range, replaced, &why, err);
        *done = status == IOPT_OK && !why;
    }
    if (*done || !range) /* a layer before a quantizer is looked at once more */
        count(counts, c->root, name, *done ? NULL : why);
    iopt_int8_weights_drop(&weights);
    return status;
}

/* The layer that a value comes from, looking through followers; NULL if it is none. */
static IoptNode *layer_behind(IoptValue value)
{
    IoptFollower f;

    for (;;) {
        IoptNode *const node = value.node;
        if (is_layer(node))
            return iopt_int8_is_coded(node->in[0]) ? node : NULL;
        if (!iopt_int8_is_free(node) || !iopt_follower_of(node, &f))
            return NULL;
        value = node->in[f.slot];
    }
}

/* The roots that a chain to this value can have: through an Add there may be two. */
static size_t find_roots(IoptValue value, IoptNode *roots[2])
{
    IoptFollower f;
    size_t count = 0;

    while (iopt_int8_is_free(value.node) && iopt_follower_of(value.node, &f) && !f.scales &&
           !f.shifts)
        value = value.node->in[f.slot];
    if (iopt_op_in(value.node->op, "Add|AddV2") && !iopt_follower_of(value.node, &f)) {
        for (size_t i = 0; i < 2; i++)
            if ((roots[count] = layer_behind(value.node->in[i])))
                count++;
        return count;
    }
    roots[0] = layer_behind(value);
    return roots[0] ? 1 : 0;
}

IoptStatus iopt_int8_layer_before(IoptNode *quantizer, const IoptInt8Range *range, bool *done,
                                  IoptPlanInt8 *counts, IoptError *err)
{
    IoptNode *roots[2];
    const size_t n = find_roots(quantizer->in[0], roots);

    *done = false;
    for (size_t i = 0; i < n && !*done; i++) {
        Chain chain;
        IoptStatus status = begin_chain(roots[i], &chain, err);
        if (status == IOPT_OK)
            status = grow_chain(&chain, quantizer, err);
        if (status == IOPT_OK && chain.channels > 0 && iopt_sole_reader(chain.tail) == quantizer)
            status = convert(&chain, range, (IoptValue){ quantizer, 0 }, done, counts, err);
        drop_chain(&chain);
        if (status != IOPT_OK)
            return status;
    }
    return IOPT_OK;
}

IoptStatus iopt_int8_layer_of(IoptNode *layer, IoptPlanInt8 *counts, IoptError *err)
{
    bool done;
    Chain chain;

    if (!is_layer(layer) || !iopt_int8_is_coded(layer->in[0]))
        return IOPT_OK;
    IoptStatus status = begin_chain(layer, &chain, err);
    if (status == IOPT_OK)
        status = grow_chain(&chain, NULL, err);
    if (status == IOPT_OK && chain.channels > 0)
        status = convert(&chain, NULL, (IoptValue){ chain.tail, 0 }, &done, counts, err);
    drop_chain(&chain);
    return status;
}
