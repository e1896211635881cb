/* The variants of winograd_s8, the packing of filters, when it pays, and the parts for threads. */
#include "kernels/winograd_s8/winograd_s8.h"

#include <string.h>

#include "kernels/winograd_s8/winograd_s8_layout.h"

/* What the packing and the cost estimates know of a variant; the cycles were measured. */
typedef struct Info {
    size_t lanes;                 /* columns of half a panel */
    bool transforms;              /* plain C does not */
    double direct_macs, macs;     /* a cycle: of gemm_s8, and of the products here */
    double in_cycles, out_cycles; /* to transform a tile of 2 * lanes channels, and back of lanes */
} Info;

static const Info info_c = { 8, false, 1, 1, 0, 0 };
#if IOPT_X86_64
static const Info info_avx2 = { 8, true, 37, 29, 100, 200 };
static const Info info_avx512 = { 16, true, 70, 56, 100, 200 };
static const Info info_avxvnni = { 8, true, 59, 28, 100, 200 };
static const Info info_avx512vnni = { 16, true, 118, 60, 110, 240 };
#endif

/* Slowest first: the plan takes the last one the CPU can run. */
static const IoptVariant variants[] = {
    { "c", 0, (IoptKernelFn)iopt_winograd_s8_c, &info_c },
#if IOPT_X86_64
    { "avx2", IOPT_CPU_AVX2, (IoptKernelFn)iopt_winograd_s8_avx2, &info_avx2 },
    { "avx512", IOPT_CPU_AVX512, (IoptKernelFn)iopt_winograd_s8_avx512, &info_avx512 },
    { "avxvnni", IOPT_CPU_AVXVNNI, (IoptKernelFn)iopt_winograd_s8_avxvnni, &info_avxvnni },
    { "avx512vnni", IOPT_CPU_AVX512VNNI, (IoptKernelFn)iopt_winograd_s8_avx512vnni,
      &info_avx512vnni },
#endif
};

const IoptKernel iopt_kernel_winograd_s8 = { "winograd_s8", variants, IOPT_COUNT(variants) };

static const Info *info_of(const IoptVariant *variant)
{
    return variant->info;
}

enum {
    TAPS = IOPT_WINOGRAD_S8_TAPS,
    SIDE = IOPT_WINOGRAD_S8_SIDE,
    POINTS = IOPT_WINOGRAD_S8_POINTS,
    MAX_COLUMNS = IOPT_WINOGRAD_S8_MAX_COLUMNS
};

/* The one-sided sum of the weights of a column that may be: 255 times it is below 2^25. */
static const uint32_t max_sum = ((1U << 25) - 1) / UINT8_MAX;

/* Whether `count` columns of a filter of `rows` rows stay within that. */
static bool sums_fit(const int8_t *filter, size_t rows, size_t stride, size_t count)
{
    uint32_t sum[2][MAX_COLUMNS] = { { 0 } };

    for (size_t row = 0; row < rows; row++, filter += stride)
        for (size_t j = 0; j < count; j++) {
            const int w = filter[j];
            sum[w < 0][j] += (uint32_t)(w < 0 ? -w : w);
            if (sum[w < 0][j] > max_sum)
                return false;
        }
    return true;
}

bool iopt_winograd_s8_takes(const IoptWinogradS8Job *job, const int8_t *filter, size_t c_stride)
{
    const IoptWindow *const w = &job->window;

    if (w->kernel_h != 3 || w->kernel_w != 3 || w->stride_h != 1 || w->stride_w != 1 ||
        w->dilation_h != 1 || w->dilation_w != 1)
        return false;
    for (size_t j = 0; j < job->n; j += MAX_COLUMNS) {
        const size_t left = job->n - j;
        if (!sums_fit(filter + j, TAPS * job->channels, c_stride,
                      left < MAX_COLUMNS ? left : MAX_COLUMNS))
            return false;
    }
    return true;
}

size_t iopt_winograd_s8_packed_bytes(const IoptVariant *variant, const IoptWinogradS8Job *job)
{
    const Info *const info = info_of(variant);
    const size_t columns = iopt_gemm_vectors(job->n, info->lanes) * info->lanes;

    return info->transforms ? POINTS * iopt_winograd_s8_point_bytes(job->channels, columns)
                            : TAPS * job->channels * job->n;
}

size_t iopt_winograd_s8_scratch_bytes(const IoptVariant *variant, const IoptWinogradS8Job *job)
{
    const IoptWinogradS8Scratch size = iopt_winograd_s8_scratch(job);

    return info_of(variant)->transforms ? size.padding + POINTS * (size.v_plane + size.m_plane) : 0;
}

/* The matrix G, its rows scaled to integers: (1, p, p^2) for each point p, and infinity. */
static const int16_t filter_6[SIDE][3] = { { 1, 0, 0 }, { 1, 1, 1 },  { 1, -1, 1 },
                                           { 1, 2, 4 }, { 1, -2, 4 }, { 0, 0, 1 } };

/* One input channel of one panel: for each tap, or after the transform for each point, its
 * columns. */
typedef int16_t Plane[MAX_COLUMNS];

/* out[column] = sum over i of g[i] * in[i * step][column].  Eight columns at a time: a panel's
 * width is a multiple of that, and a constant is what becomes vectors. */
static void apply(const int16_t g[3], const Plane *in, size_t step, size_t columns,
                  int16_t *IOPT_RESTRICT out)
{
    enum { CHUNK = 8 };

    for (size_t first = 0; first < columns; first += CHUNK)
        for (size_t j = first; j < first + CHUNK; j++)
            out[j] = (int16_t)(g[0] * in[0][j] + g[1] * in[step][j] + g[2] * in[2 * step][j]);
}

/* Writes the points of one channel, every second word of `packed`. */
static void transform_filter(const Plane *w, size_t columns, int16_t *packed, size_t point_words)
{
    Plane half[3], point;

    for (size_t y = 0; y < SIDE; y++) {
        for (size_t kx = 0; kx < 3; kx++)
            apply(filter_6[y], w + kx, 3, columns, half[kx]);
        for (size_t x = 0; x < SIDE; x++) {
            int16_t *const out = packed + (y * SIDE + x) * point_words;
            apply(filter_6[x], (const Plane *)half, 1, columns, point);
            for (size_t j = 0; j < columns; j++)
                out[2 * j] = point[j];
        }
    }
}

/* One panel: columns [first, first + columns) of the filter, zeros up to `width`. */
static void pack_panel(const IoptWinogradS8Job *job, const int8_t *filter, size_t c_stride,
                       size_t columns, size_t width, int16_t *packed)
{
    const size_t channels = job->channels;
    const size_t point_words = iopt_winograd_s8_point_bytes(channels, width) / sizeof(int16_t);

    for (size_t c = 0; c < (channels + 1) / 2 * 2; c++) {
        Plane w[TAPS] = { { 0 } };
        for (size_t tap = 0; c < channels && tap < TAPS; tap++)
            for (size_t j = 0; j < columns; j++)
                w[tap][j] = filter[(tap * channels + c) * c_stride + j];
        transform_filter((const Plane *)w, width, packed + c / 2 * width * 2 + c % 2, point_words);
    }
}

void iopt_winograd_s8_pack(const IoptVariant *variant, const IoptWinogradS8Job *job,
                           const int8_t *filter, size_t c_stride, void *packed)
{
    const Info *const info = info_of(variant);
    const size_t vectors = iopt_gemm_vectors(job->n, info->lanes);
    char *to = packed;

    if (!info->transforms) {
        for (size_t row = 0; row < TAPS * job->channels && job->n > 0; row++)
            memcpy(to + row * job->n, filter + row * c_stride, job->n);
        return;
    }
    for (size_t panel = 0; panel < iopt_gemm_panel_count(vectors); panel++) {
        const size_t width = iopt_gemm_panel_vectors(vectors, panel) * info->lanes;
        const size_t first = panel * 2 * info->lanes, left = job->n - first;
        pack_panel(job, filter + first, c_stride, left < width ? left : width, width,
                   (int16_t *)(void *)to);
        to += POINTS * iopt_winograd_s8_point_bytes(job->channels, width);
    }
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

/* Rough cycles of a share, so many tiles by so many vectors of columns: transforms, and
 * multiply-adds or, if the filters serve few tiles, reading them: from memory at 8 bytes a cycle,
 * and for each further block of tiles from L3 at 16. */
static double share_cycles(const Info *info, const IoptWinogradS8Job *job, size_t tiles,
                           size_t vectors)
{
    const double in = info->in_cycles * (double)iopt_divide_up(job->channels, 2 * info->lanes);
    const double out = info->out_cycles * (double)vectors;
    const double weights = (double)(POINTS * job->channels * vectors * info->lanes);
    const double passes = (double)iopt_divide_up(tiles, iopt_winograd_s8_block(job));

    return (double)tiles * (in + out) +
           larger(weights * (double)tiles / info->macs, weights / 4 + (passes - 1) * weights / 8);
}

bool iopt_winograd_s8_pays(const IoptVariant *variant, const IoptWinogradS8Job *job)
{
    const Info *const info = info_of(variant);
    const size_t vectors = iopt_gemm_vectors(job->n, info->lanes);
    const size_t pixels = job->images * job->window.out_h * job->window.out_w;
    const double weights = (double)(TAPS * job->channels * vectors * info->lanes);
    const double direct = larger(weights * (double)pixels / info->direct_macs, weights / 8);

    return info->transforms &&
           share_cycles(info, job, iopt_winograd_s8_tiles(job), vectors) < direct;
}

typedef struct Work {
    const Info *info;
    const IoptWinogradS8Job *job;
    size_t tiles, vectors;
} Work;

static double part_cycles(const void *work, size_t tile_parts, size_t panel_parts)
{
    const Work *const w = work;

    return share_cycles(w->info, w->job, iopt_divide_up(w->tiles, tile_parts),
                        iopt_divide_up(w->vectors, panel_parts));
}

IoptWinogradS8Range iopt_winograd_s8_part(const IoptVariant *variant, const IoptWinogradS8Job *job,
                                          size_t part, size_t parts)
{
    const Info *const info = info_of(variant);
    const Work work = { info, job, iopt_winograd_s8_tiles(job),
                        iopt_gemm_vectors(job->n, info->lanes) };
    const IoptWorkRange range = iopt_work_split(work.tiles, iopt_gemm_panel_count(work.vectors),
                                                part_cycles, &work, part, parts);

    return (IoptWinogradS8Range){ range.row_begin, range.row_end, range.panel_begin,
                                  range.panel_end };
}
