/* winograd_s8 against its C variant, which sums directly, and in parts: the same bits everywhere,
 * gaps between pixels included, which nobody may touch. */
#include <math.h>
#include <string.h>

#include "kc_codes.h"
#include "kernels/winograd_s8/winograd_s8.h"

typedef enum Values { SMALL, LARGEST, LOWEST } Values;

enum { NONE = -1, SPARE = IOPT_S8_SPARE_BYTES - 1, TAPS = 9 };

/* One problem: the shape, and which of the optional operands it has. */
typedef struct Problem {
    size_t images, in_h, in_w, pad, channels, n;
    bool bias, clamp;
    int residual; /* an IoptS8Out, or NONE */
    IoptS8Out end;
    Values values;
} Problem;

static size_t out_pixels(const IoptWinogradS8Job *job)
{
    return job->images * job->window.out_h * job->window.out_w;
}

/* From the first pixel to the end of the last. */
static size_t elems(const IoptWinogradS8Job *job, ptrdiff_t stride)
{
    const size_t pixels = out_pixels(job);
    return pixels ? (pixels - 1) * (size_t)stride + job->n : 0;
}

static size_t y_elems(const IoptWinogradS8Job *job)
{
    return elems(job, job->end.stride);
}

static IoptS8End make_end(const Problem *p)
{
    const int32_t most = p->end == IOPT_S8_OUT_U8 ? UINT8_MAX : UINT16_MAX;
    IoptS8End end = { .type = p->end, .stride = (ptrdiff_t)p->n + 2 };

    if (p->end == IOPT_S8_OUT_F32) {
        end.lo = p->clamp ? 0 : -INFINITY;
        end.hi = p->clamp ? 6 : INFINITY;
    } else {
        end.zero = most / 3;
        end.lo = p->clamp ? 0 : (float)-end.zero;
        end.hi = (float)(most - end.zero);
    }
    return end;
}

static const float *make_scale(KCheck *k, const Problem *p)
{
    float *const scale = kc_f32(k, p->n);

    for (size_t j = 0; j < p->n; j++)
        scale[j] /= 8 * sqrtf((float)(TAPS * p->channels));
    return scale;
}

/* Everything but `packed` and `y`. */
static IoptWinogradS8Job make_job(KCheck *k, const Problem *p)
{
    const size_t pixels = p->images * p->in_h * p->in_w, x_stride = p->channels + 5;
    const size_t x_bytes = pixels * x_stride + SPARE;
    uint8_t *const x = kc_u8(k, x_bytes);
    IoptWinogradS8Job job = {
        .window = { p->in_h, p->in_w, p->in_h + 2 * p->pad - 2, p->in_w + 2 * p->pad - 2, 3, 3, 1,
                    1, 1, 1, p->pad, p->pad },
        .images = p->images,
        .channels = p->channels,
        .n = p->n,
        .x = x,
        .x_stride = (ptrdiff_t)x_stride,
        .x_zero = p->values == SMALL ? 117 : UINT8_MAX,
        .bias = p->bias ? kc_s32(k, p->n) : NULL,
        .scale = p->end == IOPT_S8_OUT_S32 ? NULL : make_scale(k, p),
        .residual_in = { .stride = (ptrdiff_t)p->n + 1, .zero = 77, .scale = 0.37F },
        .end = make_end(p),
    };

    if (p->values != SMALL)
        memset(x, UINT8_MAX, x_bytes);
    if (p->residual != NONE) {
        const size_t count = elems(&job, job.residual_in.stride);
        job.residual_in.type = (IoptS8Out)p->residual;
        job.residual = job.residual_in.type == IOPT_S8_OUT_F32
                           ? (void *)kc_f32(k, count)
                           : kc_u8(k, count * iopt_s8_bytes(job.residual_in.type) + SPARE / 2 * 2);
    }
    return job;
}

static const int8_t *make_filter(KCheck *k, const Problem *p)
{
    const size_t count = TAPS * p->channels * p->n;
    int8_t *const filter = kc_s8(k, count);

    if (p->values != SMALL)
        memset(filter, p->values == LARGEST ? INT8_MAX : INT8_MIN, count);
    return filter;
}

static void pack(KCheck *k, const IoptVariant *variant, IoptWinogradS8Job *job,
                 const int8_t *filter)
{
    const size_t bytes = iopt_winograd_s8_packed_bytes(variant, job);
    void *const packed = kc_bytes(k, (bytes + 63) / 64 * 64);

    memset(packed, 0x55, bytes);
    iopt_winograd_s8_pack(variant, job, filter, job->n, packed);
    job->packed = packed;
}

static void *make_scratch(KCheck *k, const IoptVariant *variant, const IoptWinogradS8Job *job)
{
    const size_t bytes = iopt_winograd_s8_scratch_bytes(variant, job);
    void *const scratch = kc_bytes(k, bytes);

    memset(scratch, 0x77, bytes);
    return scratch;
}

/* y as one variant computes it, in `parts` parts; nothing is written between its pixels. */
static void *compute(KCheck *k, const IoptVariant *variant, IoptWinogradS8Job job,
                     const int8_t *filter, size_t parts)
{
    pack(k, variant, &job, filter);
    job.y = kc_result(k, job.end.type, y_elems(&job));
    for (size_t part = 0; part < parts; part++) {
        const IoptWinogradS8Range range = iopt_winograd_s8_part(variant, &job, part, parts);
        ((IoptWinogradS8Run *)variant->fn)(&job, &range, make_scratch(k, variant, &job));
    }
    return job.y;
}

static void check_problem(KCheck *k, const Problem *p)
{
    kc_case(k, "%zu of %zux%zux%zu pad %zu -> %zu%s%s residual %d end %d values %d", p->images,
            p->in_h, p->in_w, p->channels, p->pad, p->n, p->bias ? " bias" : "",
            p->clamp ? " clamp" : "", p->residual, (int)p->end, (int)p->values);
    const IoptWinogradS8Job job = make_job(k, p);
    const int8_t *const filter = make_filter(k, p);
    const void *const want = compute(k, k->reference, job, filter, 1);

    if (!iopt_winograd_s8_takes(&job, filter, job.n))
        kc_fail(k, "not taken");
    for (size_t parts = 1; parts <= 4; parts++)
        kc_same_result(k, parts > 1 ? "y in parts" : "y",
                       compute(k, k->variant, job, filter, parts), want, p->end, y_elems(&job));
}

static void check_shapes(KCheck *k)
{
    static const size_t widths[] = { 1, 8, 16, 17, 40, 48, 70 };
    static const size_t depths[] = { 1, 2, 3, 8, 16, 31, 33, 64, 70 };
    static const IoptS8Out ends[] = { IOPT_S8_OUT_U8, IOPT_S8_OUT_S32, IOPT_S8_OUT_U8,
                                      IOPT_S8_OUT_U16, IOPT_S8_OUT_F32 };
    static const int residuals[] = { NONE, IOPT_S8_OUT_U8,  IOPT_S8_OUT_U16,
                                     NONE, IOPT_S8_OUT_F32, NONE,
                                     NONE };
    unsigned options = 0;

    for (size_t i = 0; i < 63; i++) {
        options = options * 5 + 3;
        check_problem(k, &(Problem){ .images = 1 + i % 3,
                                     .in_h = 5 + i / 7,
                                     .in_w = 5 + i % 6,
                                     .pad = i % 4,
                                     .channels = depths[i % IOPT_COUNT(depths)],
                                     .n = widths[i % IOPT_COUNT(widths)],
                                     .bias = options >> 4 & 1,
                                     .clamp = options >> 5 & 1,
                                     .residual = residuals[(options >> 8) % 7],
                                     .end = ends[(options >> 11) % IOPT_COUNT(ends)] });
    }
    check_problem(k, &(Problem){ .in_h = 7, .in_w = 7, .channels = 8, .n = 8, .residual = NONE });
    check_problem(k, &(Problem){ .images = 2,
                                 .in_h = 47,
                                 .in_w = 45,
                                 .pad = 1,
                                 .channels = 17,
                                 .n = 24,
                                 .bias = true,
                                 .clamp = true,
                                 .residual = NONE });
}

/* The largest sums that are taken, and the least that are not. */
static void check_limits(KCheck *k)
{
    for (Values values = LARGEST; values <= LOWEST; values++) {
        Problem p = { .images = 1,
                      .in_h = 9,
                      .in_w = 9,
                      .pad = 1,
                      .n = 20,
                      .residual = NONE,
                      .channels = values == LARGEST ? 115 : 114,
                      .end = IOPT_S8_OUT_S32,
                      .values = values };
        check_problem(k, &p);
        p.channels++;
        kc_case(k, "%zu channels of %s", p.channels, values == LARGEST ? "127" : "-128");
        const IoptWinogradS8Job job = make_job(k, &p);
        if (iopt_winograd_s8_takes(&job, make_filter(k, &p), p.n))
            kc_fail(k, "taken");
    }
}

/* Layers of Inception V3, ResNet and smaller ones; GMAC/s are those of the direct sum. */
static void bench_layers(KCheck *k)
{
    static const size_t layers[][4] = {
        { 147, 1, 32, 64 },  { 71, 0, 80, 192 },  { 56, 1, 64, 64 },   { 35, 1, 64, 96 },
        { 35, 1, 96, 96 },   { 28, 1, 128, 128 }, { 17, 1, 192, 192 }, { 14, 1, 256, 256 },
        { 10, 1, 512, 512 }, { 8, 1, 448, 384 },  { 7, 1, 512, 512 },
    };

    for (size_t i = 0; i < IOPT_COUNT(layers); i++) {
        const size_t *const l = layers[i];
        const Problem p = { .images = 1,
                            .in_h = l[0],
                            .in_w = l[0],
                            .pad = l[1],
                            .channels = l[2],
                            .n = l[3],
                            .bias = true,
                            .clamp = true,
                            .residual = NONE };
        kc_case(k, "%zux%zu, %zu -> %zu", l[0], l[0], l[2], l[3]);
        IoptWinogradS8Job job = make_job(k, &p);
        pack(k, k->variant, &job, make_filter(k, &p));
        job.y = kc_result(k, p.end, y_elems(&job));
        void *const scratch = make_scratch(k, k->variant, &job);
        const IoptWinogradS8Range all = iopt_winograd_s8_part(k->variant, &job, 0, 1);
        KC_BENCH(k, TAPS * out_pixels(&job) * p.channels * p.n,
                 ((IoptWinogradS8Run *)k->variant->fn)(&job, &all, scratch));
    }
}

void kcheck_winograd_s8(KCheck *k, IoptKernelFn ref_fn, IoptKernelFn new_fn)
{
    (void)ref_fn, (void)new_fn; /* packing wants the whole variant */
    if (k->bench) {
        bench_layers(k);
        return;
    }
    check_shapes(k);
    check_limits(k);
}
