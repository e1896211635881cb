/* MatMul by constant weights, with what follows it, as one step. */
#include "engine/pack_weights.h"
#include "kernels/gemm_f32/gemm_f32.h"

typedef struct MatmulJob {
    IoptGemmF32 gemm; /* pointers of the run are set as it runs */
    const IoptVariant *variant;
} MatmulJob;

static bool fits(const IoptNode *node)
{
    const IoptFact weights = iopt_fact_at(node->in[1]);

    return node->n_in == 2 && iopt_is_f32(node->in[0]) && weights.value &&
           weights.dtype == IOPT_F32 && weights.shape.rank == 2 &&
           !iopt_attr_bool(node, "transpose_a", false);
}

static IoptStatus run_matmul(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const MatmulJob *const job = step->job;
    IoptGemmF32 gemm = job->gemm;

    (void)err;
    gemm.a = iopt_place_at(&step->in[0], call);
    gemm.c = iopt_place_at(&step->out[0], call);
    gemm.residual = step->n_in > 1 ? iopt_place_at(&step->in[1], call) : NULL;
    const IoptGemmF32Range range = iopt_gemm_f32_part(job->variant, &gemm, call->part, call->parts);
    ((IoptGemmF32Run *)job->variant->fn)(&gemm, &range);
    return IOPT_OK;
}

static IoptStatus pack(IoptLower *l, const IoptNode *node, MatmulJob *job, IoptError *err)
{
    const IoptTensor *const weights = iopt_fact_at(node->in[1]).value;
    const bool transposed = iopt_attr_bool(node, "transpose_b", false);
    const size_t columns = (size_t)weights->shape.dim[1], k = job->gemm.depth, n = job->gemm.n;

    IOPT_TRY(iopt_pack_gemm(l, job->variant, weights->data, transposed ? 1 : columns,
                            transposed ? columns : 1, k, n, &job->gemm.packed, err));
    iopt_lower_next_packed(l, job->gemm.packed, &job->gemm.next_packed);
    return IOPT_OK;
}

static IoptStatus lower(IoptLower *l, const IoptChain *chain, IoptError *err)
{
    const IoptNode *const node = chain->root;
    const IoptValue value = iopt_chain_value(chain);
    const size_t n_in = chain->residual.node ? 2 : 1;
    IoptStep step = { .run = run_matmul, .parts = SIZE_MAX };
    IoptPlace in[2], y;
    MatmulJob *job;

    IOPT_TRY(iopt_lower_in(l, node->in[0], &in[0], err));
    if (n_in == 2) {
        IOPT_TRY(iopt_lower_in(l, chain->residual, &in[1], err));
        IOPT_TRY(iopt_lower_out_over(l, value, chain->residual, &y, err));
    } else {
        IOPT_TRY(iopt_lower_out(l, value, &y, err));
    }
    IOPT_TRY(iopt_lower_alloc(l, 1, sizeof *job, &job, err));
    IOPT_TRY(iopt_lower_kernel(l, &iopt_kernel_gemm_f32, &job->variant, &step.info.kernel, err));
    job->gemm = (IoptGemmF32){
        .rows = in[0].rows,
        .n = y.channels,
        .taps = 1,
        .depth = in[0].channels,
        .a_stride = in[0].stride,
        .scale = chain->scale,
        .bias = chain->bias,
        .residual_stride = n_in == 2 ? in[1].stride : 0,
        .lo = chain->lo,
        .hi = chain->hi,
        .c_stride = y.stride,
    };
    IOPT_TRY(pack(l, node, job, err));
    step.job = job;
    return iopt_lower_add(l, chain, step, in, n_in, &y, 1, err);
}

const IoptLowering iopt_lowering_matmul = {
    .ops = "MatMul",
    .takes = IOPT_TAKES_SCALE | IOPT_TAKES_BIAS | IOPT_TAKES_RESIDUAL | IOPT_TAKES_CLAMP,
    .any_strides = true,
    .fits = fits,
    .lower = lower,
};
