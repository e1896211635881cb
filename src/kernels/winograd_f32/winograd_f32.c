/* The variants of winograd_f32, the packing of filters, when it pays, and the parts for threads. */
#include "kernels/winograd_f32/winograd_f32.h"

#include <math.h>
#include <string.h>

#include "kernels/winograd_f32/winograd_f32_layout.h"

/* What the packing and the cost estimates know of a variant; the cycles were measured. */
typedef struct Info {
    size_t lanes;                 /* columns of half a panel of its gemm_f32 */
    double macs;                  /* a cycle */
    double in_cycles, out_cycles; /* to transform one point of `lanes` channels, and back */
} Info;

static const Info info_c = { 8, 4, 40, 32 };
#if IOPT_X86_64
static const Info info_avx2 = { 8, 16, 6.5, 5.5 };
static const Info info_avx512 = { 16, 32, 6.5, 5.5 };
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

bool iopt_winograd_f32_takes(const void *filter, size_t count)
{
    const unsigned char *const bytes = filter;
    bool takes = true;

    for (size_t i = 0; i < count; i++) {
        float value;
        memcpy(&value, bytes + i * sizeof value, sizeof value);
        takes &= fabsf(value) < 1e36F; /* false for NaN */
    }
    return takes;
}

size_t iopt_winograd_f32_packed_bytes(const IoptVariant *variant, const IoptWinogradF32Job *job)
{
    const size_t lanes = info_of(variant)->lanes;
    return iopt_winograd_f32_points(job) * job->channels * iopt_gemm_vectors(job->n, lanes) *
           lanes * sizeof(float);
}

size_t iopt_winograd_f32_scratch_bytes(const IoptVariant *variant, const IoptWinogradF32Job *job)
{
    const IoptWinogradF32Scratch size = iopt_winograd_f32_scratch(job);

    (void)variant;
    return (size.zeros + iopt_winograd_f32_points(job) * (size.v_plane + size.m_plane)) *
           sizeof(float);
}

/* The matrices G: a row for each point p is a multiple of (1, p, p^2, ...); the last one is that of
 * infinity. */
static const double filter_1[1][1] = { { 1 } };
static const double filter_4[4][3] = {
    { 1, 0, 0 }, { 0.5, 0.5, 0.5 }, { 0.5, -0.5, 0.5 }, { 0, 0, 1 }
};
static const double filter_6[6][3] = {
    { 1.0 / 4, 0, 0 },
    { -1.0 / 6, -1.0 / 6, -1.0 / 6 },
    { -1.0 / 6, 1.0 / 6, -1.0 / 6 },
    { 1.0 / 24, 1.0 / 12, 1.0 / 6 },
    { 1.0 / 24, -1.0 / 12, 1.0 / 6 },
    { 0, 0, 1 },
};
#define POWERS(c, p)                                                                       \
    {                                                                                      \
        c, c *p, c *p *p, c *p *p *p, c *p *p *p *p, c *p *p *p *p *p, c *p *p *p *p *p *p \
    }
static const double filter_8[8][7] = {
    { 1 },
    POWERS(-2.0 / 9, 1),
    POWERS(-2.0 / 9, -1),
    POWERS(1.0 / 90, 2),
    POWERS(1.0 / 90, -2),
    POWERS(32.0 / 45, 0.5),
    POWERS(32.0 / 45, -0.5),
    { 0, 0, 0, 0, 0, 0, 1 },
};

static const double *filter_row(size_t side, size_t row)
{
    return side == 1   ? filter_1[row]
           : side == 4 ? filter_4[row]
           : side == 6 ? filter_6[row]
                       : filter_8[row];
}

enum { MAX_TAPS = 9, MAX_COLUMNS = IOPT_WINOGRAD_F32_MAX_COLUMNS };

/* One input channel of one panel: for each tap, or after the transform for each point, its
 * columns. */
typedef double Plane[MAX_COLUMNS];

/* out[column] = sum over i of g[i] * in[i * step][column], for 1, 3 or 7 taps.  Eight columns at a
 * time: a panel's width is a multiple of that, and a constant is what becomes vectors. */
static void apply(const double *g, size_t taps, const Plane *in, size_t step, size_t columns,
                  double *IOPT_RESTRICT out)
{
    enum { CHUNK = 8 };
#define TERM(i) g[i] * in[(i)*step][first + j]

    for (size_t first = 0; first < columns; first += CHUNK)
        if (taps == 1)
            for (size_t j = 0; j < CHUNK; j++)
                out[first + j] = TERM(0);
        else if (taps == 3)
            for (size_t j = 0; j < CHUNK; j++)
                out[first + j] = TERM(0) + TERM(1) + TERM(2);
        else
            for (size_t j = 0; j < CHUNK; j++)
                out[first + j] =
                    TERM(0) + TERM(1) + TERM(2) + TERM(3) + TERM(4) + TERM(5) + TERM(6);
#undef TERM
}

static void to_floats(const double *IOPT_RESTRICT in, size_t count, float *IOPT_RESTRICT out)
{
    enum { CHUNK = 8 };

    for (size_t first = 0; first < count; first += CHUNK)
        for (size_t j = 0; j < CHUNK; j++)
            out[first + j] = (float)in[first + j];
}

static void transform_filter(const IoptWinogradF32Job *job, const Plane *w, size_t columns,
                             float *packed, size_t point_floats)
{
    const size_t kernel_h = job->window.kernel_h, kernel_w = job->window.kernel_w;
    const IoptWinogradF32Shape shape = iopt_winograd_f32_shape(job);
    Plane half[MAX_TAPS], point;

    for (size_t y = 0; y < shape.side_h; y++) {
        for (size_t kx = 0; kx < kernel_w; kx++)
            apply(filter_row(shape.side_h, y), kernel_h, w + kx, kernel_w, columns, half[kx]);
        for (size_t x = 0; x < shape.side_w; x++) {
            apply(filter_row(shape.side_w, x), kernel_w, half, 1, columns, point);
            float *const out = packed + (y * shape.side_w + x) * point_floats;
            to_floats(point, columns, out);
        }
    }
}

/* w[tap][column] of `columns` of the filter, zeros up to `width`. */
static void load_filter(const unsigned char *filter, size_t taps, size_t tap_bytes, size_t columns,
                        size_t width, Plane *w)
{
    float row[MAX_COLUMNS] = { 0 };

    for (size_t tap = 0; tap < taps; tap++) {
        memcpy(row, filter + tap * tap_bytes, columns * sizeof *row);
        for (size_t j = 0; j < width; j++)
            w[tap][j] = (double)row[j];
    }
}

void iopt_winograd_f32_pack(const IoptVariant *variant, const IoptWinogradF32Job *job,
                            const void *filter, size_t c_stride, float *packed)
{
    const size_t lanes = info_of(variant)->lanes, vectors = iopt_gemm_vectors(job->n, lanes);
    const size_t channels = job->channels, c_bytes = c_stride * sizeof(float);
    const size_t points = iopt_winograd_f32_points(job);
    Plane w[MAX_TAPS];

    for (size_t panel = 0; panel < iopt_gemm_panel_count(vectors); panel++) {
        const size_t width = iopt_gemm_panel_vectors(vectors, panel) * lanes;
        const size_t first = panel * 2 * lanes, left = job->n - first;
        for (size_t c = 0; c < channels; c++) {
            load_filter((const unsigned char *)filter + c * c_bytes + first * sizeof(float),
                        job->window.kernel_h * job->window.kernel_w, channels * c_bytes,
                        left < width ? left : width, width, w);
            transform_filter(job, (const Plane *)w, width,
                             packed + first * points * channels + c * width, channels * width);
        }
    }
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
    const double passes = (double)iopt_divide_up(share.rows, row_block);

    return larger(filter * (double)share.rows / info->macs, filter / 2 + (passes - 1) * filter / 4);
}

/* Rough cycles of a share. */
static double share_cycles(const Info *info, const IoptWinogradF32Job *job, Share share)
{
    const size_t points = iopt_winograd_f32_points(job);
    const size_t in_vectors = iopt_gemm_vectors(job->channels, info->lanes);
    const double in = info->in_cycles * (double)in_vectors;
    const double out = info->out_cycles * (double)(2 * share.panels);

    return (double)(share.rows * points) * (in + out) +
           gemm_cycles(info, points, job->channels, share, iopt_winograd_f32_block(job));
}

/* Whether the kernel has this window with this tile. */
static bool has_shape(const IoptWindow *w, size_t tile)
{
    if (w->stride_h != 1 || w->stride_w != 1 || w->dilation_h != 1 || w->dilation_w != 1)
        return false;
    if (w->kernel_h == 3 && w->kernel_w == 3)
        return true;
    if (w->kernel_h != 1 && w->kernel_w != 1)
        return false;
    return w->kernel_h * w->kernel_w == (tile == 4 ? 3 : 7);
}

size_t iopt_winograd_f32_tile(const IoptVariant *variant, const IoptWinogradF32Job *job)
{
    const Info *const info = info_of(variant);
    const IoptWindow *const w = &job->window;
    const size_t panels = iopt_divide_up(iopt_gemm_vectors(job->n, info->lanes), 2);
    const size_t pixels = job->images * w->out_h * w->out_w;
    double best = gemm_cycles(info, w->kernel_h * w->kernel_w, job->channels,
                              (Share){ pixels, panels }, pixels + 1);
    size_t best_tile = 0;

    for (size_t tile = 2; tile <= 4; tile += 2) {
        IoptWinogradF32Job tiled = *job;
        tiled.tile = tile;
        if (!has_shape(w, tile))
            continue;
        const double cycles =
            share_cycles(info, &tiled, (Share){ iopt_winograd_f32_tiles(&tiled), panels });
        if (cycles < best) {
            best = cycles;
            best_tile = tile;
        }
    }
    return best_tile;
}

typedef struct Work {
    const Info *info;
    const IoptWinogradF32Job *job;
    size_t tiles, panels;
} Work;

static double part_cycles(const void *work, size_t tile_parts, size_t panel_parts)
{
    const Work *const w = work;
    const Share share = { iopt_divide_up(w->tiles, tile_parts),
                          iopt_divide_up(w->panels, panel_parts) };

    return share_cycles(w->info, w->job, share);
}

IoptWinogradF32Range iopt_winograd_f32_part(const IoptVariant *variant,
                                            const IoptWinogradF32Job *job, size_t part,
                                            size_t parts)
{
    const Info *const info = info_of(variant);
    const size_t vectors = iopt_gemm_vectors(job->n, info->lanes);
    const Work work = { info, job, iopt_winograd_f32_tiles(job), iopt_gemm_panel_count(vectors) };
    const IoptWorkRange range =
        iopt_work_split(work.tiles, work.panels, part_cycles, &work, part, parts);

    return (IoptWinogradF32Range){ range.row_begin, range.row_end, range.panel_begin,
                                   range.panel_end };
}
