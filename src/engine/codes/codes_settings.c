/* The settings step: from the ranges of a run to what the map needs, the ranges of the result, and
 * all of the result where that is not exact. */
#include "engine/codes/codes_settings.h"
#include "kernels/copy_rows/copy_rows.h"

static float *result_at(const IoptCodesSettings *s, size_t port)
{
    return iopt_place_at(&s->step->out[port], s->call);
}

static void put_range(const IoptCodesSettings *s, size_t port, IoptRange range)
{
    *result_at(s, port) = range.min;
    *result_at(s, port + 1) = range.max;
}

static void put_ranges(const IoptCodesSettings *s)
{
    const IoptCodesProgram *const codes = s->job->codes;
    int32_t least, most;

    switch (codes->end) {
    case IOPT_CODES_END_CODES: put_range(s, 1, s->range); break;
    case IOPT_CODES_END_REAL: break;
    case IOPT_CODES_END_RANGE:
        iopt_codes_find_ints(s, &least, &most);
        put_range(s, 0, iopt_taken_range(IOPT_QI32, least, most, s->range));
        break;
    case IOPT_CODES_END_EXTREME: {
        const IoptRange found = iopt_codes_find_reals(s);
        *result_at(s, 0) = iopt_is_op(codes->root, "Min") ? found.min : found.max;
        break;
    }
    }
}

static void copy_result(const IoptCodesSettings *s, const IoptTensor *from, size_t port)
{
    const IoptPlace *const to = &s->step->out[port];
    const size_t bytes = iopt_dtype_bytes(to->dtype), row = to->channels * bytes;

    iopt_copy_rows(from->data, (ptrdiff_t)row, iopt_place_at(to, s->call),
                   to->stride * (ptrdiff_t)bytes, row, to->rows);
}

static IoptStatus run_plain(const IoptCodesSettings *s, IoptTensor *tensors, const IoptTensor **in,
                            IoptTensor **results, IoptError *err)
{
    const IoptCodesSettingsJob *const job = s->job;
    const IoptCodesInputs inputs = { in, job->first };
    const IoptNode *const tail = job->codes->member[job->codes->n_members - 1];

    for (size_t k = 0; k < job->n_inputs; k++) {
        tensors[k] = job->in[k];
        if (job->place[k] != IOPT_CODES_NONE)
            tensors[k].data = iopt_place_at(&s->step->in[job->place[k]], s->call);
        in[k] = &tensors[k];
    }
    IOPT_TRY(iopt_codes_plain(job->codes, &inputs, results, err));
    for (size_t i = 0; i < job->n_results; i++)
        copy_result(s, results[i], i);
    for (size_t i = 0; i < tail->n_out; i++)
        iopt_tensor_destroy(results[i]);
    return IOPT_OK;
}

/* Parts of the scratch: extremes before and behind a stage; the tensors of plain C. */
typedef struct Scratch {
    size_t value, next, tensors, in, results, bytes;
} Scratch;

static size_t round_up(size_t bytes)
{
    return (bytes + IOPT_ALIGN_BYTES - 1) / IOPT_ALIGN_BYTES * IOPT_ALIGN_BYTES;
}

static Scratch scratch_of(const IoptCodesSettingsJob *job)
{
    const IoptNode *const tail = job->codes->member[job->codes->n_members - 1];
    const size_t extremes = round_up(IOPT_CODES_SIDES * job->channels * sizeof(int32_t));
    Scratch s = { .next = extremes, .tensors = 2 * extremes };

    s.in = s.tensors + round_up(job->n_inputs * sizeof(IoptTensor));
    s.results = s.in + round_up(job->n_inputs * sizeof(IoptTensor *));
    s.bytes = s.results + tail->n_out * sizeof(IoptTensor *);
    return s;
}

static IoptStatus run_settings(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const IoptCodesSettingsJob *const job = step->job;
    const Scratch scratch = scratch_of(job);
    char *const memory = call->scratch;
    IoptCodesSettings s = { .job = job, .step = step, .call = call };

    s.work = iopt_place_at(&step->out[job->n_results], call);
    s.bias = job->codes->bias ? iopt_place_at(&step->out[job->n_results + 1], call) : NULL;
    s.value = memory + scratch.value;
    s.next = memory + scratch.next;
    if (!job->has_work)
        *s.work = (IoptCodesWork){ 0 };
    if (!s.work->plain)
        IOPT_TRY(iopt_codes_set_stages(&s, err));
    if (s.work->plain)
        return run_plain(&s, (IoptTensor *)(void *)(memory + scratch.tensors),
                         (const IoptTensor **)(void *)(memory + scratch.in),
                         (IoptTensor **)(void *)(memory + scratch.results), err);
    put_ranges(&s);
    return IOPT_OK;
}

/* --- making the step ------------------------------------------------------------------------- */

bool iopt_codes_finds_range(const IoptCodesProgram *codes)
{
    return codes->first.range || codes->last.range || codes->least ||
           codes->end == IOPT_CODES_END_RANGE || codes->end == IOPT_CODES_END_EXTREME;
}

static size_t results_of(const IoptCodesProgram *codes)
{
    return codes->end == IOPT_CODES_END_CODES ? 3 : codes->end == IOPT_CODES_END_RANGE ? 2 : 1;
}

/* Numbers the inputs of all members and finds the places of those that come from elsewhere. */
static IoptStatus gather_inputs(IoptCodesLower *l, IoptCodesSettingsJob *job, IoptPlace **in,
                                size_t *n_in, IoptError *err)
{
    const IoptCodesProgram *const codes = l->codes;
    size_t k = 0, elems;

    IOPT_TRY(iopt_lower_alloc(l->lower, codes->n_members, sizeof(size_t), &job->first, err));
    for (size_t m = 0; m < codes->n_members; m++)
        job->n_inputs += codes->member[m]->n_in;
    IOPT_TRY(iopt_lower_alloc(l->lower, job->n_inputs, sizeof(size_t), &job->place, err));
    IOPT_TRY(iopt_lower_alloc(l->lower, job->n_inputs, sizeof(IoptTensor), &job->in, err));
    IOPT_TRY(iopt_lower_alloc(l->lower, job->n_inputs + 1, sizeof(IoptPlace), in, err));
    for (size_t m = 0; m < codes->n_members; m++) {
        const IoptNode *const node = codes->member[m];
        job->first[m] = k;
        for (size_t i = 0; i < node->n_in; i++, k++) {
            const IoptFact fact = iopt_fact_at(node->in[i]);
            job->place[k] = IOPT_CODES_NONE;
            job->in[k].dtype = fact.dtype;
            job->in[k].shape = fact.shape;
            if (iopt_codes_member(codes, node->in[i].node) < codes->n_members)
                continue;
            IOPT_TRY(iopt_tensor_size(fact.dtype, &fact.shape, &elems, &job->in[k].bytes, err));
            IOPT_TRY(iopt_lower_in_dense(l->lower, node->in[i], &(*in)[*n_in], err));
            job->place[k] = (*n_in)++;
        }
    }
    return IOPT_OK;
}

static IoptStatus place_results(IoptCodesLower *l, IoptPlace *out, size_t count, IoptError *err)
{
    out[0] = l->y; /* of codes and floats */
    for (size_t i = l->codes->end <= IOPT_CODES_END_REAL ? 1 : 0; i < count; i++)
        IOPT_TRY(iopt_lower_out(l->lower, (IoptValue){ l->chain->tail, (int)i }, &out[i], err));
    return IOPT_OK;
}

static IoptStatus make_bias(IoptCodesLower *l, IoptCodesSettingsJob *job, IoptPlace *out,
                            IoptError *err)
{
    int32_t *zeros;

    job->bias_channels = l->channels;
    IOPT_TRY(iopt_lower_alloc(l->lower, l->channels, sizeof *zeros, &zeros, err));
    job->zeros = zeros;
    return iopt_codes_temporary(l, l->channels * sizeof *zeros, out, err);
}

IoptStatus iopt_codes_lower_settings(IoptCodesLower *l, const IoptPlace *extremes, IoptPlace *bias,
                                     IoptError *err)
{
    IoptStep step = { .run = run_settings };
    IoptPlace *in, out[5];
    IoptCodesSettingsJob *job;
    size_t n_in = 0;

    IOPT_TRY(iopt_lower_alloc(l->lower, 1, sizeof *job, &job, err));
    job->codes = l->codes;
    job->has_work = l->codes->source != IOPT_CODES_OF_VALUE;
    job->n_results = results_of(l->codes);
    job->extremes = IOPT_CODES_NONE;
    IOPT_TRY(iopt_lower_kernel(l->lower, &iopt_kernel_code_map, &job->map, &step.info.kernel, err));
    IOPT_TRY(
        iopt_lower_kernel(l->lower, &iopt_kernel_code_range, &job->range, &step.info.kernel, err));
    step.info.kernel = "settings";
    IOPT_TRY(gather_inputs(l, job, &in, &n_in, err));
    if (extremes) {
        job->extremes = n_in;
        job->channels = extremes->channels;
        job->of_reals = l->x.dtype == IOPT_F32;
        in[n_in++] = *extremes;
    }
    IOPT_TRY(place_results(l, out, job->n_results, err));
    out[job->n_results] = l->work;
    if (l->codes->bias) {
        IOPT_TRY(make_bias(l, job, bias, err));
        out[job->n_results + 1] = *bias;
    }
    step.job = job;
    step.scratch_bytes = scratch_of(job).bytes;
    return iopt_codes_add(l, step, in, n_in, out, job->n_results + (l->codes->bias ? 2 : 1), err);
}
