/* TensorFlow's quantized ops, as programs (codes.h). */
#include "engine/codes/codes.h"

typedef struct MapJob {
    const IoptVariant *variant;
    IoptCodeMapOp op;
    size_t rows, channels;
    ptrdiff_t x_stride, z_stride, y_stride;
    bool pair;
} MapJob;

/* in: x, work, perhaps z and bias; out: y */
static IoptStatus run_map(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const MapJob *const job = step->job;
    const IoptCodesWork *const work = iopt_place_at(&step->in[1], call);
    const uint8_t *const z = job->pair ? iopt_place_at(&step->in[2], call) : NULL;
    IoptCodeMapJob map = work->map;
    size_t begin, end;

    (void)err;
    if (work->plain)
        return IOPT_OK;
    map.op = job->op;
    map.channels = job->channels;
    map.x_stride = job->x_stride;
    map.z_stride = job->z_stride;
    map.y_stride = job->y_stride;
    iopt_part_range(call, job->rows, &begin, &end);
    ((IoptCodeMap *)job->variant->fn)(&map, iopt_place_at(&step->in[0], call), z,
                                      iopt_place_at(&step->out[0], call), begin, end);
    return IOPT_OK;
}

IoptStatus iopt_codes_temporary(IoptCodesLower *l, size_t bytes, IoptPlace *out, IoptError *err)
{
    return iopt_lower_temporary(l->lower, 1, (bytes + sizeof(float) - 1) / sizeof(float), out, err);
}

IoptStatus iopt_codes_add(IoptCodesLower *l, IoptStep step, const IoptPlace *in, size_t n_in,
                          const IoptPlace *out, size_t n_out, IoptError *err)
{
    if (!step.info.op)
        step.info.op = l->codes->root->op;
    return iopt_lower_add(l->lower, l->chain, step, in, n_in, out, n_out, err);
}

static IoptStatus lower_map(IoptCodesLower *l, const IoptPlace *bias, IoptError *err)
{
    const bool pair = l->codes->source == IOPT_CODES_OF_PAIR;
    const IoptPlace in[] = { l->x, l->work, pair ? l->z : *bias };
    IoptStep step = { .run = run_map, .parts = l->rows, .info.op = l->chain->ops };
    MapJob *job;

    IOPT_TRY(iopt_lower_alloc(l->lower, 1, sizeof *job, &job, err));
    IOPT_TRY(
        iopt_lower_kernel(l->lower, &iopt_kernel_code_map, &job->variant, &step.info.kernel, err));
    job->op = l->codes->op;
    job->rows = l->rows;
    job->channels = l->channels;
    job->x_stride = l->x.stride;
    job->z_stride = l->z.stride;
    job->y_stride = l->y.stride;
    job->pair = pair;
    step.job = job;
    return iopt_codes_add(l, step, in, pair || l->codes->bias ? 3 : 2, &l->y, 1, err);
}

/* Rows and channels of the source, and where it and the result lie. */
static IoptStatus place(IoptCodesLower *l, IoptError *err)
{
    const IoptCodesProgram *const codes = l->codes;
    const IoptShape shape = codes->source == IOPT_CODES_OF_PRODUCT ? codes->root->facts[0].shape
                                                                   : iopt_shape_of(codes->x);
    size_t elems = 0;

    (void)iopt_shape_elems(&shape, &elems);
    l->channels = shape.rank > 0 ? (size_t)shape.dim[shape.rank - 1] : 1;
    l->rows = elems / l->channels;
    IOPT_TRY(iopt_codes_temporary(l, sizeof(IoptCodesWork), &l->work, err));
    if (codes->end == IOPT_CODES_END_CODES || codes->end == IOPT_CODES_END_REAL)
        IOPT_TRY(iopt_lower_out(l->lower, iopt_chain_value(l->chain), &l->y, err));
    if (codes->source == IOPT_CODES_OF_PRODUCT)
        return iopt_codes_lower_product(l, err);
    return codes->source == IOPT_CODES_OF_PAIR
               ? iopt_codes_lower_pair(l, err)
               : iopt_lower_in_dense(l->lower, codes->x, &l->x, err);
}

static IoptStatus lower(IoptLower *lower, const IoptChain *chain, IoptError *err)
{
    IoptCodesLower l = { .lower = lower, .chain = chain, .codes = chain->codes };
    const bool looks = iopt_codes_finds_range(l.codes);
    IoptPlace extremes, bias = { 0 };

    IOPT_TRY(place(&l, err));
    if (looks)
        IOPT_TRY(iopt_codes_lower_extremes(&l, &extremes, err));
    IOPT_TRY(iopt_codes_lower_settings(&l, looks ? &extremes : NULL, &bias, err));
    return l.codes->maps ? lower_map(&l, &bias, err) : IOPT_OK;
}

const IoptLowering iopt_lowering_codes = {
    .ops = "QuantizedConv2D|QuantizedMatMul|QuantizedBiasAdd|QuantizedAdd|QuantizedMul|Requantize|"
           "RequantizationRange|QuantizeDownAndShrinkRange|QuantizedRelu|QuantizedRelu6|"
           "QuantizedReluX|QuantizeV2|Dequantize|Min|Max",
    .any_strides = true,
    .lowers_codes = true,
    .fits = iopt_codes_fits,
    .lower = lower,
};
