/* FakeQuantWithMinMax*, QuantizeAndDequantize*: a settings step turns the range, given or found,
 * into what kernel fakequant needs. */
#include <math.h>

#include "engine/codes/codes.h"
#include "kernels/fakequant/fakequant.h"
#include "ops/fake_quant.h"

enum { LO, HI, SCALE, STEP, SETTINGS }; /* rows of the settings */

typedef struct FakeJob {
    const IoptNode *node;
    const IoptVariant *variant;
    IoptFakeQuantJob job;
    size_t rows, count; /* count: ranges, one or one for each channel */
    size_t sides;       /* rows of extremes; 0: the range is given */
    bool symmetric;     /* QuantizeAndDequantize */
} FakeJob;

static bool is_symmetric(const IoptNode *node)
{
    return strncmp(node->op, "QuantizeAndDequantize", 21) == 0;
}

static bool is_float_of_one(const IoptNode *node, size_t slot)
{
    return iopt_is_f32(node->in[slot]) && iopt_value_elems(node->in[slot]) == 1;
}

static bool fits(const IoptNode *node)
{
    if (!iopt_is_f32(node->in[0]) || iopt_value_elems(node->in[0]) == 0)
        return false;
    if (!is_symmetric(node))
        return true;
    return iopt_attr_int(node, "axis", -1) < 0 &&
           (node->n_in == 1 || (is_float_of_one(node, 1) && is_float_of_one(node, 2))) &&
           (node->n_in < 4 ||
            (iopt_fact_at(node->in[3]).dtype == IOPT_I32 && iopt_value_elems(node->in[3]) == 1));
}

/* --- running -------------------------------------------------------------------------------- */

static void put(float *settings, size_t count, size_t i, float lo, float hi, float scale,
                float step)
{
    settings[LO * count + i] = lo;
    settings[HI * count + i] = hi;
    settings[SCALE * count + i] = scale;
    settings[STEP * count + i] = step;
}

/* in: nothing, or min and max */
static IoptStatus set_fake(const FakeJob *job, const IoptStep *step, const IoptStepCall *call,
                           float *settings, IoptError *err)
{
    const IoptNode *const node = job->node;
    const bool args = step->n_in == 0;
    const float min = iopt_attr_float(node, "min", -6), max = iopt_attr_float(node, "max", 6);
    const float *const mins = args ? &min : iopt_place_at(&step->in[0], call);
    const float *const maxs = args ? &max : iopt_place_at(&step->in[1], call);
    float qmin, qmax;

    IOPT_TRY(iopt_fake_quant_codes(node, &qmin, &qmax, err));
    for (size_t c = 0; c < job->count; c++) {
        const IoptNudged r = iopt_fake_quant_nudge(mins[c], maxs[c], qmin, qmax);
        if (!args && mins[c] == 0 && maxs[c] == 0)
            put(settings, job->count, c, 0, 0, 0, 0); /* zeros */
        else
            put(settings, job->count, c, r.min, r.max, 1.0f / r.step, r.step);
    }
    return IOPT_OK;
}

/* The range of all threads' extremes. */
static IoptRange found(const FakeJob *job, const IoptPlace *place, const IoptStepCall *call)
{
    const float *const all = iopt_place_at(place, call);
    IoptRange range = { INFINITY, -INFINITY };

    for (size_t side = 0; side < job->sides; side++)
        for (size_t c = 0; c < place->channels; c++) {
            const float v = all[side * place->channels + c];
            range.min = side % 2 == 0 && v < range.min ? v : range.min;
            range.max = side % 2 == 1 && v > range.max ? v : range.max;
        }
    return range;
}

/* in: min and max (or extremes, or nothing), perhaps num_bits */
static IoptStatus set_symmetric(const FakeJob *job, const IoptStep *step, const IoptStepCall *call,
                                float *settings, IoptError *err)
{
    const IoptNode *const node = job->node;
    const size_t ranges = job->sides ? 1 : node->n_in == 1 ? 0 : 2;
    int64_t bits = iopt_attr_int(node, "num_bits", 8);
    IoptRange range = { iopt_attr_float(node, "input_min", 0),
                        iopt_attr_float(node, "input_max", 0) };
    IoptSymmetricRange r;

    if (node->n_in == 4)
        bits = *(const int32_t *)iopt_place_at(&step->in[ranges], call);
    if (job->sides)
        range = found(job, &step->in[0], call);
    else if (ranges)
        range = (IoptRange){ *(const float *)iopt_place_at(&step->in[0], call),
                             *(const float *)iopt_place_at(&step->in[1], call) };
    IOPT_TRY(iopt_symmetric_range(node, bits, range.min, range.max, &r, err));
    put(settings, 1, 0, job->sides ? -INFINITY : r.min, job->sides ? INFINITY : r.max, r.scale,
        r.step);
    return IOPT_OK;
}

static IoptStatus run_settings(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const FakeJob *const job = step->job;
    float *const settings = iopt_place_at(&step->out[0], call);

    return job->symmetric ? set_symmetric(job, step, call, settings, err)
                          : set_fake(job, step, call, settings, err);
}

/* Ranges without a width give zeros, whatever x is. */
static void clear_channels(const FakeJob *job, const float *settings, float *y, size_t begin,
                           size_t end)
{
    for (size_t i = 0; i < job->count && !job->symmetric; i++)
        if (settings[STEP * job->count + i] == 0)
            for (size_t row = begin; row < end; row++) {
                float *const to = y + (ptrdiff_t)row * job->job.y_stride;
                const size_t first = job->count > 1 ? i : 0;
                const size_t last = job->job.per_channel ? first + 1 : job->job.channels;
                memset(to + first, 0, (last - first) * sizeof *to);
            }
}

/* in: x, settings; out: y */
static IoptStatus run_fake(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const FakeJob *const job = step->job;
    const float *const settings = iopt_place_at(&step->in[1], call);
    float *const y = iopt_place_at(&step->out[0], call);
    IoptFakeQuant *fake_quant = (IoptFakeQuant *)job->variant->fn;
    IoptFakeQuantJob fake = job->job;
    size_t begin, end;

    (void)err;
    fake.lo = settings + LO * job->count;
    fake.hi = settings + HI * job->count;
    fake.scale = settings + SCALE * job->count;
    fake.step = settings + STEP * job->count;
    for (size_t i = 0; i < job->count; i++)
        if (fake.lo[i] > fake.hi[i]) /* a range the wrong way round */
            fake_quant = iopt_fakequant_c;
    iopt_part_range(call, job->rows, &begin, &end);
    fake_quant(&fake, iopt_place_at(&step->in[0], call), y, begin, end);
    clear_channels(job, settings, y, begin, end);
    return IOPT_OK;
}

/* --- making --------------------------------------------------------------------------------- */

static IoptFakeQuantOp op_of(const IoptNode *node)
{
    if (iopt_is_op(node, "FakeQuantWithMinMaxArgs"))
        return IOPT_FAKE_QUANT_MULTIPLY;
    if (!is_symmetric(node))
        return IOPT_FAKE_QUANT_DIVIDE;
    return strcmp(iopt_attr_string(node, "round_mode", "HALF_TO_EVEN"), "HALF_UP") == 0
               ? IOPT_FAKE_QUANT_UP
               : IOPT_FAKE_QUANT_EVEN;
}

/* The least and the greatest of x, where the range is not given. */
static IoptStatus lower_extremes(IoptLower *l, const IoptChain *chain, const IoptPlace *x,
                                 IoptPlace *out, IoptError *err)
{
    const IoptCodesProgram program = { .source = IOPT_CODES_OF_VALUE, .root = chain->root };
    IoptCodesLower codes = { l, chain, &program, x->rows, x->channels, .x = *x };

    return iopt_codes_lower_extremes(&codes, out, err);
}

static IoptStatus lower_settings(IoptLower *l, const IoptChain *chain, FakeJob *job,
                                 const IoptPlace *x, IoptPlace *settings, IoptError *err)
{
    const IoptNode *const node = chain->root;
    const IoptStep step = { .run = run_settings, .job = job, .info.kernel = "settings" };
    IoptPlace in[3];
    size_t n_in = 0;

    if (job->symmetric && !iopt_attr_bool(node, "range_given", node->n_in != 1)) {
        IOPT_TRY(lower_extremes(l, chain, x, &in[n_in], err));
        job->sides = in[n_in++].rows;
    } else {
        for (size_t i = 1; i < node->n_in && i < 3; i++)
            IOPT_TRY(iopt_lower_in_dense(l, node->in[i], &in[n_in++], err));
    }
    if (node->n_in == 4)
        IOPT_TRY(iopt_lower_in(l, node->in[3], &in[n_in++], err));
    IOPT_TRY(iopt_lower_temporary(l, SETTINGS, job->count, settings, err));
    return iopt_lower_add(l, chain, step, in, n_in, settings, 1, err);
}

static IoptStatus lower(IoptLower *l, const IoptChain *chain, IoptError *err)
{
    const IoptNode *const node = chain->root;
    IoptStep step = { .run = run_fake };
    IoptPlace in[2], y;
    FakeJob *job;

    IOPT_TRY(iopt_lower_in_dense(l, node->in[0], &in[0], err));
    IOPT_TRY(iopt_lower_alloc(l, 1, sizeof *job, &job, err));
    IOPT_TRY(iopt_lower_kernel(l, &iopt_kernel_fakequant, &job->variant, &step.info.kernel, err));
    job->node = node;
    job->symmetric = is_symmetric(node);
    job->rows = in[0].rows;
    job->job = (IoptFakeQuantJob){
        .op = op_of(node),
        .per_channel = iopt_is_op(node, "FakeQuantWithMinMaxVarsPerChannel"),
        .channels = in[0].channels,
        .x_stride = in[0].stride,
    };
    job->count = job->job.per_channel ? in[0].channels : 1;
    IOPT_TRY(lower_settings(l, chain, job, &in[0], &in[1], err));
    IOPT_TRY(iopt_lower_out_over(l, iopt_chain_value(chain), node->in[0], &y, err));
    job->job.y_stride = y.stride;
    step.job = job;
    step.parts = job->rows;
    return iopt_lower_add(l, chain, step, in, 2, &y, 1, err);
}

const IoptLowering iopt_lowering_fake_quant = {
    .ops = "FakeQuantWithMinMaxArgs|FakeQuantWithMinMaxVars|FakeQuantWithMinMaxVarsPerChannel|"
           "QuantizeAndDequantize|QuantizeAndDequantizeV2|QuantizeAndDequantizeV3|"
           "QuantizeAndDequantizeV4",
    .any_strides = true,
    .fits = fits,
    .lower = lower,
};
