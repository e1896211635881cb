/* winograd_f32 against the direct convolution in double; and against itself, bit for bit, when the
 * work is split. */
#include <math.h>
#include <string.h>

#include "kc_window.h"
#include "kcheck.h"
#include "kernels/winograd_f32/winograd_f32.h"

/* One problem: the shape, and which of the optional operands it has. */
typedef struct Problem {
    size_t images, in_h, in_w, kernel_h, kernel_w, pad, channels, n, tile;
    bool scale, bias, residual, clamp;
} Problem;

static size_t out_pixels(const IoptWinogradF32Job *job)
{
    return job->images * job->window.out_h * job->window.out_w;
}

static size_t y_count(const IoptWinogradF32Job *job)
{
    const size_t pixels = out_pixels(job);
    return pixels ? (pixels - 1) * (size_t)job->y_stride + job->n : 0;
}

/* Everything but `packed` and `y`. */
static IoptWinogradF32Job make_job(KCheck *k, const Problem *p)
{
    const size_t pixels = p->images * p->in_h * p->in_w, x_stride = p->channels + 5;
    const size_t pad_top = p->kernel_h > 1 ? p->pad : 0, pad_left = p->kernel_w > 1 ? p->pad : 0;
    IoptWinogradF32Job job = {
        .window = { p->in_h, p->in_w, p->in_h + 2 * pad_top + 1 - p->kernel_h,
                    p->in_w + 2 * pad_left + 1 - p->kernel_w, p->kernel_h, p->kernel_w, 1, 1, 1, 1,
                    pad_top, pad_left },
        .images = p->images,
        .channels = p->channels,
        .n = p->n,
        .tile = p->tile,
        .x = kc_f32(k, pixels ? (pixels - 1) * x_stride + p->channels : 0),
        .x_stride = (ptrdiff_t)x_stride,
        .scale = p->scale ? kc_f32(k, p->n) : NULL,
        .bias = p->bias ? kc_f32(k, p->n) : NULL,
        .residual_stride = (ptrdiff_t)p->n + 2,
        .lo = p->clamp ? 0 : -INFINITY,
        .hi = p->clamp ? 6 : INFINITY,
        .y_stride = (ptrdiff_t)p->n + 2,
    };

    job.residual = p->residual ? kc_f32(k, y_count(&job)) : NULL;
    return job;
}

static size_t taps_of(const IoptWinogradF32Job *job)
{
    return job->window.kernel_h * job->window.kernel_w;
}

static void pack(KCheck *k, IoptWinogradF32Job *job, const float *filter)
{
    const size_t bytes = iopt_winograd_f32_packed_bytes(k->variant, job);
    const size_t filter_bytes = taps_of(job) * job->channels * job->n * sizeof(float);
    float *const packed = kc_f32_nan(k, bytes / sizeof(float));
    unsigned char *const unaligned = kc_bytes(k, filter_bytes + 1);

    if (filter_bytes)
        memcpy(unaligned + 1, filter, filter_bytes);
    iopt_winograd_f32_pack(k->variant, job, unaligned + 1, job->n, packed);
    job->packed = packed;
}

/* y in `parts` parts; the gaps between its pixels stay NaN. */
static float *compute(KCheck *k, IoptWinogradF32Job job, const float *filter, size_t parts)
{
    const size_t scratch = iopt_winograd_f32_scratch_bytes(k->variant, &job) / sizeof(float);

    pack(k, &job, filter);
    job.y = kc_f32_nan(k, y_count(&job));
    for (size_t part = 0; part < parts; part++) {
        const IoptWinogradF32Range range = iopt_winograd_f32_part(k->variant, &job, part, parts);
        ((IoptWinogradF32Run *)k->variant->fn)(&job, &range, kc_f32_nan(k, scratch));
    }
    return job.y;
}

/* The exact sum of products of one output. */
static double direct(const IoptWinogradF32Job *job, const float *filter, size_t image, size_t oy,
                     size_t ox, size_t j)
{
    const IoptWindow *const w = &job->window;
    double sum = 0;

    for (size_t tap = 0; tap < taps_of(job); tap++) {
        const size_t iy = oy + tap / w->kernel_w - w->pad_top;
        const size_t ix = ox + tap % w->kernel_w - w->pad_left;
        if (iy >= w->in_h || ix >= w->in_w)
            continue;
        const float *const x =
            job->x + (ptrdiff_t)((image * w->in_h + iy) * w->in_w + ix) * job->x_stride;
        for (size_t c = 0; c < job->channels; c++)
            sum += (double)x[c] * (double)filter[(tap * job->channels + c) * job->n + j];
    }
    return sum;
}

/* What the contract allows, with max |x| = 1; 4x4 keeps a tenth of that. */
static double bound_of(const IoptWinogradF32Job *job, const float *filter, size_t j)
{
    const size_t taps = taps_of(job);
    const double a = taps == 3 ? 30 : taps == 7 ? 40 : job->tile == 2 ? 16 : 860.0 / 10;
    double sum = 0;

    for (size_t i = 0; i < taps * job->channels; i++)
        sum += fabs((double)filter[i * job->n + j]);
    return ((double)job->channels + 20) * 0x1p-24 * a * sum;
}

static void check_exactness(KCheck *k, const IoptWinogradF32Job *job, const float *filter,
                            const float *got)
{
    const size_t count = y_count(job);
    float *const want = kc_f32_nan(k, count);
    double *const bound = kc_bytes(k, count * sizeof *bound);

    for (size_t p = 0; p < out_pixels(job); p++)
        for (size_t j = 0; j < job->n; j++) {
            const size_t at = p * (size_t)job->y_stride + j, across = job->window.out_w;
            const double scale = job->scale ? (double)job->scale[j] : 1;
            const double bias = job->bias ? (double)job->bias[j] : 0;
            const double residual = job->residual ? (double)job->residual[at] : 0;
            const double sum = direct(job, filter, p / across / job->window.out_h,
                                      p / across % job->window.out_h, p % across, j);
            const double v = sum * scale + bias + residual;
            want[at] = (float)fmin(fmax(v, (double)job->lo), (double)job->hi);
            bound[at] =
                bound_of(job, filter, j) * fabs(scale) + 0x1p-22 * (fabs(bias) + fabs(residual));
        }
    kc_near_f32(k, "y", got, want, bound, 1e-37, count);
}

static void check_problem(KCheck *k, const Problem *p)
{
    kc_case(k, "%zu of %zux%zux%zu, %zux%zu pad %zu -> %zu, tile %zu%s%s%s%s", p->images, p->in_h,
            p->in_w, p->channels, p->kernel_h, p->kernel_w, p->pad, p->n, p->tile,
            p->scale ? " scale" : "", p->bias ? " bias" : "", p->residual ? " residual" : "",
            p->clamp ? " clamp" : "");
    const IoptWinogradF32Job job = make_job(k, p);
    const float *const filter = kc_f32(k, p->kernel_h * p->kernel_w * p->channels * p->n);
    const float *const got = compute(k, job, filter, 1);

    check_exactness(k, &job, filter, got);
    for (size_t parts = 2; parts <= 4; parts++)
        kc_same_f32(k, "y in parts", compute(k, job, filter, parts), got, y_count(&job));
}

/* The kernels and tiles that there are. */
static const struct {
    size_t kernel_h, kernel_w, tile;
} shapes[] = { { 3, 3, 4 }, { 3, 3, 2 }, { 1, 3, 4 }, { 3, 1, 4 }, { 1, 7, 2 }, { 7, 1, 2 } };

static void check_shapes(KCheck *k)
{
    static const size_t widths[] = { 1, 8, 16, 17, 40, 48, 70 }, depths[] = { 1, 3, 8, 16, 21, 40 };
    unsigned options = 0;

    for (size_t i = 0; i < 8 * IOPT_COUNT(shapes); i++) {
        const size_t size = 7 + i / IOPT_COUNT(shapes), at = i % IOPT_COUNT(shapes);
        options = options * 5 + 3;
        check_problem(k,
                      &(Problem){ 1 + i % 3, size, 7 + i % 5, shapes[at].kernel_h,
                                  shapes[at].kernel_w, i % 4, depths[i % 5],
                                  widths[i % IOPT_COUNT(widths)], shapes[at].tile, options >> 4 & 1,
                                  options >> 5 & 1, options >> 6 & 1, options >> 7 & 1 });
    }
    check_problem(k, &(Problem){ 0, 7, 7, 3, 3, 1, 8, 8, 4, false, false, false, false });
    check_problem(k, &(Problem){ 2, 47, 45, 3, 3, 1, 17, 24, 4, false, true, true, true });
    check_problem(k, &(Problem){ 2, 33, 35, 3, 3, 1, 9, 72, 2, false, true, false, true });
    check_problem(k, &(Problem){ 1, 33, 35, 1, 7, 3, 40, 40, 2, false, true, false, true });
}

/* Layers of Inception V3, ResNet and smaller ones; GMAC/s are those of the direct sum. */
static void bench_layers(KCheck *k)
{
    static const size_t layers[][6] = {
        /* size, kernel, pad, channels, n */
        { 147, 3, 3, 1, 32, 64 },  { 71, 3, 3, 0, 80, 192 },  { 56, 3, 3, 1, 64, 64 },
        { 35, 3, 3, 1, 64, 96 },   { 35, 3, 3, 1, 96, 96 },   { 28, 3, 3, 1, 128, 128 },
        { 17, 3, 3, 1, 192, 192 }, { 14, 3, 3, 1, 256, 256 }, { 10, 3, 3, 1, 512, 512 },
        { 8, 3, 3, 1, 448, 384 },  { 7, 3, 3, 1, 512, 512 },  { 17, 1, 7, 3, 128, 128 },
        { 17, 7, 1, 3, 192, 192 }, { 8, 1, 3, 1, 384, 384 },  { 8, 3, 1, 1, 384, 384 },
    };

    for (size_t i = 0; k->bench && i < 2 * IOPT_COUNT(layers); i++) {
        const size_t *const l = layers[i / 2], tile = 2 + 2 * (i & 1);
        const Problem p = { 1,    l[0], l[0],  l[1], l[2],  l[3], l[4],
                            l[5], tile, false, true, false, true };
        if (l[1] * l[2] == (tile == 4 ? 7 : 3))
            continue;
        kc_case(k, "%zux%zu, %zu -> %zu, %zux%zu, tile %zu", l[0], l[0], l[4], l[5], l[1], l[2],
                tile);
        IoptWinogradF32Job job = make_job(k, &p);
        pack(k, &job, kc_f32(k, taps_of(&job) * p.channels * p.n));
        job.y = kc_f32(k, y_count(&job));
        float *const scratch = kc_bytes(k, iopt_winograd_f32_scratch_bytes(k->variant, &job));
        const IoptWinogradF32Range all = iopt_winograd_f32_part(k->variant, &job, 0, 1);
        KC_BENCH(k, taps_of(&job) * out_pixels(&job) * p.channels * p.n,
                 ((IoptWinogradF32Run *)k->variant->fn)(&job, &all, scratch));
    }
}

void kcheck_winograd_f32(KCheck *k, IoptKernelFn ref_fn, IoptKernelFn new_fn)
{
    (void)ref_fn, (void)new_fn; /* the oracle is the direct sum; packing wants the whole variant */
    if (k->bench)
        bench_layers(k);
    else
        check_shapes(k);
}
