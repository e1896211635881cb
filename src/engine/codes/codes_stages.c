/* What each stage of a program needs: from the ranges of a run, and from the extremes of the
 * source, which are sent through the stages one after the other. */
#include <math.h>
#include <stdlib.h>

#include "engine/codes/codes_settings.h"

/* --- extremes ------------------------------------------------------------------------------ */

/* Runs one op of the map on the extremes. */
static void send(IoptCodesSettings *s, IoptCodeMapOp op)
{
    IoptCodeMap *const code_map = (IoptCodeMap *)s->job->map->fn;
    IoptCodeMapJob map = s->work->map;
    void *const made = s->next;

    map.op = op;
    map.channels = s->job->channels;
    map.x_stride = map.y_stride = (ptrdiff_t)map.channels;
    map.lo = 0;
    map.hi = 255;
    code_map(&map, s->value, NULL, made, 0, IOPT_CODES_SIDES);
    s->next = s->value;
    s->value = made;
}

/* The least and the greatest of all extremes. */
void iopt_codes_find_ints(const IoptCodesSettings *s, int32_t *least, int32_t *most)
{
    const size_t n = IOPT_CODES_SIDES * s->job->channels;

    *least = INT32_MAX;
    *most = INT32_MIN;
    for (size_t i = 0; i < n; i++) {
        const int32_t v = ((const int32_t *)s->value)[i];
        *least = v < *least ? v : *least;
        *most = v > *most ? v : *most;
    }
}

IoptRange iopt_codes_find_reals(const IoptCodesSettings *s)
{
    const IoptCodeRangeJob range = { .of = IOPT_CODE_RANGE_F32,
                                     .channels = s->job->channels,
                                     .x_stride = (ptrdiff_t)s->job->channels };
    float *const least = s->next, *const most = least + range.channels;
    IoptRange found = { INFINITY, -INFINITY };

    ((IoptCodeRange *)s->job->range->fn)(&range, s->value, NULL, 0, IOPT_CODES_SIDES, least, most);
    for (size_t c = 0; c < range.channels; c++) {
        found.min = least[c] < found.min ? least[c] : found.min;
        found.max = most[c] > found.max ? most[c] : found.max;
    }
    return found;
}

/* --- stages --------------------------------------------------------------------------------- */

static const void *input_data(const IoptCodesSettings *s, const IoptNode *node, size_t slot)
{
    const IoptCodesSettingsJob *const job = s->job;
    const size_t k = job->first[iopt_codes_member(job->codes, node)] + slot;

    return iopt_place_at(&s->step->in[job->place[k]], s->call);
}

static float input_float(const IoptCodesSettings *s, const IoptNode *node, size_t slot)
{
    return *(const float *)input_data(s, node, slot);
}

static IoptRange input_range(const IoptCodesSettings *s, const IoptNode *node, size_t slot)
{
    return (IoptRange){ input_float(s, node, slot), input_float(s, node, slot + 1) };
}

static bool is_ordered(IoptRange range)
{
    return isfinite(range.min) && isfinite(range.max) && range.min <= range.max;
}

static bool shrinks_monotonously(const IoptCodeShrink *shrink, int32_t least, int32_t most)
{
    const double largest = fmax(fabs((double)least), fabs((double)most));

    return shrink->scale >= 0 && (double)shrink->scale * largest < 0x1p62 &&
           llabs(shrink->offset) < (long long)1 << 62;
}

/* False: only plain C will do. */
static bool set_shrink(IoptCodesSettings *s, const IoptCodesShrink *stage, IoptCodeShrink *out)
{
    IoptRange to;
    int32_t least = 0, most = 0;

    if (s->job->extremes != IOPT_CODES_NONE)
        iopt_codes_find_ints(s, &least, &most);
    if (stage->range) {
        to = iopt_taken_range(IOPT_QI32, least, most, s->range);
    } else {
        to = input_range(s, stage->node, 3);
        if (!(to.min <= 0) || !(to.max >= to.min))
            return false; /* Requantize refuses it */
    }
    *out = iopt_code_shrink(s->range, to);
    if (s->job->extremes != IOPT_CODES_NONE &&
        (!is_ordered(s->range) || !is_ordered(to) || !shrinks_monotonously(out, least, most)))
        return false;
    s->range = to;
    return true;
}

/* The bias in codes of the result, and how codes of x become such codes. */
static bool set_bias(IoptCodesSettings *s)
{
    IoptCodeMap *const code_map = (IoptCodeMap *)s->job->map->fn;
    const IoptNode *const node = s->job->codes->bias;
    const IoptRange given = input_range(s, node, 4), to = iopt_bias_range(s->range, given);
    const IoptToReal real = iopt_to_real(IOPT_QU8, s->range);
    const IoptToReal real_bias = iopt_to_real(IOPT_QU8, given);
    const IoptToCode code = iopt_to_code(IOPT_QI32, to);
    IoptCodeMapJob *const map = &s->work->map;

    if (!is_ordered(s->range) || !is_ordered(given) || !is_ordered(to) || !(to.max > 0) ||
        !isfinite(code.scale))
        return false;
    map->op = IOPT_CODE_BIAS;
    map->channels = s->job->bias_channels;
    map->base = real_bias.base;
    map->step = real_bias.scale;
    map->scale = code.scale;
    map->shift = code.shift;
    map->low = code.low;
    map->high = code.high;
    map->bias = s->job->zeros;
    code_map(map, input_data(s, node, 1), NULL, s->bias, 0, 1);
    const uint64_t zero = (uint64_t)iopt_code_of(IOPT_QI32, 0, to); /* 0 or -1, by rounding */
    for (size_t c = 0; zero && c < s->job->bias_channels; c++)
        s->bias[c] = iopt_wrap_i32((uint64_t)s->bias[c] + zero);
    map->base = real.base;
    map->step = real.scale;
    map->bias = s->bias;
    s->range = to;
    return true;
}

/* Whether no sum of a code and a bias leaves int32: then a sum grows with the code. */
static bool sums_fit(const IoptCodesSettings *s)
{
    const IoptCodeMapJob *const map = &s->work->map;
    const IoptToCode code = { map->scale, map->shift, map->low, map->high };
    int64_t least = iopt_code(&code, map->base),
            most = iopt_code(&code, map->base + 255 * map->step);
    int32_t low = INT32_MAX, high = INT32_MIN;

    for (size_t c = 0; c < s->job->bias_channels; c++) {
        low = s->bias[c] < low ? s->bias[c] : low;
        high = s->bias[c] > high ? s->bias[c] : high;
    }
    least += low;
    most += high;
    return least >= INT32_MIN && most <= INT32_MAX;
}

static void set_code(IoptCodesSettings *s, IoptRange range)
{
    const IoptToCode code = iopt_to_code(IOPT_QU8, range);
    IoptCodeMapJob *const map = &s->work->map;

    map->scale = code.scale;
    map->shift = code.shift;
    map->low = code.low;
    map->high = code.high;
    s->range = range;
}

static bool set_real(IoptCodesSettings *s)
{
    const IoptCodesProgram *const codes = s->job->codes;
    const IoptToReal real = iopt_dequantize_quint8(codes->real, s->range);
    IoptCodeMapJob *const map = &s->work->map;

    map->base = real.base;
    map->step = real.scale;
    map->factor = codes->factor;
    map->summand = codes->summand;
    return !codes->least || (is_ordered(s->range) && isfinite(map->base) && map->step >= 0);
}

static IoptStatus set_codes_of_reals(IoptCodesSettings *s, IoptError *err)
{
    const IoptCodesProgram *const codes = s->job->codes;
    IoptRange range;

    if (codes->least)
        range = iopt_codes_find_reals(s);
    else
        range = input_range(s, codes->code, 1);
    IOPT_TRY(iopt_quantize_range(codes->code, range, &range, err));
    set_code(s, range);
    return IOPT_OK;
}

static void set_limit(IoptCodesSettings *s)
{
    const IoptNode *const node = s->job->codes->limit;
    const IoptDType type = node->facts[0].dtype;
    IoptCodeMapJob *const map = &s->work->map;
    float most = INFINITY;

    if (iopt_is_op(node, "QuantizedReluX"))
        most = input_float(s, node, 1);
    else if (iopt_is_op(node, "QuantizedRelu6"))
        most = 6;
    map->lo = (int32_t)iopt_code_of(type, 0, s->range);
    map->hi = (int32_t)(isinf(most) && !iopt_is_op(node, "QuantizedReluX")
                            ? iopt_codes(type).high
                            : iopt_code_of(type, most, s->range));
}

/* The range of the source's codes. */
static IoptRange source_range(const IoptCodesSettings *s)
{
    const IoptCodesProgram *const codes = s->job->codes;
    const IoptNode *const root = codes->root;

    if (iopt_op_in(root->op, "QuantizeV2|Min|Max"))
        return (IoptRange){ 0, 0 };
    if (iopt_is_op(root, "QuantizedAdd"))
        return iopt_sum_range(input_range(s, root, 2), input_range(s, root, 4));
    if (codes->source != IOPT_CODES_OF_VALUE)
        return iopt_product_range(IOPT_QU8, input_range(s, root, 2), IOPT_QU8,
                                  input_range(s, root, 4));
    return input_range(s, root, iopt_op_in(root->op, "QuantizedBiasAdd|QuantizedReluX") ? 2 : 1);
}

/* --- all stages ----------------------------------------------------------------------------- */

/* Extremes of codes came as int32. */
static void narrow(IoptCodesSettings *s)
{
    const size_t n = IOPT_CODES_SIDES * s->job->channels;

    for (size_t i = 0; i < n; i++)
        ((uint8_t *)s->next)[i] = (uint8_t)((const int32_t *)s->value)[i];
    void *const was = s->value;
    s->value = s->next;
    s->next = was;
}

/* The extremes of all threads as those of one, into s->value; some threads may have had nothing. */
static void merge_threads(IoptCodesSettings *s)
{
    const IoptCodesSettingsJob *const job = s->job;
    const IoptPlace *const place = &s->step->in[job->extremes];
    const size_t n = job->channels, sides = place->rows;
    const void *const all = iopt_place_at(place, s->call);

    if (job->of_reals) {
        float *const merged = s->value;
        const float *const found = all;
        for (size_t i = 0; i < 2 * n; i++)
            merged[i] = found[i];
        for (size_t side = 2; side < sides; side++)
            for (size_t c = 0; c < n; c++) {
                float *const to = &merged[side % 2 * n + c];
                const float v = found[side * n + c];
                *to = (side % 2 ? v > *to : v < *to) ? v : *to;
            }
        return;
    }
    int32_t *const merged = s->value;
    const int32_t *const found = all;
    for (size_t i = 0; i < 2 * n; i++)
        merged[i] = found[i];
    for (size_t side = 2; side < sides; side++)
        for (size_t c = 0; c < n; c++) {
            int32_t *const to = &merged[side % 2 * n + c];
            const int32_t v = found[side * n + c];
            *to = (side % 2 ? v > *to : v < *to) ? v : *to;
        }
}

/* From qint32, or from codes that lie somewhere, to what is then sent on. */
static bool set_first(IoptCodesSettings *s, bool looks)
{
    const IoptCodesProgram *const codes = s->job->codes;
    const bool goes_on = looks && (codes->bias || codes->code);

    if (codes->first.node) {
        if (!set_shrink(s, &codes->first, &s->work->map.first))
            return false;
        if (goes_on)
            send(s, IOPT_CODE_SHRINK);
    } else if (goes_on && (codes->bias || codes->real)) {
        narrow(s);
    }
    return true;
}

static bool set_biased(IoptCodesSettings *s, bool looks)
{
    if (!set_bias(s) || (looks && !sums_fit(s)))
        return false;
    if (looks)
        send(s, IOPT_CODE_BIAS);
    return true;
}

IoptStatus iopt_codes_set_stages(IoptCodesSettings *s, IoptError *err)
{
    const IoptCodesProgram *const codes = s->job->codes;
    const bool looks = s->job->extremes != IOPT_CODES_NONE;

    s->work->map.lo = 0;
    s->work->map.hi = 255;
    s->range = source_range(s);
    if (looks)
        merge_threads(s);
    s->work->plain = !set_first(s, looks) || (codes->bias && !set_biased(s, looks)) ||
                     (codes->last.node && !set_shrink(s, &codes->last, &s->work->map.last)) ||
                     (codes->real && !set_real(s));
    if (s->work->plain)
        return IOPT_OK;
    if (codes->real && codes->least)
        send(s, IOPT_CODE_REAL);
    if (codes->code)
        IOPT_TRY(set_codes_of_reals(s, err));
    if (codes->limit)
        set_limit(s);
    return IOPT_OK;
}
