/* QuantizedMaxPool, QuantizedAvgPool over the image. */
#include "engine/codes/codes.h"
#include "engine/lower_window.h"
#include "kernels/codepool_u8/codepool_u8.h"
#include "kernels/maxpool_u8/maxpool_u8.h"

typedef struct PoolJob {
    bool average;
    IoptMaxpoolU8Job max;
    IoptCodepoolU8Job mean;
    const IoptVariant *variant;
    size_t rows; /* of all images */
} PoolJob;

static bool fits(const IoptNode *node)
{
    const IoptShape x = iopt_shape_of(node->in[0]);
    int64_t size[4];

    return node->in[0].node->facts[node->in[0].port].dtype == IOPT_QU8 && x.rank == 4 &&
           iopt_value_elems(node->in[0]) > 0 && x.dim[1] <= INT32_MAX && x.dim[2] <= INT32_MAX &&
           iopt_pool_size(node, size) && size[1] > 0 && size[2] > 0 && size[1] <= 128 &&
           size[2] <= 128;
}

static IoptStatus run_pool(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const PoolJob *const job = step->job;
    const uint8_t *const x = iopt_place_at(&step->in[0], call);
    uint8_t *const y = iopt_place_at(&step->out[0], call);
    size_t begin, end;

    (void)err;
    iopt_part_range(call, job->rows, &begin, &end);
    if (job->average)
        ((IoptCodepoolU8 *)job->variant->fn)(&job->mean, x, y, begin, end);
    else
        ((IoptMaxpoolU8 *)job->variant->fn)(&job->max, x, y, begin, end);
    return IOPT_OK;
}

static IoptStatus lower(IoptLower *l, const IoptChain *chain, IoptError *err)
{
    const bool average = iopt_is_op(chain->root, "QuantizedAvgPool");
    IoptStep step = { .run = run_pool };
    IoptPlace x, y;
    IoptWindow window;
    int64_t size[4];
    PoolJob *job;

    IOPT_TRY(iopt_codes_lower_in(l, chain->root->in[0], &x, err));
    IOPT_TRY(iopt_lower_out(l, iopt_chain_value(chain), &y, err));
    IOPT_TRY(iopt_codes_keep_range(l, chain->root, 1, err));
    (void)iopt_pool_size(chain->root, size);
    IOPT_TRY(iopt_lower_window(chain->root, NULL, (size_t)size[1], (size_t)size[2], &window, err));
    IOPT_TRY(iopt_lower_alloc(l, 1, sizeof *job, &job, err));
    IOPT_TRY(iopt_lower_kernel(l, average ? &iopt_kernel_codepool_u8 : &iopt_kernel_maxpool_u8,
                               &job->variant, &step.info.kernel, err));
    job->average = average;
    job->max = (IoptMaxpoolU8Job){ .window = window,
                                   .channels = x.channels,
                                   .type = IOPT_S8_OUT_U8,
                                   .x_stride = x.stride,
                                   .y_stride = y.stride,
                                   .lo = 0,
                                   .hi = UINT8_MAX };
    job->mean = (IoptCodepoolU8Job){ window, x.channels, x.stride, y.stride };
    job->rows = (size_t)x.shape.dim[0] * window.out_h;
    step.job = job;
    step.parts = job->rows;
    return iopt_lower_add(l, chain, step, &x, 1, &y, 1, err);
}

const IoptLowering iopt_lowering_quantized_pool = { .ops = "QuantizedMaxPool|QuantizedAvgPool",
                                                    .fits = fits,
                                                    .lower = lower };
