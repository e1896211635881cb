/* _Int8Quantize, _Int8Dequantize, _Int8Requantize, _Int8Add: element by element. */
#include "engine/lower.h"
#include "kernels/add_u8/add_u8.h"
#include "kernels/quantize_u8/quantize_u8.h"
#include "kernels/requant_u8/requant_u8.h"
#include "ops/int8.h"

typedef struct ValuesJob {
    IoptQuantizeU8Job quantize;
    IoptRequantU8Job requant;
    IoptAddU8Job add;
    const IoptVariant *variant;
    size_t rows;
} ValuesJob;

static bool fits(const IoptNode *node)
{
    const size_t operands = iopt_is_op(node, "_Int8Add") ? 2 : 1;

    for (size_t i = 0; i < node->n_in; i++)
        if (!iopt_fact_at(node->in[i]).value != (i < operands))
            return false;
    return true;
}

static IoptStatus run_quantize(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const ValuesJob *const job = step->job;
    size_t begin, end;

    (void)err;
    iopt_part_range(call, job->rows, &begin, &end);
    ((IoptQuantizeU8 *)job->variant->fn)(&job->quantize, iopt_place_at(&step->in[0], call),
                                         iopt_place_at(&step->out[0], call), begin, end);
    return IOPT_OK;
}

static IoptStatus run_requant(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const ValuesJob *const job = step->job;
    size_t begin, end;

    (void)err;
    iopt_part_range(call, job->rows, &begin, &end);
    ((IoptRequantU8 *)job->variant->fn)(&job->requant, iopt_place_at(&step->in[0], call),
                                        iopt_place_at(&step->out[0], call), begin, end);
    return IOPT_OK;
}

static IoptStatus run_add(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const ValuesJob *const job = step->job;
    size_t begin, end;

    (void)err;
    iopt_part_range(call, job->rows, &begin, &end);
    ((IoptAddU8 *)job->variant->fn)(&job->add, iopt_place_at(&step->in[0], call),
                                    iopt_place_at(&step->in[1], call),
                                    iopt_place_at(&step->out[0], call), begin, end);
    return IOPT_OK;
}

/* How often a row of an image is taken as one: kernels like long rows, and RGB has short ones. */
static size_t pixels_per_row(const IoptPlace *const *places, size_t count)
{
    const IoptShape *const shape = &places[0]->shape;

    for (size_t i = 0; i < count; i++)
        if (!iopt_place_dense(places[i]))
            return 1;
    return shape->rank < 2 || shape->dim[shape->rank - 2] < 1 ? 1
                                                              : (size_t)shape->dim[shape->rank - 2];
}

/* `values` `times` times one behind the other. */
static IoptStatus repeat(IoptLower *l, const float *values, size_t count, size_t times,
                         const float **out, IoptError *err)
{
    float *copy;

    IOPT_TRY(iopt_lower_alloc(l, count * times, sizeof *copy, &copy, err));
    for (size_t i = 0; i < count * times; i++)
        copy[i] = values[i % count];
    *out = copy;
    return IOPT_OK;
}

static IoptStatus set_quantize(IoptLower *l, const IoptNode *node, const IoptPlace *x,
                               const IoptPlace *y, size_t pixels, ValuesJob *job, IoptError *err)
{
    job->quantize = (IoptQuantizeU8Job){
        .channels = x->channels * pixels,
        .x = iopt_int8_in(node, 'x', x->dtype),
        .lo = iopt_attr_float(node, "v_lo", 0),
        .hi = iopt_attr_float(node, "v_hi", 0),
        .min = iopt_attr_float(node, "v_min", 0),
        .inv_scale = iopt_attr_float(node, "v_inverse", 0),
        .y_type = iopt_int8_type(y->dtype),
        .y_stride = y->stride * (ptrdiff_t)pixels,
    };
    job->quantize.x.stride = x->stride * (ptrdiff_t)pixels;
    if (node->n_in == 1)
        return IOPT_OK;
    IOPT_TRY(repeat(l, iopt_fact_at(node->in[1]).value->data, x->channels, pixels,
                    &job->quantize.scale, err));
    return repeat(l, iopt_fact_at(node->in[2]).value->data, x->channels, pixels,
                  &job->quantize.shift, err);
}

static IoptStatus lower_quantize(IoptLower *l, const IoptChain *chain, IoptError *err)
{
    const IoptNode *const node = chain->root;
    IoptStep step = { .run = run_quantize };
    IoptPlace x, y;
    ValuesJob *job;

    IOPT_TRY(iopt_lower_in(l, node->in[0], &x, err));
    IOPT_TRY(iopt_lower_out(l, iopt_chain_value(chain), &y, err));
    IOPT_TRY(iopt_lower_alloc(l, 1, sizeof *job, &job, err));
    IOPT_TRY(iopt_lower_kernel(l, &iopt_kernel_quantize_u8, &job->variant, &step.info.kernel, err));
    const IoptPlace *const places[] = { &x, &y };
    const bool short_rows = node->n_in == 1 || x.channels < 64;
    const size_t pixels = short_rows ? pixels_per_row(places, 2) : 1;
    IOPT_TRY(set_quantize(l, node, &x, &y, pixels, job, err));
    step.job = job;
    step.parts = job->rows = x.rows / pixels;
    return iopt_lower_add(l, chain, step, &x, 1, &y, 1, err);
}

static IoptStatus lower_requantize(IoptLower *l, const IoptChain *chain, IoptError *err)
{
    const IoptNode *const node = chain->root;
    IoptStep step = { .run = run_requant };
    IoptPlace x, y;
    ValuesJob *job;

    IOPT_TRY(iopt_lower_in(l, node->in[0], &x, err));
    IOPT_TRY(iopt_lower_out_over(l, iopt_chain_value(chain), node->in[0], &y, err));
    IOPT_TRY(iopt_lower_alloc(l, 1, sizeof *job, &job, err));
    IOPT_TRY(iopt_lower_kernel(l, &iopt_kernel_requant_u8, &job->variant, &step.info.kernel, err));
    const IoptPlace *const places[] = { &x, &y };
    const size_t pixels = pixels_per_row(places, 2);
    job->requant = (IoptRequantU8Job){ x.channels * pixels, iopt_int8_in(node, 'x', x.dtype),
                                       iopt_int8_end(node) };
    job->requant.x.stride = x.stride * (ptrdiff_t)pixels;
    job->requant.y.stride = y.stride * (ptrdiff_t)pixels;
    step.job = job;
    step.parts = job->rows = x.rows / pixels;
    return iopt_lower_add(l, chain, step, &x, 1, &y, 1, err);
}

static IoptStatus lower_add(IoptLower *l, const IoptChain *chain, IoptError *err)
{
    const IoptNode *const node = chain->root;
    IoptStep step = { .run = run_add };
    IoptPlace in[2], y;
    ValuesJob *job;

    IOPT_TRY(iopt_lower_in(l, node->in[0], &in[0], err));
    IOPT_TRY(iopt_lower_in(l, node->in[1], &in[1], err));
    IOPT_TRY(iopt_lower_out_over(l, iopt_chain_value(chain), node->in[0], &y, err));
    IOPT_TRY(iopt_lower_alloc(l, 1, sizeof *job, &job, err));
    IOPT_TRY(iopt_lower_kernel(l, &iopt_kernel_add_u8, &job->variant, &step.info.kernel, err));
    const IoptPlace *const places[] = { &in[0], &in[1], &y };
    const size_t pixels = pixels_per_row(places, 3);
    job->add = (IoptAddU8Job){ in[0].channels * pixels, iopt_int8_in(node, 'a', in[0].dtype),
                               iopt_int8_in(node, 'b', in[1].dtype), iopt_int8_end(node) };
    job->add.a.stride = in[0].stride * (ptrdiff_t)pixels;
    job->add.b.stride = in[1].stride * (ptrdiff_t)pixels;
    job->add.y.stride = y.stride * (ptrdiff_t)pixels;
    step.job = job;
    step.parts = job->rows = in[0].rows / pixels;
    return iopt_lower_add(l, chain, step, in, 2, &y, 1, err);
}

static IoptStatus lower(IoptLower *l, const IoptChain *chain, IoptError *err)
{
    if (iopt_is_op(chain->root, "_Int8Quantize"))
        return lower_quantize(l, chain, err);
    if (iopt_is_op(chain->root, "_Int8Add"))
        return lower_add(l, chain, err);
    return lower_requantize(l, chain, err);
}

const IoptLowering iopt_lowering_int8_values = {
    .ops = "_Int8Quantize|_Int8Dequantize|_Int8Requantize|_Int8Add",
    .any_strides = true,
    .fits = fits,
    .lower = lower,
};
