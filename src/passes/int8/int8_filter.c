/* Rounding filters to int8, and the nodes that turn them back into floats. */
#include "passes/int8/int8_filter.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { LIMIT = 127, TRIES = 40 };

/* Channels below this cannot be told from zeros: their scale would be no normal number. */
static const float tiny = 1e-30f;

/* --- shapes ------------------------------------------------------------------------------- */

/* [out,in] of MatMul with transpose_b, and [h,w,out,in] of Conv2DBackpropInput. */
static bool has_channels_before(const IoptFilterLayout *layout)
{
    return layout->out_axis == 2;
}

static bool is_transposed(const IoptFilterLayout *layout)
{
    return has_channels_before(layout) && layout->rank == 2;
}

IoptStatus iopt_int8_matrix(const IoptTensor *filter, const IoptFilterLayout *layout,
                            IoptTensor **out, IoptError *err)
{
    if (!is_transposed(layout))
        return iopt_tensor_clone(filter, out, err);
    const int64_t channels = filter->shape.dim[0], taps = filter->shape.dim[1];
    const int64_t dims[2] = { taps, channels };
    const IoptShape shape = iopt_shape(2, dims);
    IOPT_TRY(iopt_tensor_create(IOPT_F32, &shape, out, err));
    for (int64_t c = 0; c < channels; c++)
        for (int64_t k = 0; k < taps; k++)
            iopt_f32_mut(*out)[k * channels + c] = iopt_f32(filter)[c * taps + k];
    return IOPT_OK;
}

/* [C], [C,M] or [C,1]: broadcasts over the filter's last axes. */
static IoptShape scale_shape(const IoptTensor *matrix, const IoptFilterLayout *layout)
{
    const int64_t *const last = &matrix->shape.dim[matrix->shape.rank - 1];
    const int64_t column[2] = { last[-1], 1 };

    if (layout->is_depthwise)
        return iopt_shape(2, last - 1);
    return has_channels_before(layout) && !is_transposed(layout) ? iopt_shape(2, column)
                                                                 : iopt_shape(1, last);
}

/* --- rounding one channel ------------------------------------------------------------------ */

/* To the nearest integer, ties to even, for |x| < 2^22: adding 1.5 * 2^23 leaves no room for a
 * fraction. */
static float nearest(float x)
{
    return (x + 12582912.0f) - 12582912.0f;
}

static float to_code(float w, float inverse)
{
    const float q = nearest(w * inverse);
    return q < -LIMIT ? -LIMIT : q > LIMIT ? LIMIT : q;
}

static double squared_error(const float *w, size_t n, float scale)
{
    const float inverse = 1.0f / scale;
    double sum = 0;

    for (size_t begin = 0; begin < n; begin += 256) {
        const size_t end = begin + 256 < n ? begin + 256 : n;
        float part[4] = { 0 }; /* a compiler keeps these apart, so that they can be one vector */
        size_t i = begin;
        for (; i + 4 <= end; i += 4)
            for (size_t k = 0; k < 4; k++) {
                const float e = w[i + k] - to_code(w[i + k], inverse) * scale;
                part[k] += e * e;
            }
        for (; i < end; i++) {
            const float e = w[i] - to_code(w[i], inverse) * scale;
            part[0] += e * e;
        }
        sum += (double)part[0] + (double)part[1] + (double)part[2] + (double)part[3];
    }
    return sum;
}

/* The scale with which given codes come nearest to w. */
static float fit(const float *w, size_t n, float scale)
{
    const float inverse = 1.0f / scale;
    double wq = 0, qq = 0;

    for (size_t i = 0; i < n; i++) {
        const double q = (double)to_code(w[i], inverse);
        wq += (double)w[i] * q;
        qq += q * q;
    }
    return qq > 0 ? (float)(wq / qq) : scale;
}

static float choose_scale(const float *w, size_t n, bool least_squares)
{
    float largest = 0;

    for (size_t i = 0; i < n; i++)
        largest = fmaxf(largest, fabsf(w[i]));
    if (!(largest > tiny))
        return 1.0f;
    float best = largest / LIMIT;
    if (!least_squares)
        return best;
    double least = squared_error(w, n, best);
    for (int i = 1; i <= TRIES; i++) {
        const float scale = largest / LIMIT * (1.0f - 0.01f * (float)i);
        const double error = squared_error(w, n, scale);
        if (error < least) {
            least = error;
            best = scale;
        }
    }
    const float fitted = fit(w, n, best);
    return squared_error(w, n, fitted) < least ? fitted : best;
}

/* --- whole filters ------------------------------------------------------------------------ */

static IoptStatus create(const IoptTensor *matrix, const IoptFilterLayout *layout,
                         IoptInt8Weights *out, IoptError *err)
{
    const IoptShape shape = scale_shape(matrix, layout);

    *out = (IoptInt8Weights){ 0 };
    IOPT_TRY(iopt_tensor_create(IOPT_I8, &matrix->shape, &out->values, err));
    return iopt_tensor_create(IOPT_F32, &shape, &out->scale, err);
}

static double to_db(double power, double error)
{
    return error > 0 ? 10 * log10(power / error) : (double)INFINITY;
}

/* Where element (tap, channel) lies: channels last, or `inner` taps behind each channel. */
typedef struct Places {
    size_t channels, taps, inner;
} Places;

static Places places_of(const IoptTensor *matrix, const IoptInt8Weights *weights)
{
    const IoptShape *const shape = &matrix->shape, *const scale = &weights->scale->shape;
    const size_t channels = iopt_elems(weights->scale);
    const bool is_before =
        scale->rank == 2 && scale->dim[1] == 1 && shape->dim[shape->rank - 1] != 1;

    return (Places){ channels, iopt_elems(matrix) / channels,
                     is_before ? (size_t)shape->dim[shape->rank - 1] : 1 };
}

static size_t place(const Places *p, size_t tap, size_t channel)
{
    return (tap / p->inner * p->channels + channel) * p->inner + tap % p->inner;
}

enum { BLOCK = 16 }; /* channels that are gathered together: a cache line of them */

static IoptStatus round_all(const IoptTensor *matrix, bool least_squares, const float *least,
                            IoptInt8Weights *out, IoptError *err)
{
    const float *const w = iopt_f32(matrix);
    const Places places = places_of(matrix, out);
    const size_t channels = places.channels, taps = places.taps;
    int8_t *const values = out->values->data;
    double power = 0, error = 0;
    void *block;

    IOPT_TRY(iopt_alloc(&block, taps, BLOCK * sizeof(float), err));
    float *const columns = block;
    for (size_t first = 0; first < channels; first += BLOCK) {
        const size_t n = channels - first < BLOCK ? channels - first : BLOCK;
        for (size_t k = 0; k < taps; k++)
            for (size_t c = 0; c < n; c++)
                columns[c * taps + k] = w[place(&places, k, first + c)];
        for (size_t c = 0; c < n; c++) {
            const float *const column = columns + c * taps;
            const float chosen = choose_scale(column, taps, least_squares);
            const float scale = least ? fmaxf(chosen, least[first + c]) : chosen;
            iopt_f32_mut(out->scale)[first + c] = scale;
            error += squared_error(column, taps, scale);
            for (size_t k = 0; k < taps; k++) {
                values[place(&places, k, first + c)] = (int8_t)to_code(column[k], 1.0f / scale);
                power += (double)column[k] * (double)column[k];
            }
        }
    }
    out->sqnr_db = to_db(power, error);
    free(block);
    return IOPT_OK;
}

IoptStatus iopt_int8_weights_choose(const IoptTensor *filter, const IoptFilterLayout *layout,
                                    bool least_squares, const float *least, IoptInt8Weights *out,
                                    IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptTensor *matrix = NULL;

    *out = (IoptInt8Weights){ 0 };
    IOPT_DO(iopt_int8_matrix(filter, layout, &matrix, err));
    IOPT_DO(create(matrix, layout, out, err));
    IOPT_DO(round_all(matrix, least_squares, least, out, err));
done:
    iopt_tensor_destroy(matrix);
    if (status != IOPT_OK)
        iopt_int8_weights_free(out);
    return status;
}

IoptStatus iopt_int8_weights_given(const IoptTensor *filter, const IoptFilterLayout *layout,
                                   const IoptTensor *values, const float *scale,
                                   IoptInt8Weights *out, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptTensor *matrix = NULL;
    double power = 0, error = 0;

    *out = (IoptInt8Weights){ 0 };
    IOPT_DO(iopt_int8_matrix(filter, layout, &matrix, err));
    IOPT_DO(create(matrix, layout, out, err));
    if (values->bytes != out->values->bytes)
        IOPT_DO(iopt_fail(err, IOPT_INVALID_ARGUMENT, "refined weights of another shape: %s for %s",
                          iopt_tensor_text(values).s, iopt_tensor_text(matrix).s));
    memcpy(out->values->data, values->data, values->bytes);
    memcpy(out->scale->data, scale, out->scale->bytes);
    const size_t channels = iopt_elems(out->scale);
    for (size_t i = 0; i < iopt_elems(matrix); i++) {
        const double w = (double)iopt_f32(matrix)[i];
        const double e = w - ((const int8_t *)values->data)[i] * (double)scale[i % channels];
        power += w * w;
        error += e * e;
    }
    out->sqnr_db = to_db(power, error);
done:
    iopt_tensor_destroy(matrix);
    if (status != IOPT_OK)
        iopt_int8_weights_free(out);
    return status;
}

void iopt_int8_weights_free(IoptInt8Weights *weights)
{
    iopt_tensor_destroy(weights->values);
    iopt_tensor_destroy(weights->scale);
    *weights = (IoptInt8Weights){ 0 };
}

/* --- nodes -------------------------------------------------------------------------------- */

static IoptStatus add_const(const IoptNode *like, const char *suffix, IoptTensor *taken,
                            IoptNode **out, IoptError *err)
{
    char name[512];

    (void)snprintf(name, sizeof name, "%s/%s", like->name, suffix);
    const char *const unique = iopt_graph_unique_name(like->graph, name);
    if (!unique) {
        iopt_tensor_destroy(taken);
        return iopt_fail_memory(err, 0);
    }
    IOPT_TRY(iopt_graph_add_const(like->graph, unique, taken, out, err));
    (*out)->device = like->device;
    return IOPT_OK;
}

static IoptStatus add_node(const IoptNode *like, const char *suffix, const char *op, IoptNode **out,
                           IoptError *err)
{
    char name[512];

    (void)snprintf(name, sizeof name, "%s/%s", like->name, suffix);
    const char *const unique = iopt_graph_unique_name(like->graph, name);
    if (!unique)
        return iopt_fail_memory(err, 0);
    IOPT_TRY(iopt_graph_add(like->graph, unique, op, out, err));
    (*out)->device = like->device;
    return IOPT_OK;
}

/* `to` takes the name of `from`, which nobody reads any more and which goes. */
static IoptStatus take_name(IoptNode *from, IoptNode *to, IoptError *err)
{
    const char *const name = from->name;

    if (iopt_node_uses(from))
        return IOPT_OK;
    iopt_graph_remove(from);
    return iopt_graph_rename(to, name, err);
}

IoptStatus iopt_int8_set_const(IoptNode *node, size_t slot, IoptTensor *taken, IoptError *err)
{
    IoptNode *const old = node->in[slot].node;
    IoptNode *made;

    IOPT_TRY(add_const(old, "int8", taken, &made, err));
    IOPT_TRY(iopt_node_set_input(node, slot, (IoptValue){ made, 0 }, err));
    return take_name(old, made, err);
}

IoptStatus iopt_int8_weights_build(IoptNode *layer, const IoptFilterLayout *layout,
                                   IoptInt8Weights *weights, IoptError *err)
{
    IoptNode *const old = layer->in[layout->slot].node;
    IoptTensor *const values = weights->values, *scales = weights->scale;
    IoptStatus status = IOPT_OK;
    IoptNode *codes, *cast, *scale, *mul;

    weights->values = weights->scale = NULL;
    IOPT_DO(add_const(old, "int8", values, &codes, err));
    IoptTensor *const given = scales;
    scales = NULL; /* taken by the next call */
    IOPT_DO(add_const(old, "scale", given, &scale, err));
    IOPT_DO(add_node(old, "cast", "Cast", &cast, err));
    IOPT_DO(iopt_node_set_type(cast, "SrcT", IOPT_I8, err));
    IOPT_DO(iopt_node_set_type(cast, "DstT", IOPT_F32, err));
    IOPT_DO(iopt_node_add_input(cast, (IoptValue){ codes, 0 }, err));
    IOPT_DO(add_node(old, "scaled", "Mul", &mul, err));
    IOPT_DO(iopt_node_set_type(mul, "T", IOPT_F32, err));
    IOPT_DO(iopt_node_add_input(mul, (IoptValue){ cast, 0 }, err));
    IOPT_DO(iopt_node_add_input(mul, (IoptValue){ scale, 0 }, err));
    IOPT_DO(iopt_node_set_input(layer, layout->slot, (IoptValue){ mul, 0 }, err));
    if (is_transposed(layout))
        IOPT_DO(iopt_node_set_bool(layer, "transpose_b", false, err));
    IOPT_DO(take_name(old, mul, err));
done:
    iopt_tensor_destroy(scales);
    return status;
}
