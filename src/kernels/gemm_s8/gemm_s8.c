/* The variants of gemm_s8, the packing of B, and the parts for threads. */
#include "kernels/gemm_s8/gemm_s8.h"

#include <string.h>

#include "kernels/gemm_s8/gemm_s8_bins.h"
#include "kernels/gemm_s8/gemm_s8_layout.h"

static const IoptGemmS8Info info_c = { .rows = 4, .lanes = 8 };
#if IOPT_X86_64
static const IoptGemmS8Info info_avx2 = { .rows = 4, .lanes = 8, .bin_vectors = 2 };
static const IoptGemmS8Info info_avx512 = { .rows = 14, .lanes = 16, .bin_vectors = 1 };
static const IoptGemmS8Info info_avxvnni = { .rows = 6, .lanes = 8 };
static const IoptGemmS8Info info_avx512vnni = { .rows = 14, .lanes = 16 };
#endif

/* Slowest first: the plan takes the last one the CPU can run. */
static const IoptVariant variants[] = {
    { "c", 0, (IoptKernelFn)iopt_gemm_s8_c, &info_c },
#if IOPT_X86_64
    { "avx2", IOPT_CPU_AVX2, (IoptKernelFn)iopt_gemm_s8_avx2, &info_avx2 },
    { "avx512", IOPT_CPU_AVX512, (IoptKernelFn)iopt_gemm_s8_avx512, &info_avx512 },
    { "avxvnni", IOPT_CPU_AVXVNNI, (IoptKernelFn)iopt_gemm_s8_avxvnni, &info_avxvnni },
    { "avx512vnni", IOPT_CPU_AVX512VNNI, (IoptKernelFn)iopt_gemm_s8_avx512vnni, &info_avx512vnni },
#endif
};

const IoptKernel iopt_kernel_gemm_s8 = { "gemm_s8", variants, IOPT_COUNT(variants) };

static const IoptGemmS8Info *info_of(const IoptVariant *variant)
{
    return variant->info;
}

size_t iopt_gemm_s8_panels(const IoptVariant *variant, size_t n)
{
    return iopt_gemm_panel_count(iopt_gemm_vectors(n, info_of(variant)->lanes));
}

size_t iopt_gemm_s8_quads_bytes(size_t lanes, size_t taps, size_t depth, size_t n)
{
    return iopt_gemm_vectors(n, lanes) * lanes * taps * iopt_gemm_s8_depth_steps(depth) *
           IOPT_GEMM_S8_STEP;
}

size_t iopt_gemm_s8_packed_bytes(const IoptVariant *variant, size_t taps, size_t depth, size_t n)
{
    const IoptGemmS8Info *const info = info_of(variant);
    return info->bin_vectors ? iopt_gemm_s8_bins_bytes(info, taps, depth, n)
                             : iopt_gemm_s8_quads_bytes(info->lanes, taps, depth, n);
}

/* One step of a panel: rows [0, count) of b, the other bytes and columns zero. */
static void pack_step(const int8_t *b, size_t k_stride, size_t n_stride, size_t count,
                      size_t columns, size_t width, int8_t *packed)
{
    memset(packed, 0, width * IOPT_GEMM_S8_STEP);
    for (size_t j = 0; j < columns; j++)
        for (size_t i = 0; i < count; i++)
            packed[j * IOPT_GEMM_S8_STEP + i] = b[i * k_stride + j * n_stride];
}

void iopt_gemm_s8_quads_pack(size_t lanes, const IoptGemmS8Weights *w, int8_t *packed)
{
    const size_t vectors = iopt_gemm_vectors(w->n, lanes);

    for (size_t panel = 0; panel < iopt_gemm_panel_count(vectors); panel++) {
        const size_t width = iopt_gemm_panel_vectors(vectors, panel) * lanes;
        const size_t column = panel * 2 * lanes, left = w->n - column;
        for (size_t tap = 0; tap < w->taps; tap++)
            for (size_t d = 0; d < w->depth; d += IOPT_GEMM_S8_STEP) {
                const size_t rest = w->depth - d;
                const int8_t *const b =
                    w->b + (tap * w->depth + d) * w->k_stride + column * w->n_stride;
                pack_step(b, w->k_stride, w->n_stride,
                          rest < IOPT_GEMM_S8_STEP ? rest : IOPT_GEMM_S8_STEP,
                          left < width ? left : width, width, packed);
                packed += width * IOPT_GEMM_S8_STEP;
            }
    }
}

void iopt_gemm_s8_pack(const IoptVariant *variant, const int8_t *b, size_t k_stride,
                       size_t n_stride, size_t taps, size_t depth, size_t n, void *packed)
{
    const IoptGemmS8Info *const info = info_of(variant);
    const IoptGemmS8Weights weights = { b, k_stride, n_stride, taps, depth, n };

    if (info->bin_vectors)
        iopt_gemm_s8_bins_pack(info, &weights, packed);
    else
        iopt_gemm_s8_quads_pack(info->lanes, &weights, packed);
}

void iopt_gemm_s8_row_sums(const IoptGemmS8 *gemm, size_t row_begin, size_t row_end,
                           int32_t *row_sum)
{
    for (size_t row = row_begin; row < row_end; row++) {
        uint32_t sum = 0;
        for (size_t tap = 0; tap < gemm->taps; tap++) {
            const uint8_t *const a = iopt_gemm_s8_segment(gemm, row, tap);
            for (size_t d = 0; d < gemm->depth; d++)
                sum += a[d];
        }
        row_sum[row] = (int32_t)sum;
    }
}

IoptGemmS8Range iopt_gemm_s8_part(const IoptVariant *variant, const IoptGemmS8 *gemm, size_t part,
                                  size_t parts)
{
    const IoptGemmS8Info *const info = info_of(variant);
    const double steps = (double)gemm->taps * (double)iopt_gemm_s8_depth_steps(gemm->depth);
    const IoptGemmCost cost = {
        .rows = gemm->rows,
        .panels = iopt_gemm_s8_panels(variant, gemm->n),
        .tile_rows = info->rows,
        .steps = steps,
        .row_bytes = (double)gemm->depth,
        .panel_bytes = steps * IOPT_GEMM_S8_STEP * 2 * (double)info->lanes,
    };

    return iopt_gemm_split(&cost, part, parts);
}
