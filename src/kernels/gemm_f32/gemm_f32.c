/* The variants of gemm_f32, the packing of B, and the parts for threads. */
#include "kernels/gemm_f32/gemm_f32.h"

#include <string.h>

#include "kernels/gemm_f32/gemm_f32_layout.h"

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
    return iopt_gemm_f32_panel_count(iopt_gemm_f32_vectors(n, lanes_of(variant)));
}

size_t iopt_gemm_f32_packed_bytes(const IoptVariant *variant, size_t k, size_t n)
{
    const size_t lanes = lanes_of(variant);
    return iopt_gemm_f32_vectors(n, lanes) * lanes * k * sizeof(float);
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
    const size_t lanes = lanes_of(variant), vectors = iopt_gemm_f32_vectors(n, lanes);
    const size_t n_bytes = n_stride * sizeof(float);

    for (size_t panel = 0; panel < iopt_gemm_f32_panel_count(vectors); panel++) {
        const size_t width = iopt_gemm_f32_panel_vectors(vectors, panel) * lanes;
        const size_t column = panel * 2 * lanes, left = n - column;
        pack_panel((const unsigned char *)b + column * n_bytes, k_stride * sizeof(float), n_bytes,
                   k, left < width ? left : width, width, packed + column * k);
    }
}

static size_t divide_up(size_t a, size_t b)
{
    return (a + b - 1) / b;
}

/* Cycles that one of row_parts x panel_parts takes, roughly: its tiles, and reading its share of A
 * and of B at 16 bytes a cycle. */
static double part_cycles(const IoptGemmF32Info *info, const IoptGemmF32 *gemm, size_t panels,
                          size_t row_parts, size_t panel_parts)
{
    const size_t rows = divide_up(gemm->rows, row_parts), share = divide_up(panels, panel_parts);
    const double k = (double)gemm->taps * (double)gemm->depth;
    const double tiles = (double)divide_up(rows, info->rows) * (double)share;
    const double height = (double)(rows < info->rows ? rows : info->rows);
    const double floats = (double)rows * (double)gemm->depth + k * (double)(share * info->panel);

    return tiles * height * k + floats / 4;
}

IoptGemmF32Range iopt_gemm_f32_part(const IoptVariant *variant, const IoptGemmF32 *gemm,
                                    size_t part, size_t parts)
{
    const IoptGemmF32Info *const info = info_of(variant);
    const size_t panels = iopt_gemm_f32_panels(variant, gemm->n);
    size_t row_parts = parts;
    double best = part_cycles(info, gemm, panels, parts, 1);

    for (size_t i = 1; i < parts; i++) {
        if (parts % i != 0)
            continue;
        const double cycles = part_cycles(info, gemm, panels, i, parts / i);
        if (cycles < best) {
            best = cycles;
            row_parts = i;
        }
    }

    const size_t panel_parts = parts / row_parts, y = part / panel_parts, x = part % panel_parts;
    return (IoptGemmF32Range){
        .row_begin = gemm->rows * y / row_parts,
        .row_end = gemm->rows * (y + 1) / row_parts,
        .panel_begin = panels * x / panel_parts,
        .panel_end = panels * (x + 1) / panel_parts,
    };
}
