/* QuantizedMaxPool, QuantizedAvgPool over the image. */
#include "engine/codes/codes.h"
#include "engine/lower_window.h"
#include "kernels/codepool_u8/codepool_u8.h"
#include "kernels/maxpool_u8/maxpool_u8.h"

typedef struct PoolJob {
    IoptMaxpoolU8Job max;
    IoptCodepoolU8Job mean;
    const IoptVariant *variant;
    size_t rows; /* of all images */
} PoolJob;

static bool kernel_size(const IoptNode *node, int64_t size[4])
{
    const int64_t *list;
    const size_t count = iopt_attr_ints(node, "ksize", &list);

    for (size_t i = 0; i < 4 && count == 4; i++)
        size[i] = list[i];
    return count == 4 && size[0] == 1 && size[3] == 1;
}

static bool fits(const IoptNode *node)
{
    const IoptShape x = iopt_shape_of(node->in[0]);
    int64_t size[4];

    return node->in[0].node->facts[node->in[0].port].dtype == IOPT_QU8 && x.rank == 4 &&
           iopt_value_elems(node->in[0]) > 0 && x.dim[1] <= INT32_MAX && x.dim[2] <= INT32_MAX &&
           kernel_size(node, size) && size[1] > 0 && size[2] > 0 && size[1] <= 128 &&
           size[2] <= 128;
}

static IoptStatus run_max(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const PoolJob *const job = step->job;
    size_t begin, end;

    (void)err;
    iopt_part_range(call, job->rows, &begin, &end);
    ((IoptMaxpoolU8 *)job->variant->fn)(&job->max, iopt_place_at(&step->in[0], call),
                                        iopt_place_at(&step->out[0], call), begin, end);
    return IOPT_OK;
}

static IoptStatus run_mean(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const PoolJob *const job = step->job;
    size_t begin, end;

    (void)err;
    iopt_part_range(call, job->rows, &begin, &end);
    ((IoptCodepoolU8 *)job->variant->fn)(&job->mean, iopt_place_at(&step->in[0], call),
                                         iopt_place_at(&step->out[0], call), begin, end);
    return IOPT_OK;
}

static IoptStatus lower(IoptLower *l, const IoptChain *chain, IoptError *err)
{
    const bool mean = iopt_is_op(chain->root, "QuantizedAvgPool");
    IoptStep step = { .run = mean ? run_mean : run_max };
    IoptPlace x, y;
    IoptWindow window;
    int64_t size[4];
    PoolJob *job;

    IOPT_TRY(iopt_codes_lower_in(l, chain->root->in[0], &x, err));
    IOPT_TRY(iopt_lower_out(l, iopt_chain_value(chain), &y, err));
    IOPT_TRY(iopt_codes_keep_range(l, chain->root, 1, err));
    (void)kernel_size(chain->root, size);
    IOPT_TRY(iopt_lower_window(chain->root, NULL, (size_t)size[1], (size_t)size[2], &window, err));
    IOPT_TRY(iopt_lower_alloc(l, 1, sizeof *job, &job, err));
    IOPT_TRY(iopt_lower_kernel(l, mean ? &iopt_kernel_codepool_u8 : &iopt_kernel_maxpool_u8,
                               &job->variant, &step.info.kernel, err));
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
