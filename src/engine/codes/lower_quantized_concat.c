/* QuantizedConcat of quint8: a settings step finds the range of all, then each part is brought into
 * it on its way to its place. */
#include <math.h>

#include "engine/codes/codes.h"

/* What brings the codes of one part into the range of all. */
typedef struct Recode {
    IoptToReal real;
    IoptToCode code;
    bool copies;
} Recode;

typedef struct SettingsJob {
    size_t n;       /* values */
    size_t n_parts; /* those that are not empty */
} SettingsJob;

typedef struct PartJob {
    const IoptVariant *variant;
    IoptCodeMapJob map;
    size_t k, rows;
} PartJob;

static bool fits(const IoptNode *node)
{
    const IoptFact axis = iopt_fact_at(node->in[0]);

    return axis.value && node->facts[0].dtype == IOPT_QU8;
}

static float float_at(const IoptStep *step, const IoptStepCall *call, size_t k)
{
    return *(const float *)iopt_place_at(&step->in[k], call);
}

/* in: mins, maxes; out: min and max of all, a Recode for each part */
static IoptStatus run_settings(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const SettingsJob *const job = step->job;
    IoptRange all = { 0, float_at(step, call, job->n) };
    Recode *const recode = iopt_place_at(&step->out[2], call);

    (void)err;
    for (size_t i = 0; i < job->n; i++) {
        all.min = fminf(all.min, float_at(step, call, i));
        all.max = fmaxf(all.max, float_at(step, call, job->n + i));
    }
    for (size_t k = 0; k < job->n_parts; k++) { /* the k-th range, as TensorFlow takes it */
        const IoptRange from = { float_at(step, call, k), float_at(step, call, job->n + k) };
        recode[k] = (Recode){ iopt_to_real(IOPT_QU8, from), iopt_to_code(IOPT_QU8, all),
                              from.min == all.min && from.max == all.max };
    }
    *(float *)iopt_place_at(&step->out[0], call) = all.min;
    *(float *)iopt_place_at(&step->out[1], call) = all.max;
    return IOPT_OK;
}

/* in: the part, the settings; out: its place */
static IoptStatus run_part(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const PartJob *const job = step->job;
    const Recode *const recode = (const Recode *)iopt_place_at(&step->in[1], call) + job->k;
    IoptCodeMapJob map = job->map;
    size_t begin, end;

    (void)err;
    map.op = recode->copies ? IOPT_CODE_LIMIT : IOPT_CODE_RECODE;
    map.base = recode->real.base;
    map.step = recode->real.scale;
    map.scale = recode->code.scale;
    map.shift = recode->code.shift;
    map.low = recode->code.low;
    map.high = recode->code.high;
    iopt_part_range(call, job->rows, &begin, &end);
    ((IoptCodeMap *)job->variant->fn)(&map, iopt_place_at(&step->in[0], call), NULL,
                                      iopt_place_at(&step->out[0], call), begin, end);
    return IOPT_OK;
}

static IoptStatus lower_settings(IoptLower *l, const IoptChain *chain, SettingsJob *job,
                                 IoptPlace *settings, IoptError *err)
{
    const IoptStep step = { .run = run_settings, .job = job, .info.kernel = "settings" };
    const size_t bytes = (job->n_parts + 1) * sizeof(Recode);
    IoptPlace *in, out[3];

    IOPT_TRY(iopt_lower_alloc(l, 2 * job->n, sizeof *in, &in, err));
    for (size_t i = 0; i < 2 * job->n; i++)
        IOPT_TRY(iopt_lower_in(l, chain->root->in[1 + job->n + i], &in[i], err));
    for (int i = 0; i < 2; i++)
        IOPT_TRY(iopt_lower_out(l, (IoptValue){ chain->root, i + 1 }, &out[i], err));
    IOPT_TRY(iopt_lower_temporary(l, 1, bytes / sizeof(float) + 1, settings, err));
    out[2] = *settings;
    return iopt_lower_add(l, chain, step, in, 2 * job->n, out, 3, err);
}

/* Part k: `rows` rows of `row` codes, to column `at` of y's rows of `y_row`. */
static IoptStatus lower_part(IoptLower *l, const IoptChain *chain, const IoptPlace in[2],
                             IoptPlace y, size_t k, size_t rows, size_t row, size_t at,
                             size_t y_row, IoptError *err)
{
    IoptStep step = { .run = run_part, .parts = rows };
    PartJob *job;

    IOPT_TRY(iopt_lower_alloc(l, 1, sizeof *job, &job, err));
    IOPT_TRY(iopt_lower_kernel(l, &iopt_kernel_code_map, &job->variant, &step.info.kernel, err));
    job->map = (IoptCodeMapJob){
        .channels = row, .x_stride = (ptrdiff_t)row, .y_stride = (ptrdiff_t)y_row, .hi = UINT8_MAX
    };
    job->k = k;
    job->rows = rows;
    step.job = job;
    y.offset += at;
    y.rows = rows;
    y.channels = row;
    y.stride = (ptrdiff_t)y_row;
    return iopt_lower_add(l, chain, step, in, 2, &y, 1, err);
}

static IoptStatus lower(IoptLower *l, const IoptChain *chain, IoptError *err)
{
    const IoptNode *const node = chain->root;
    const int axis = (int)iopt_tensor_get_i64(iopt_fact_at(node->in[0]).value, 0);
    const IoptShape *const shape = &node->facts[0].shape;
    size_t outer = 1, inner = 1, at = 0, k = 0;
    IoptPlace in[2], y;
    SettingsJob *job;

    IOPT_TRY(iopt_lower_alloc(l, 1, sizeof *job, &job, err));
    job->n = node->n_in / 3;
    for (size_t i = 1; i <= job->n; i++)
        job->n_parts += iopt_value_elems(node->in[i]) > 0;
    for (int i = 0; i < shape->rank; i++)
        *(i < axis ? &outer : &inner) *= i == axis ? 1 : (size_t)shape->dim[i];
    IOPT_TRY(iopt_lower_out(l, iopt_chain_value(chain), &y, err));
    IOPT_TRY(lower_settings(l, chain, job, &in[1], err));
    for (size_t i = 1; i <= job->n; i++) {
        const size_t row = (size_t)iopt_shape_of(node->in[i]).dim[axis] * inner;
        if (iopt_value_elems(node->in[i]) == 0)
            continue;
        IOPT_TRY(iopt_lower_in_dense(l, node->in[i], &in[0], err));
        IOPT_TRY(lower_part(l, chain, in, y, k++, outer, row, at, (size_t)shape->dim[axis] * inner,
                            err));
        at += row;
    }
    return IOPT_OK;
}

const IoptLowering iopt_lowering_quantized_concat = { .ops = "QuantizedConcat",
                                                      .fits = fits,
                                                      .lower = lower };
