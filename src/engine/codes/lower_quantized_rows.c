/* QuantizedResizeBilinear, QuantizedBatchNormWithGlobalNormalization: plain C on typed arrays, rows
 * spread over the threads. */
#include "engine/codes/codes.h"
#include "ops/quantized_rows.h"

enum { MOST_IN = 15, OUT = 3 };

typedef struct RowsJob {
    const IoptNode *node;
    IoptQuantizedRows *make;
    IoptTensor in[MOST_IN], out[OUT]; /* types and shapes */
    size_t rows;
} RowsJob;

static bool fits(const IoptNode *node)
{
    const bool resizes = iopt_is_op(node, "QuantizedResizeBilinear");

    return node->n_in <= MOST_IN && node->n_out == OUT && iopt_value_elems(node->in[0]) > 0 &&
           (!resizes || iopt_fact_at(node->in[1]).value);
}

static IoptStatus run_rows(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const RowsJob *const job = step->job;
    IoptTensor tensors[MOST_IN + OUT];
    const IoptTensor *in[MOST_IN];
    IoptTensor *out[OUT];
    size_t begin, end;

    (void)err;
    for (size_t i = 0; i < step->n_in; i++) {
        tensors[i] = job->in[i];
        tensors[i].data = iopt_place_at(&step->in[i], call);
        in[i] = &tensors[i];
    }
    for (size_t i = 0; i < OUT; i++) {
        out[i] = &tensors[MOST_IN + i];
        *out[i] = job->out[i];
        out[i]->data = iopt_place_at(&step->out[i], call);
    }
    iopt_part_range(call, job->rows, &begin, &end);
    job->make(job->node, in, out, begin, end);
    return IOPT_OK;
}

static IoptStatus describe(const IoptPlace *places, size_t count, IoptTensor *out, IoptError *err)
{
    size_t elems;

    for (size_t i = 0; i < count; i++) {
        out[i].dtype = places[i].dtype;
        out[i].shape = places[i].shape;
        IOPT_TRY(iopt_tensor_size(out[i].dtype, &out[i].shape, &elems, &out[i].bytes, err));
    }
    return IOPT_OK;
}

static IoptStatus lower(IoptLower *l, const IoptChain *chain, IoptError *err)
{
    IoptNode *const node = chain->root;
    const bool resizes = iopt_is_op(node, "QuantizedResizeBilinear");
    const int64_t *const dims = node->facts[0].shape.dim;
    IoptStep step = { .run = run_rows, .info.kernel = "plain C" };
    IoptPlace in[MOST_IN], out[OUT];
    RowsJob *job;

    IOPT_TRY(iopt_lower_alloc(l, 1, sizeof *job, &job, err));
    for (size_t i = 0; i < node->n_in; i++)
        IOPT_TRY(iopt_lower_in_dense(l, node->in[i], &in[i], err));
    for (size_t i = 0; i < OUT; i++)
        IOPT_TRY(iopt_lower_out(l, (IoptValue){ node, (int)i }, &out[i], err));
    IOPT_TRY(describe(in, node->n_in, job->in, err));
    IOPT_TRY(describe(out, OUT, job->out, err));
    job->node = node;
    job->make = resizes ? iopt_quantized_resize_rows : iopt_quantized_batch_norm_rows;
    job->rows = (size_t)(dims[0] * dims[1] * (resizes ? 1 : dims[2]));
    step.job = job;
    step.parts = job->rows;
    return iopt_lower_add(l, chain, step, in, node->n_in, out, OUT, err);
}

const IoptLowering iopt_lowering_quantized_rows = {
    .ops = "QuantizedResizeBilinear|QuantizedBatchNormWithGlobalNormalization",
    .fits = fits,
    .lower = lower,
};
