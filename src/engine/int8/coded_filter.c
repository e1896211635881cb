/* Weights of 8 bits: found behind the nodes that make floats of them.
 *
 * Codes of a fake quantization run from 0 or 1 to 255, with a zero point; where all differences to
 * it fit into int8 they are the codes, else 128 is taken off both.
 */
#include "engine/int8/coded_filter.h"

#include <math.h>
#include <stdlib.h>

#include "engine/int8/int8_range.h"
#include "ops/fake_quant.h"
#include "ops/op.h"

enum { MOST_DEPTH = 8 }; /* of constant arithmetic before a filter */

/* Where the outputs are in a filter. */
typedef struct Outputs {
    int first, last;     /* axes, both included */
    size_t count;        /* of them all */
    size_t outer, inner; /* elements before and behind: of the filter as [outer, count, inner] */
    const IoptShape *shape;
} Outputs;

static Outputs outputs_of(const IoptNode *layer, const IoptShape *shape)
{
    Outputs o = { .first = shape->rank - 1, .last = shape->rank - 1, 1, 1, 1, shape };

    if (iopt_is_op(layer, "DepthwiseConv2dNative"))
        o.first--;
    if (iopt_is_op(layer, "MatMul") && iopt_attr_bool(layer, "transpose_b", false))
        o.first = o.last = 0;
    for (int i = 0; i < shape->rank; i++)
        *(i < o.first ? &o.outer : i > o.last ? &o.inner : &o.count) *= (size_t)shape->dim[i];
    return o;
}

static size_t output_of(const Outputs *o, size_t element)
{
    return element / o->inner % o->count;
}

/* --- values that never change ----------------------------------------------------------------- */

static IoptStatus known_at(IoptValue value, int depth, const IoptTensor **tensor,
                           IoptTensor **owned, IoptError *err);

/* Unpacking makes weights some times as large, not a thousand times. */
static bool is_bounded(const IoptNode *node, const IoptTensor *const *in)
{
    const IoptFact *const fact = node->facts; /* of its only output */
    size_t elems, bytes, most = 1 << 20;

    if (!fact || !iopt_shape_known(&fact->shape))
        return true;
    for (size_t i = 0; i < node->n_in; i++)
        most += 64 * in[i]->bytes;
    return iopt_tensor_size(fact->dtype, &fact->shape, &elems, &bytes, NULL) == IOPT_OK &&
           bytes <= most;
}

/* One node from known inputs. */
static IoptStatus evaluate(const IoptNode *node, int depth, IoptTensor **out, IoptError *err)
{
    const uint32_t never = IOPT_OP_STATEFUL | IOPT_OP_RANDOM | IOPT_OP_CONTROL;
    const IoptOp *const op = iopt_op_of(node);
    enum { MOST_IN = 4 };
    const IoptTensor *in[MOST_IN] = { NULL };
    IoptTensor *owned[MOST_IN] = { NULL };
    IoptStatus status = IOPT_OK;
    bool known = op && op->eval && !(op->flags & never) && node->n_in > 0 &&
                 node->n_in <= MOST_IN && node->n_out == 1;

    *out = NULL;
    for (size_t i = 0; known && i < node->n_in; i++) {
        IOPT_DO(known_at(node->in[i], depth + 1, &in[i], &owned[i], err));
        known = in[i] != NULL;
    }
    if (known && is_bounded(node, in))
        IOPT_DO(iopt_op_eval(op, node, in, out, err));
done:
    for (size_t i = 0; i < MOST_IN; i++)
        iopt_tensor_destroy(owned[i]);
    return status;
}

static IoptStatus known_at(IoptValue value, int depth, const IoptTensor **tensor,
                           IoptTensor **owned, IoptError *err)
{
    const IoptTensor *const constant = iopt_const(value.node);

    *owned = NULL;
    *tensor = constant ? constant : iopt_fact_at(value).value;
    if (*tensor || depth > MOST_DEPTH || value.port != 0)
        return IOPT_OK;
    IOPT_TRY(evaluate(value.node, depth, owned, err));
    *tensor = *owned;
    return IOPT_OK;
}

IoptStatus iopt_int8_known(IoptValue value, const IoptTensor **tensor, IoptTensor **owned,
                           IoptError *err)
{
    IOPT_TRY(known_at(value, 0, tensor, owned, err));
    if (!*tensor || *owned || (uintptr_t)(*tensor)->data % _Alignof(double) == 0)
        return IOPT_OK;
    IOPT_TRY(iopt_tensor_clone(*tensor, owned, err)); /* as it lies in the file, at any address */
    *tensor = *owned;
    return IOPT_OK;
}

/* --- scales ----------------------------------------------------------------------------------- */

/* Spreads a tensor that broadcasts against the filter over the outputs; false if it differs along
 * another axis. */
static bool spread(const Outputs *o, const IoptTensor *values, double *scale)
{
    const IoptShape *const s = &values->shape;
    const int shift = o->shape->rank - s->rank;

    if (shift < 0 || values->dtype != IOPT_F32)
        return false;
    for (int i = 0; i < s->rank; i++)
        if (s->dim[i] != 1 &&
            (i + shift < o->first || i + shift > o->last || s->dim[i] != o->shape->dim[i + shift]))
            return false;
    for (size_t k = 0; k < o->count; k++) {
        size_t at = 0, left = k, stride = 1;
        for (int axis = o->last; axis >= o->first; axis--) {
            const size_t size = (size_t)o->shape->dim[axis], index = left % size;
            left /= size;
            if (axis - shift >= 0 && s->dim[axis - shift] != 1) {
                at += index * stride;
                stride *= size;
            }
        }
        scale[k] = iopt_tensor_get_f64(values, at);
    }
    return true;
}

/* A scale has to be positive; an output whose weights are all zero may have any. */
static bool settle_scales(const Outputs *o, IoptInt8Weights *w)
{
    int8_t *const codes = w->codes->data;

    for (size_t k = 0; k < o->count; k++) {
        if (!isfinite(w->scale[k]) || w->scale[k] < 0)
            return false;
        if (w->scale[k] > 0)
            continue;
        w->scale[k] = 0x1p-20;
        for (size_t i = 0; i < iopt_elems(w->codes); i++)
            if (output_of(o, i) == k)
                codes[i] = (int8_t)(w->zero ? w->zero[k] : 0);
    }
    return true;
}

static IoptStatus alloc(const IoptShape *shape, size_t outputs, IoptInt8Weights *w, IoptError *err)
{
    w->outputs = outputs;
    IOPT_TRY(iopt_alloc((void **)&w->scale, outputs, sizeof *w->scale, err));
    return iopt_tensor_create(IOPT_I8, shape, &w->codes, err);
}

/* --- Mul(Cast(codes), scale) ------------------------------------------------------------------ */

static const IoptNode *skip_identities(const IoptNode *node)
{
    while (iopt_op_in(node->op, "Identity|Snapshot|StopGradient") && node->n_in == 1)
        node = node->in[0].node;
    return node;
}

/* The int8 Const behind a Cast to float, or NULL. */
static const IoptTensor *cast_codes(IoptValue value)
{
    const IoptNode *const cast = skip_identities(value.node);

    if (!iopt_is_op(cast, "Cast") || cast->n_in != 1 || cast->facts[0].dtype != IOPT_F32)
        return NULL;
    const IoptTensor *const codes = iopt_const(skip_identities(cast->in[0].node));
    return codes && codes->dtype == IOPT_I8 ? codes : NULL;
}

static IoptStatus read_cast(const IoptNode *layer, const IoptNode *mul, IoptInt8Weights *w,
                            bool *found, IoptError *err)
{
    if (!iopt_is_op(mul, "Mul") || mul->n_in != 2)
        return IOPT_OK;
    const size_t slot = cast_codes(mul->in[0]) ? 0 : 1;
    const IoptTensor *const codes = cast_codes(mul->in[slot]);
    const IoptTensor *const scale = iopt_fact_at(mul->in[1 - slot]).value;
    if (!codes || !scale || codes->shape.rank < 1 ||
        !iopt_shape_equal(&codes->shape, &mul->facts[0].shape))
        return IOPT_OK;
    const Outputs o = outputs_of(layer, &codes->shape);
    IOPT_TRY(alloc(&codes->shape, o.count, w, err));
    if (codes->bytes)
        memcpy(w->codes->data, codes->data, codes->bytes);
    *found = spread(&o, scale, w->scale);
    return IOPT_OK;
}

/* --- fake quantizations of known weights ------------------------------------------------------ */

/* The steps of one output. */
typedef struct Steps {
    float min, max, step; /* value of code 0; the range */
    int32_t zero, top;
    bool symmetric, half_up;
} Steps;

static int32_t code_of(const Steps *s, float x)
{
    const float inside = x < s->min ? s->min : x > s->max ? s->max : x;

    if (!s->symmetric)
        return (int32_t)floorf((inside - s->min) / s->step + 0.5F);
    const float scaled = inside / s->step;
    return (int32_t)(s->half_up ? floorf(scaled + 0.5F) : rintf(scaled)) + s->zero;
}

/* Which slice of the quantizer's ranges an output belongs to. */
static size_t slice_of(const IoptNode *quantizer, const Outputs *o, size_t output)
{
    int64_t axis = iopt_attr_int(quantizer, "axis", -1);

    if (iopt_is_op(quantizer, "FakeQuantWithMinMaxVarsPerChannel"))
        axis = o->shape->rank - 1;
    if (axis < 0)
        return 0;
    for (int i = o->last; i > axis; i--)
        output /= (size_t)o->shape->dim[i];
    return output % (size_t)o->shape->dim[axis];
}

/* Whether ranges differ along outputs only. */
static bool slices_outputs(const IoptNode *quantizer, const Outputs *o)
{
    int64_t axis = iopt_attr_int(quantizer, "axis", -1);

    if (iopt_is_op(quantizer, "FakeQuantWithMinMaxVarsPerChannel"))
        axis = o->shape->rank - 1;
    return axis < 0 || (axis >= o->first && axis <= o->last);
}

static bool fake_quant_steps(const IoptNode *node, const IoptTensor *const *in, size_t slice,
                             Steps *s)
{
    float min = iopt_attr_float(node, "min", -6), max = iopt_attr_float(node, "max", 6);
    float first, last;

    if (node->n_in == 3) {
        if (slice >= iopt_elems(in[1]) || slice >= iopt_elems(in[2]))
            return false;
        min = iopt_f32(in[1])[slice];
        max = iopt_f32(in[2])[slice];
    }
    if (iopt_fake_quant_codes(node, &first, &last, NULL) != IOPT_OK)
        return false;
    if (min == 0 && max == 0) { /* all zeros */
        *s = (Steps){ 0 };
        return true;
    }
    if (!(min < max))
        return false;
    const IoptNudged n = iopt_fake_quant_nudge(min, max, first, last);
    if (!isfinite(n.step) || !isfinite(n.zero))
        return false;
    *s = (Steps){ .min = n.min,
                  .max = n.max,
                  .step = n.step,
                  .zero = (int32_t)(n.zero - first),
                  .top = (int32_t)(last - first) };
    return true;
}

static bool steps_of(const IoptNode *node, const IoptTensor *const *in, size_t slice, Steps *s)
{
    IoptSymmetricSteps steps;

    if (node->op[0] == 'F')
        return fake_quant_steps(node, in, slice, s);
    if (iopt_symmetric_steps(node, in, &in[0]->shape, slice, &steps, NULL) != IOPT_OK ||
        steps.max_code - steps.min_code > UINT8_MAX)
        return false;
    *s = (Steps){ .min = steps.min_code * steps.step,
                  .max = steps.max_code * steps.step,
                  .step = steps.step,
                  .zero = (int32_t)-steps.min_code,
                  .top = (int32_t)(steps.max_code - steps.min_code),
                  .symmetric = true };
    s->half_up = strcmp(iopt_attr_string(node, "round_mode", "HALF_TO_EVEN"), "HALF_UP") == 0;
    return true;
}

/* A step of zero makes zeros of all weights. */
static bool can_count_in(const Steps *s)
{
    return s->step == 0 || (s->step > 0 && isfinite(1 / s->step) && isfinite(s->max - s->min));
}

/* Codes without their zero points, as far as they fit into int8; *found = false if one is none. */
static IoptStatus store_codes(const Outputs *o, const IoptTensor *x, const Steps *steps,
                              IoptInt8Weights *w, bool *found, IoptError *err)
{
    int8_t *const codes = w->codes->data;
    bool fits = true;

    for (size_t i = 0; i < iopt_elems(x) && *found; i++)
        *found = !isnan(iopt_f32(x)[i]);
    if (!*found)
        return IOPT_OK;
    for (size_t i = 0; i < iopt_elems(x) && fits; i++) {
        const Steps *const s = &steps[output_of(o, i)];
        const int32_t code = s->step > 0 ? code_of(s, iopt_f32(x)[i]) - s->zero : 0;
        fits = code >= INT8_MIN && code <= INT8_MAX;
        codes[i] = (int8_t)code;
    }
    if (fits)
        return IOPT_OK;
    IOPT_TRY(iopt_alloc((void **)&w->zero, o->count, sizeof *w->zero, err));
    for (size_t k = 0; k < o->count; k++)
        w->zero[k] = steps[k].zero - 128;
    for (size_t i = 0; i < iopt_elems(x); i++) {
        const Steps *const s = &steps[output_of(o, i)];
        codes[i] = (int8_t)((s->step > 0 ? code_of(s, iopt_f32(x)[i]) : s->zero) - 128);
    }
    return IOPT_OK;
}

static IoptStatus read_steps(const IoptNode *node, const IoptTensor *const *in, const Outputs *o,
                             IoptInt8Weights *w, bool *found, IoptError *err)
{
    Steps *steps;

    IOPT_TRY(alloc(&in[0]->shape, o->count, w, err));
    IOPT_TRY(iopt_alloc((void **)&steps, o->count, sizeof *steps, err));
    *found = true;
    for (size_t k = 0; k < o->count && *found; k++) {
        *found = steps_of(node, in, slice_of(node, o, k), &steps[k]) && steps[k].top <= UINT8_MAX &&
                 can_count_in(&steps[k]);
        w->scale[k] = (double)steps[k].step;
    }
    const IoptStatus status = *found ? store_codes(o, in[0], steps, w, found, err) : IOPT_OK;
    free(steps);
    return status;
}

static IoptStatus read_quantizer(const IoptNode *layer, const IoptNode *node, IoptInt8Weights *w,
                                 bool *found, IoptError *err)
{
    enum { MOST_IN = 4 };
    const IoptTensor *in[MOST_IN] = { NULL };
    IoptTensor *owned[MOST_IN] = { NULL };
    IoptStatus status = IOPT_OK;
    bool known = iopt_int8_is_quantizer(node) && node->n_in <= MOST_IN;

    for (size_t i = 0; known && i < node->n_in; i++) {
        IOPT_DO(iopt_int8_known(node->in[i], &in[i], &owned[i], err));
        known = in[i] && (i == 3 || in[i]->dtype == IOPT_F32);
    }
    if (known && in[0]->shape.rank >= 1) {
        const Outputs o = outputs_of(layer, &in[0]->shape);
        if (slices_outputs(node, &o))
            IOPT_DO(read_steps(node, in, &o, w, found, err));
    }
done:
    for (size_t i = 0; i < MOST_IN; i++)
        iopt_tensor_destroy(owned[i]);
    return status;
}

IoptStatus iopt_int8_weights_of(const IoptNode *layer, IoptInt8Weights *out, bool *found,
                                const char **why, IoptError *err)
{
    const IoptNode *const made_by = skip_identities(layer->in[1].node);
    IoptStatus status = IOPT_OK;

    *out = (IoptInt8Weights){ 0 };
    *found = false;
    *why = "its weights are not quantized";
    IOPT_DO(read_cast(layer, made_by, out, found, err));
    if (!*found) {
        iopt_int8_weights_drop(out);
        IOPT_DO(read_quantizer(layer, made_by, out, found, err));
    }
    if (*found) {
        const Outputs o = outputs_of(layer, &out->codes->shape);
        *found = settle_scales(&o, out);
        *why = "a scale of its weights is negative or not a number";
    }
done:
    if (status != IOPT_OK || !*found)
        iopt_int8_weights_drop(out);
    return status;
}

void iopt_int8_weights_drop(IoptInt8Weights *weights)
{
    iopt_tensor_destroy(weights->codes);
    free(weights->scale);
    free(weights->zero);
    *weights = (IoptInt8Weights){ 0 };
}
