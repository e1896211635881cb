/* Packing is most of the time that a plan takes, and every matrix is a task of its own. */
#include "engine/pack_weights.h"

#include "kernels/gemm_f32/gemm_f32.h"
#include "platform/thread_pool.h"

typedef struct GemmPack {
    const IoptVariant *variant;
    const void *b;
    size_t k_stride, n_stride, k, n;
    float *packed;
} GemmPack;

IoptStatus iopt_pack_later(IoptLower *lower, IoptPackFn *pack, const void *job, IoptError *err)
{
    IOPT_TRY(iopt_grow((void **)&lower->packs, &lower->packs_capacity, lower->n_packs + 1,
                       sizeof *lower->packs, err));
    lower->packs[lower->n_packs++] = (IoptPack){ pack, job };
    return IOPT_OK;
}

static void pack_gemm(const void *job)
{
    const GemmPack *const p = job;

    iopt_gemm_f32_pack(p->variant, p->b, p->k_stride, p->n_stride, p->k, p->n, p->packed);
}

IoptStatus iopt_pack_gemm(IoptLower *lower, const IoptVariant *variant, const void *b,
                          size_t k_stride, size_t n_stride, size_t k, size_t n, const float **out,
                          IoptError *err)
{
    GemmPack *pack;

    IOPT_TRY(iopt_lower_alloc(lower, 1, sizeof *pack, &pack, err));
    *pack = (GemmPack){ variant, b, k_stride, n_stride, k, n, NULL };
    IOPT_TRY(
        iopt_lower_block(lower, iopt_gemm_f32_packed_bytes(variant, k, n), &pack->packed, err));
    *out = pack->packed;
    return iopt_pack_later(lower, pack_gemm, pack, err);
}

static void run_pack(void *context, size_t i)
{
    const IoptLower *const lower = context;

    lower->packs[i].pack(lower->packs[i].job);
}

IoptStatus iopt_pack_all(IoptLower *lower, IoptError *err)
{
    IoptPool *pool = NULL;

    if (lower->plan->threads > 1 && lower->n_packs > 1)
        IOPT_TRY(iopt_pool_create(lower->plan->threads, &pool, err));
    iopt_pool_run(pool, run_pack, lower, lower->n_packs);
    iopt_pool_destroy(pool);
    return IOPT_OK;
}
