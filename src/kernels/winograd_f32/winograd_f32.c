/* The variants of winograd_f32, the packing of filters, when it pays, and the parts for threads. */
#include "kernels/winograd_f32/winograd_f32.h"

#include <string.h>

#include "kernels/winograd_f32/winograd_f32_layout.h"

/* What the packing and the cost estimates know of a variant; the cycles were measured. */
typedef struct Info {
    size_t lanes;         /* columns of half a panel of its gemm_f32 */
    double macs;          /* a cycle */
    double in_cycles[2];  /* to transform `lanes` channels of a tile of 2x2, of 4x4 */
    double out_cycles[2]; /* and back */
} Info;

static const Info info_c = { 8, 4, { 500, 1500 }, { 400, 1200 } };
#if IOPT_X86_64
static const Info info_avx2 = { 8, 16, { 80, 250 }, { 80, 200 } };
static const Info info_avx512 = { 16, 32, { 80, 250 }, { 80, 200 } };
#endif

/* Slowest first: the plan takes the last one the CPU can run. */
static const IoptVariant variants[] = {
    { "c", 0, (IoptKernelFn)iopt_winograd_f32_c, &info_c },
#if IOPT_X86_64
    { "avx2", IOPT_CPU_AVX2, (IoptKernelFn)iopt_winograd_f32_avx2, &info_avx2 },
    { "avx512", IOPT_CPU_AVX512, (IoptKernelFn)iopt_winograd_f32_avx512, &info_avx512 },
#endif
};

const IoptKernel iopt_kernel_winograd_f32 = { "winograd_f32", variants, IOPT_COUNT(variants) };

static const Info *info_of(const IoptVariant *variant)
{
    return variant->info;
}

size_t iopt_winograd_f32_packed_bytes(const IoptVariant *variant, size_t tile, size_t channels,
                                      size_t n)
{
    const size_t lanes = info_of(variant)->lanes;
    return iopt_winograd_f32_points(tile) * channels * iopt_gemm_f32_vectors(n, lanes) * lanes *
           sizeof(float);
}

size_t iopt_winograd_f32_scratch_bytes(const IoptVariant *variant, const IoptWinogradF32Job *job)
{
    const IoptWinogradF32Scratch size = iopt_winograd_f32_scratch(job);

    (void)variant;
    return (size.zeros + iopt_winograd_f32_points(job->tile) * (size.v_plane + size.m_plane)) *
           sizeof(float);
}

/* The matrices G of F(2,3) and F(4,3). */
static const double filter_2[4][3] = {
    { 1, 0, 0 }, { 0.5, 0.5, 0.5 }, { 0.5, -0.5, 0.5 }, { 0, 0, 1 }
};
static const double filter_4[6][3] = {
    { 1.0 / 4, 0, 0 },
    { -1.0 / 6, -1.0 / 6, -1.0 / 6 },
    { -1.0 / 6, 1.0 / 6, -1.0 / 6 },
    { 1.0 / 24, 1.0 / 12, 1.0 / 6 },
    { 1.0 / 24, -1.0 / 12, 1.0 / 6 },
    { 0, 0, 1 },
};

enum { MAX_SIDE = IOPT_WINOGRAD_F32_MAX_SIDE, MAX_COLUMNS = IOPT_WINOGRAD_F32_MAX_COLUMNS };

/* out[column] = sum over i of g[i] * in[i][column], for one row of G */
static void apply(const double g[3], const double *const in[3], size_t columns, double *out)
{
    for (size_t j = 0; j < columns; j++)
        out[j] = g[0] * in[0][j] + g[1] * in[1][j] + g[2] * in[2][j];
}

/* One input channel of one panel: w[ky][kx][column] to its points, `point_floats` apart. */
static void transform_filter(double w[3][3][MAX_COLUMNS], size_t tile, size_t columns,
                             float *packed, size_t point_floats)
{
    const double(*const g)[3] = tile == 4 ? filter_4 : filter_2;
    const size_t side = tile + 2;
    double half[3][MAX_COLUMNS], point[MAX_COLUMNS];

    for (size_t y = 0; y < side; y++) {
        for (size_t kx = 0; kx < 3; kx++)
            apply(g[y], (const double *[3]){ w[0][kx], w[1][kx], w[2][kx] }, columns, half[kx]);
        for (size_t x = 0; x < side; x++) {
            apply(g[x], (const double *[3]){ half[0], half[1], half[2] }, columns, point);
            float *const out = packed + (y * side + x) * point_floats;
            for (size_t j = 0; j < columns; j++)
                out[j] = (float)point[j];
        }
    }
}

/* w[ky][kx][column] of `columns` of the filter, zeros up to `width`. */
static void load_filter(const unsigned char *filter, size_t tap_bytes, size_t columns, size_t width,
                        double w[3][3][MAX_COLUMNS])
{
    float row[MAX_COLUMNS] = { 0 };

    for (size_t tap = 0; tap < 9; tap++) {
        memcpy(row, filter + tap * tap_bytes, columns * sizeof *row);
        for (size_t j = 0; j < width; j++)
            w[tap / 3][tap % 3][j] = (double)row[j];
    }
}

void iopt_winograd_f32_pack(const IoptVariant *variant, size_t tile, const void *filter,
                            size_t c_stride, size_t channels, size_t n, float *packed)
{
    const size_t lanes = info_of(variant)->lanes, vectors = iopt_gemm_f32_vectors(n, lanes);
    const size_t points = iopt_winograd_f32_points(tile), c_bytes = c_stride * sizeof(float);
    double w[3][3][MAX_COLUMNS];

    for (size_t panel = 0; panel < iopt_gemm_f32_panel_count(vectors); panel++) {
        const size_t width = iopt_gemm_f32_panel_vectors(vectors, panel) * lanes;
        const size_t first = panel * 2 * lanes, left = n - first;
        for (size_t c = 0; c < channels; c++) {
            load_filter((const unsigned char *)filter + c * c_bytes + first * sizeof(float),
                        channels * c_bytes, left < width ? left : width, width, w);
            transform_filter(w, tile, width, packed + first * points * channels + c * width,
                             channels * width);
        }
    }
}

static size_t divide_up(size_t a, size_t b)
{
    return (a + b - 1) / b;
}

/* A share of the work: so many tiles (or output pixels, for gemm_f32) by so many panels. */
typedef struct Share {
    size_t rows, panels;
} Share;

static double larger(double a, double b)
{
    return a > b ? a : b;
}

/* Rough cycles of GEMMs over `points` filters: multiply-adds, or, if the filters serve few rows,
 * reading them: from memory at 8 bytes a cycle, and for each further block of rows from L3 at 16.
 */
static double gemm_cycles(const Info *info, size_t points, size_t channels, Share share,
                          size_t row_block)
{
    const double filter = (double)(points * channels) * (double)(share.panels * 2 * info->lanes);
    const double passes = (double)divide_up(share.rows, row_block);

    return larger(filter * (double)share.rows / info->macs, filter / 2 + (passes - 1) * filter / 4);
}

/* Rough cycles of a share. */
static double share_cycles(const Info *info, const IoptWinogradF32Job *job, Share share)
{
    const size_t in_vectors = iopt_gemm_f32_vectors(job->channels, info->lanes);
    const double in = info->in_cycles[job->tile == 4] * (double)in_vectors;
    const double out = info->out_cycles[job->tile == 4] * (double)(2 * share.panels);

    return (double)share.rows * (in + out) + gemm_cycles(info, iopt_winograd_f32_points(job->tile),
                                                         job->channels, share,
                                                         iopt_winograd_f32_block(job));
}

size_t iopt_winograd_f32_tile(const IoptVariant *variant, const IoptWinogradF32Job *job)
{
    const Info *const info = info_of(variant);
    const size_t panels = divide_up(iopt_gemm_f32_vectors(job->n, info->lanes), 2);
    const size_t pixels = job->images * job->window.out_h * job->window.out_w;
    double best = gemm_cycles(info, 9, job->channels, (Share){ pixels, panels }, pixels + 1);
    size_t best_tile = 0;

    for (size_t tile = 2; tile <= 4; tile += 2) {
        IoptWinogradF32Job tiled = *job;
        tiled.tile = tile;
        const double cycles =
            share_cycles(info, &tiled, (Share){ iopt_winograd_f32_tiles(&tiled), panels });
        if (cycles < best) {
            best = cycles;
            best_tile = tile;
        }
    }
    return best_tile;
}

IoptWinogradF32Range iopt_winograd_f32_part(const IoptVariant *variant,
                                            const IoptWinogradF32Job *job, size_t part,
                                            size_t parts)
{
    const Info *const info = info_of(variant);
    const size_t tiles = iopt_winograd_f32_tiles(job);
    const size_t panels = iopt_gemm_f32_panel_count(iopt_gemm_f32_vectors(job->n, info->lanes));
    size_t tile_parts = parts;
    double best = share_cycles(info, job, (Share){ divide_up(tiles, parts), panels });

    for (size_t i = 1; i < parts; i++) {
        const Share share = { divide_up(tiles, i), divide_up(panels, parts / i) };
        if (parts % i == 0 && share_cycles(info, job, share) < best) {
            best = share_cycles(info, job, share);
            tile_parts = i;
        }
    }

    const size_t panel_parts = parts / tile_parts, y = part / panel_parts, x = part % panel_parts;
    return (IoptWinogradF32Range){
        .tile_begin = tiles * y / tile_parts,
        .tile_end = tiles * (y + 1) / tile_parts,
        .panel_begin = panels * x / panel_parts,
        .panel_end = panels * (x + 1) / panel_parts,
    };
}
