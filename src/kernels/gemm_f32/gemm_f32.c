/* The variants of gemm_f32, the packing of B (a panel is [K][its columns]), and the parts for
 * threads. */
#include "kernels/gemm_f32/gemm_f32.h"

#include <string.h>

#include "kernels/gemm_panels.h"

static const IoptGemmF32Info info_c = { .rows = 4, .panel = 16 };
#if IOPT_X86_64
static const IoptGemmF32Info info_avx2 = { .rows = 6, .panel = 16 };
static const IoptGemmF32Info info_avx512 = { .rows = 14, .panel = 32 };
#endif

/* Slowest first: the plan takes the last one the CPU can run. */
static const IoptVariant variants[] = {
    { "c", 0, (IoptKernelFn)iopt_gemm_f32_c, &info_c },
#if IOPT_X86_64
    { "avx2", IOPT_CPU_AVX2, (IoptKernelFn)iopt_gemm_f32_avx2, &info_avx2 },
    { "avx512", IOPT_CPU_AVX512, (IoptKernelFn)iopt_gemm_f32_avx512, &info_avx512 },
#endif
};

const IoptKernel iopt_kernel_gemm_f32 = { "gemm_f32", variants, IOPT_COUNT(variants) };

static const IoptGemmF32Info *info_of(const IoptVariant *variant)
{
    return variant->info;
}

static size_t lanes_of(const IoptVariant *variant)
{
    return info_of(variant)->panel / 2;
}

size_t iopt_gemm_f32_panels(const IoptVariant *variant, size_t n)
{
    return iopt_gemm_panel_count(iopt_gemm_vectors(n, lanes_of(variant)));
}

size_t iopt_gemm_f32_packed_bytes(const IoptVariant *variant, size_t k, size_t n)
{
    const size_t lanes = lanes_of(variant);
    return iopt_gemm_vectors(n, lanes) * lanes * k * sizeof(float);
}

/* One panel: `columns` of b from its first on, zeros up to `width`. */
static void pack_panel(const unsigned char *b, size_t k_bytes, size_t n_bytes, size_t k,
                       size_t columns, size_t width, float *packed)
{
    for (size_t row = 0; row < k; row++, b += k_bytes, packed += width) {
        if (n_bytes == sizeof(float))
            memcpy(packed, b, columns * sizeof(float));
        else
            for (size_t j = 0; j < columns; j++)
                memcpy(&packed[j], b + j * n_bytes, sizeof(float));
        memset(packed + columns, 0, (width - columns) * sizeof(float));
    }
}

void iopt_gemm_f32_pack(const IoptVariant *variant, const void *b, size_t k_stride, size_t n_stride,
                        size_t k, size_t n, float *packed)
{
    const size_t lanes = lanes_of(variant), vectors = iopt_gemm_vectors(n, lanes);
    const size_t n_bytes = n_stride * sizeof(float);

    for (size_t panel = 0; panel < iopt_gemm_panel_count(vectors); panel++) {
        const size_t width = iopt_gemm_panel_vectors(vectors, panel) * lanes;
        const size_t column = panel * 2 * lanes, left = n - column;
        pack_panel((const unsigned char *)b + column * n_bytes, k_stride * sizeof(float), n_bytes,
                   k, left < width ? left : width, width, packed + column * k);
    }
}

IoptGemmF32Range iopt_gemm_f32_part(const IoptVariant *variant, const IoptGemmF32 *gemm,
                                    size_t part, size_t parts)
{
    const IoptGemmF32Info *const info = info_of(variant);
    const double k = (double)gemm->taps * (double)gemm->depth;
    const IoptGemmCost cost = {
        .rows = gemm->rows,
        .panels = iopt_gemm_f32_panels(variant, gemm->n),
        .tile_rows = info->rows,
        .steps = k,
        .row_bytes = (double)gemm->depth * sizeof(float),
        .panel_bytes = k * (double)info->panel * sizeof(float),
    };

    return iopt_gemm_split(&cost, part, parts);
}
