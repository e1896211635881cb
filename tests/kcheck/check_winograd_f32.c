/* winograd_f32 against the direct convolution in double; and against itself, bit for bit, when the
 * work is split. */
#include <math.h>
#include <string.h>

#include "kc_window.h"
#include "kcheck.h"
#include "kernels/winograd_f32/winograd_f32.h"

/* One problem: the shape, and which of the optional operands it has. */
typedef struct Problem {
    size_t images, in_h, in_w, pad, channels, n, tile;
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
    IoptWinogradF32Job job = {
        .window = {
            .in_h = p->in_h, .in_w = p->in_w,
            .out_h = p->in_h + 2 * p->pad - 2, .out_w = p->in_w + 2 * p->pad - 2,
            .kernel_h = 3, .kernel_w = 3, .stride_h = 1, .stride_w = 1,
            .dilation_h = 1, .dilation_w = 1, .pad_top = p->pad, .pad_left = p->pad,
        },
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

static void pack(KCheck *k, IoptWinogradF32Job *job, const float *filter)
{
    const size_t bytes =
        iopt_winograd_f32_packed_bytes(k->variant, job->tile, job->channels, job->n);
    const size_t filter_bytes = 9 * job->channels * job->n * sizeof(float);
    float *const packed = kc_f32_nan(k, bytes / sizeof(float));
    unsigned char *const unaligned = kc_bytes(k, filter_bytes + 1);

    if (filter_bytes)
        memcpy(unaligned + 1, filter, filter_bytes);
    iopt_winograd_f32_pack(k->variant, job->tile, unaligned + 1, job->n, job->channels, job->n,
                           packed);
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

    for (size_t tap = 0; tap < 9; tap++) {
        const size_t iy = oy + tap / 3 - w->pad_top, ix = ox + tap % 3 - w->pad_left;
        if (iy >= w->in_h || ix >= w->in_w)
            continue;
        const float *const x =
            job->x + (ptrdiff_t)((image * w->in_h + iy) * w->in_w + ix) * job->x_stride;
        for (size_t c = 0; c < job->channels; c++)
            sum += (double)x[c] * (double)filter[(tap * job->channels + c) * job->n + j];
    }
    return sum;
}

/* What the contract allows, with max |x| = 1; a thirtieth of that is what really comes. */
static double bound_of(const IoptWinogradF32Job *job, const float *filter, size_t j)
{
    double sum = 0;

    for (size_t i = 0; i < 9 * job->channels; i++)
        sum += fabs((double)filter[i * job->n + j]);
    return ((double)job->channels + 20) * 0x1p-24 * (job->tile == 4 ? 2916 : 36) * sum / 30;
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
    kc_case(k, "%zu of %zux%zux%zu pad %zu -> %zu, tile %zu%s%s%s%s", p->images, p->in_h, p->in_w,
            p->channels, p->pad, p->n, p->tile, p->scale ? " scale" : "", p->bias ? " bias" : "",
            p->residual ? " residual" : "", p->clamp ? " clamp" : "");
    const IoptWinogradF32Job job = make_job(k, p);
    const float *const filter = kc_f32(k, 9 * p->channels * p->n);
    const float *const got = compute(k, job, filter, 1);

    check_exactness(k, &job, filter, got);
    for (size_t parts = 2; parts <= 4; parts++)
        kc_same_f32(k, "y in parts", compute(k, job, filter, parts), got, y_count(&job));
}

static void check_shapes(KCheck *k)
{
    static const size_t widths[] = { 1, 8, 16, 17, 40, 48, 70 }, depths[] = { 1, 3, 8, 16, 21, 40 };
    unsigned options = 0;

    for (size_t h = 1; h <= 11; h++)
        for (size_t pad = 0; pad <= 2; pad++) {
            options = options * 5 + 3;
            if (h + 2 * pad < 3)
                continue;
            check_problem(k, &(Problem){ h % 3, h, 3 + (h * 7 + pad) % 9, pad,
                                         depths[h % IOPT_COUNT(depths)],
                                         widths[(h + pad) % IOPT_COUNT(widths)], 2 + 2 * (h & 1),
                                         options >> 4 & 1, options >> 5 & 1, options >> 6 & 1,
                                         options >> 7 & 1 });
        }
    check_problem(k, &(Problem){ 2, 47, 45, 1, 17, 24, 4, false, true, true, true });
    check_problem(k, &(Problem){ 2, 33, 35, 1, 9, 72, 2, false, true, false, true });
}

/* 3x3 layers of Inception V3, ResNet and smaller ones; GMAC/s are those of the direct sum. */
static void bench_layers(KCheck *k)
{
    static const size_t layers[][4] = {
        { 147, 32, 64, 1 },  { 71, 80, 192, 0 },  { 56, 64, 64, 1 },   { 35, 64, 96, 1 },
        { 35, 96, 96, 1 },   { 28, 128, 128, 1 }, { 17, 192, 192, 1 }, { 14, 256, 256, 1 },
        { 10, 512, 512, 1 }, { 8, 448, 384, 1 },  { 7, 512, 512, 1 },
    };

    for (size_t i = 0; k->bench && i < 2 * IOPT_COUNT(layers); i++) {
        const size_t *const l = layers[i / 2];
        const Problem p = { 1,     l[0], l[0],  l[3], l[1], l[2], 2 + 2 * (i & 1),
                            false, true, false, true };
        kc_case(k, "%zux%zu, %zu -> %zu, tile %zu", l[0], l[0], l[1], l[2], p.tile);
        IoptWinogradF32Job job = make_job(k, &p);
        pack(k, &job, kc_f32(k, 9 * p.channels * p.n));
        job.y = kc_f32(k, y_count(&job));
        float *const scratch = kc_bytes(k, iopt_winograd_f32_scratch_bytes(k->variant, &job));
        const IoptWinogradF32Range all = iopt_winograd_f32_part(k->variant, &job, 0, 1);
        KC_BENCH(k, 9 * out_pixels(&job) * p.channels * p.n,
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
