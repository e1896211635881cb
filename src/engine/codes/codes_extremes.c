/* The least and the greatest of each channel of a program's source, or of what lies a fixed
 * distance apart where channels do not matter: each thread of its rows, one after the other. */
#include <math.h>

#include "engine/codes/codes.h"

enum { FLAT = 256 }; /* elements of a row where channels do not matter */

typedef struct ExtremesJob {
    IoptCodeRangeJob range;
    const IoptVariant *variant;
    size_t rows, rest; /* rest: elements behind the rows, fewer than a row */
    size_t threads;
    bool pair;
} ExtremesJob;

/* Widens the first `n` channels of a range by another. */
static void widen_ints(int32_t *least, int32_t *most, const int32_t *other, size_t n)
{
    for (size_t c = 0; c < n; c++) {
        least[c] = other[c] < least[c] ? other[c] : least[c];
        most[c] = other[n + c] > most[c] ? other[n + c] : most[c];
    }
}

static void widen_floats(float *least, float *most, const float *other, size_t n)
{
    for (size_t c = 0; c < n; c++) {
        least[c] = other[c] < least[c] ? other[c] : least[c];
        most[c] = other[n + c] > most[c] ? other[n + c] : most[c];
    }
}

/* in: x, perhaps z and work; out: [threads][2][channels] */
static IoptStatus run_extremes(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const ExtremesJob *const job = step->job;
    const size_t n = job->range.channels;
    IoptCodeRange *const code_range = (IoptCodeRange *)job->variant->fn;
    const char *const x = iopt_place_at(&step->in[0], call);
    const uint8_t *const z = job->pair ? iopt_place_at(&step->in[1], call) : NULL;
    int32_t *const all = iopt_place_at(&step->out[0], call), *const own = all + call->part * 2 * n;
    IoptCodeRangeJob range = job->range;
    size_t begin, end;

    (void)err;
    if (step->n_in > (job->pair ? 2U : 1U)) {
        const IoptCodesWork *const work = iopt_place_at(&step->in[step->n_in - 1], call);
        if (work->plain)
            return IOPT_OK;
        range.x_first = work->map.x_first;
        range.x_step = work->map.x_step;
        range.z_first = work->map.z_first;
        range.z_step = work->map.z_step;
    }
    iopt_part_range(call, job->rows, &begin, &end);
    code_range(&range, x, z, begin, end, own, own + n);
    if (job->rest && call->part + 1 == call->parts) {
        const size_t at = job->rows * n;
        int32_t *const rest = call->scratch;
        range.channels = job->rest;
        code_range(&range, x + at * iopt_dtype_bytes(step->in[0].dtype), z ? z + at : NULL, 0, 1,
                   rest, rest + job->rest);
        if (range.of == IOPT_CODE_RANGE_F32)
            widen_floats((float *)own, (float *)own + n, (const float *)rest, job->rest);
        else
            widen_ints(own, own + n, rest, job->rest);
    }
    for (size_t i = call->part + call->parts; i < job->threads; i += call->parts)
        memcpy(all + i * 2 * n, own, 2 * n * sizeof *own); /* nobody else writes there */
    return IOPT_OK;
}

/* Whether a stage needs to know which channel a value belongs to. */
static bool looks_at_channels(const IoptCodesLower *l)
{
    return l->codes->bias || l->codes->factor ||
           (l->codes->source == IOPT_CODES_OF_PAIR && l->z.stride == 0);
}

static IoptCodeRangeOf kind_of(const IoptCodesLower *l)
{
    if (l->codes->source == IOPT_CODES_OF_PAIR)
        return iopt_is_op(l->codes->root, "QuantizedAdd") ? IOPT_CODE_RANGE_SUM
                                                          : IOPT_CODE_RANGE_PRODUCT;
    return l->x.dtype == IOPT_F32   ? IOPT_CODE_RANGE_F32
           : l->x.dtype == IOPT_QU8 ? IOPT_CODE_RANGE_U8
                                    : IOPT_CODE_RANGE_S32;
}

static void fill_job(const IoptCodesLower *l, ExtremesJob *job)
{
    const bool flat = !looks_at_channels(l);
    const size_t elems = l->rows * l->channels, row = elems < FLAT ? elems : FLAT;
    const size_t channels = flat ? row : l->channels;

    job->range = (IoptCodeRangeJob){
        .of = kind_of(l),
        .channels = channels,
        .x_stride = (ptrdiff_t)channels,
        .z_stride = flat ? (ptrdiff_t)channels : l->z.stride,
    };
    job->rows = elems / channels;
    job->rest = elems % channels;
    job->threads = l->lower->plan->threads;
    job->pair = l->codes->source == IOPT_CODES_OF_PAIR;
}

IoptStatus iopt_codes_lower_extremes(IoptCodesLower *l, IoptPlace *out, IoptError *err)
{
    IoptStep step = { .run = run_extremes };
    const IoptPlace pair[] = { l->x, l->z, l->work }, single[] = { l->x, l->work };
    ExtremesJob *job;

    IOPT_TRY(iopt_lower_alloc(l->lower, 1, sizeof *job, &job, err));
    fill_job(l, job);
    IOPT_TRY(iopt_lower_kernel(l->lower, &iopt_kernel_code_range, &job->variant, &step.info.kernel,
                               err));
    IOPT_TRY(iopt_lower_temporary(l->lower, job->threads * 2, job->range.channels, out, err));
    step.job = job;
    step.parts = job->rows ? job->rows : 1;
    step.scratch_bytes = 2 * job->rest * sizeof(int32_t);
    const bool has_work = l->codes->source != IOPT_CODES_OF_VALUE;
    return job->pair ? iopt_codes_add(l, step, pair, 3, out, 1, err)
                     : iopt_codes_add(l, step, single, has_work ? 2 : 1, out, 1, err);
}
