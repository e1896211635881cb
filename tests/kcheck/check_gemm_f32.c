/* gemm_f32 against its C variant, within the sum of both error bounds; and against itself, bit for
 * bit, when the work is split. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kc_offsets.h"

/* One problem: the shape, and which of the optional operands it has. */
typedef struct Problem {
    size_t rows, n, taps, depth;
    bool offsets, scale, bias, residual, clamp;
} Problem;

/* Operands of a problem; `gemm.packed` and `gemm.c` are set by compute(). */
typedef struct Operands {
    IoptGemmF32 gemm;
    const float *b; /* [K][n], one byte off any alignment */
    size_t k;
} Operands;

static const void *unaligned(KCheck *k, const float *values, size_t count)
{
    unsigned char *const bytes = kc_bytes(k, count * sizeof *values + 3);

    if (count)
        memcpy(bytes + 3, values, count * sizeof *values);
    return bytes + 3;
}

static Operands make_operands(KCheck *k, const Problem *p)
{
    const size_t depth_all = p->taps * p->depth, c_stride = p->n + 3;
    const size_t a_stride = p->depth + (size_t)kc_random(k, 0, 2);
    const size_t a_floats = p->offsets ? 4 * p->depth + 100
                            : p->rows  ? (p->rows - 1) * a_stride + depth_all
                                       : 0;
    Operands o = { .k = depth_all };

    o.b = kc_f32(k, depth_all * p->n);
    o.gemm = (IoptGemmF32){
        .rows = p->rows,
        .n = p->n,
        .taps = p->taps,
        .depth = p->depth,
        .a = kc_f32(k, a_floats),
        .a_stride = (ptrdiff_t)a_stride,
        .offset = p->offsets ? kc_offsets_random(k, p->rows * p->taps, a_floats - p->depth) : NULL,
        .zeros = p->offsets ? kc_bytes(k, p->depth * sizeof(float)) : NULL,
        .scale = p->scale ? kc_f32(k, p->n) : NULL,
        .bias = p->bias ? kc_f32(k, p->n) : NULL,
        .residual = p->residual && p->rows ? kc_f32(k, (p->rows - 1) * c_stride + p->n) : NULL,
        .residual_stride = (ptrdiff_t)c_stride,
        .lo = p->clamp ? 0 : -INFINITY,
        .hi = p->clamp ? 6 : INFINITY,
        .c_stride = (ptrdiff_t)c_stride,
    };
    return o;
}

static float *pack(KCheck *k, const IoptVariant *variant, const Operands *o)
{
    const size_t n = o->gemm.n;
    float *const packed =
        kc_f32_nan(k, iopt_gemm_f32_packed_bytes(variant, o->k, n) / sizeof(float));

    iopt_gemm_f32_pack(variant, unaligned(k, o->b, o->k * n), n, 1, o->k, n, packed);
    return packed;
}

/* C as one variant computes it, in `parts` parts; the gaps between its rows stay NaN. */
static float *compute(KCheck *k, const IoptVariant *variant, const Operands *o, size_t parts)
{
    IoptGemmF32 gemm = o->gemm;
    const size_t stride = (size_t)gemm.c_stride;

    gemm.packed = pack(k, variant, o);
    gemm.c = kc_f32_nan(k, gemm.rows ? (gemm.rows - 1) * stride + gemm.n : 0);
    for (size_t part = 0; part < parts; part++) {
        const IoptGemmF32Range range = iopt_gemm_f32_part(variant, &gemm, part, parts);
        ((IoptGemmF32Run *)variant->fn)(&gemm, &range);
    }
    return gemm.c;
}

static const float *row_segment(const IoptGemmF32 *gemm, size_t row, size_t tap)
{
    if (!gemm->offset)
        return gemm->a + (ptrdiff_t)row * gemm->a_stride;
    const int32_t offset = gemm->offset[row * gemm->taps + tap];
    return offset == IOPT_GEMM_F32_ZEROS ? gemm->zeros : gemm->a + offset;
}

/* What two variants may differ by, for each element of C; 0 in the gaps. */
static double *bounds(KCheck *k, const Operands *o, size_t count)
{
    const IoptGemmF32 *const g = &o->gemm;
    double *const bound = kc_bytes(k, count * sizeof *bound);

    for (size_t r = 0; r < g->rows; r++)
        for (size_t j = 0; j < g->n; j++) {
            double sum = 0;
            for (size_t tap = 0; tap < g->taps; tap++) {
                const float *const a = row_segment(g, r, tap);
                for (size_t d = 0; d < g->depth; d++)
                    sum += fabs((double)a[d] * (double)o->b[(tap * g->depth + d) * g->n + j]);
            }
            const size_t at = r * (size_t)g->c_stride + j;
            sum = sum * (g->scale ? fabs((double)g->scale[j]) : 1) +
                  (g->bias ? fabs((double)g->bias[j]) : 0) +
                  (g->residual ? fabs((double)g->residual[at]) : 0);
            bound[at] = 2 * ((double)o->k + 4) * 0x1p-24 * sum;
        }
    return bound;
}

static void check_problem(KCheck *k, const Problem *p)
{
    kc_case(k, "%zu x %zu, K %zu x %zu%s%s%s%s%s", p->rows, p->n, p->taps, p->depth,
            p->offsets ? " offsets" : "", p->scale ? " scale" : "", p->bias ? " bias" : "",
            p->residual ? " residual" : "", p->clamp ? " clamp" : "");
    const Operands o = make_operands(k, p);
    const size_t count = p->rows ? (p->rows - 1) * (size_t)o.gemm.c_stride + p->n : 0;
    const float *const want = compute(k, k->reference, &o, 1);
    const float *const got = compute(k, k->variant, &o, 1);

    kc_near_f32(k, "C", got, want, bounds(k, &o, count), 1e-37, count);
    for (size_t parts = 2; parts <= 6; parts++)
        kc_same_f32(k, "C in parts", compute(k, k->variant, &o, parts), got, count);
}

static void check_shapes(KCheck *k)
{
    static const size_t widths[] = { 1, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 40, 48, 65, 81, 100 };
    static const size_t taps_of[] = { 1, 3 }, depths[] = { 0, 1, 2, 5, 27, 64 };
    unsigned options = 0;

    for (size_t rows = 0; rows <= 31; rows++)
        for (size_t w = 0; w < IOPT_COUNT(widths); w++) {
            options = options * 5 + 3;
            check_problem(k, &(Problem){ rows, widths[w], taps_of[(rows + w) % 2],
                                         depths[(rows + w / 2) % IOPT_COUNT(depths)],
                                         (rows + w) % 2, options >> 4 & 1, options >> 5 & 1,
                                         options >> 6 & 1, options >> 7 & 1 });
        }
    check_problem(k, &(Problem){ 700, 72, 9, 20, true, false, true, true, true });
    check_problem(k, &(Problem){ 130, 40, 1, 1100, false, true, true, false, false });
}

/* NaN, infinities and huge values in A must come out as IEEE arithmetic says, in their rows only;
 * only exact values beside them, so that C and the variant agree in every bit. */
static void check_specials(KCheck *k)
{
    static const float specials[] = { NAN, INFINITY, -INFINITY, 3e38F, -3e38F, 1e-40F, -0.0F };

    for (int clamp = 0; clamp < 2; clamp++) {
        kc_case(k, "specials%s", clamp ? ", clamp" : "");
        Operands o = make_operands(k, &(Problem){ 29, 70, 1, 6, .clamp = clamp != 0 });
        float *const a = kc_f32(k, 29 * 6), *const b = kc_f32(k, 70 * 6);
        for (size_t i = 0; i < 29 * 6; i++)
            a[i] = (float)kc_random(k, -8, 8);
        for (size_t i = 0; i < 70 * 6; i++)
            b[i] = (float)kc_random(k, -1, 1);
        for (size_t row = 0; row < 29; row += 2)
            a[row * 6 + row % 6] = specials[(row / 2) % IOPT_COUNT(specials)];
        o.b = b;
        o.gemm.a = a;
        o.gemm.a_stride = 6;
        const size_t count = 28 * (size_t)o.gemm.c_stride + 70;
        kc_near_f32(k, "C", compute(k, k->variant, &o, 1), compute(k, k->reference, &o, 1), NULL,
                    1e-37, count);
    }
}

/* The residual is C itself. */
static void check_in_place(KCheck *k)
{
    kc_case(k, "residual in place");
    Operands o = make_operands(k, &(Problem){ 33, 53, 1, 17, .residual = true, .bias = true });
    const size_t count = 32 * (size_t)o.gemm.c_stride + 53;
    const float *const want = compute(k, k->variant, &o, 1);
    float *const c = kc_copy(k, o.gemm.residual, count * sizeof(float));

    o.gemm.packed = pack(k, k->variant, &o);
    o.gemm.residual = o.gemm.c = c;
    const IoptGemmF32Range all = iopt_gemm_f32_part(k->variant, &o.gemm, 0, 1);
    ((IoptGemmF32Run *)k->variant->fn)(&o.gemm, &all);
    for (size_t row = 0; row < 33; row++)
        kc_same_f32(k, "C", c + row * (size_t)o.gemm.c_stride, want + row * (size_t)o.gemm.c_stride,
                    53);
}

/* A packed transpose gives the same bytes as the packed original. */
static void check_transposed(KCheck *k)
{
    enum { K = 13, N = 43 };
    kc_case(k, "transposed B");
    const float *const b = kc_f32(k, K * N);
    float *const t = kc_f32(k, K * N);
    const size_t bytes = iopt_gemm_f32_packed_bytes(k->variant, K, N);
    float *const want = kc_bytes(k, bytes), *const got = kc_bytes(k, bytes);

    for (size_t i = 0; i < K; i++)
        for (size_t j = 0; j < N; j++)
            t[j * K + i] = b[i * N + j];
    iopt_gemm_f32_pack(k->variant, b, N, 1, K, N, want);
    iopt_gemm_f32_pack(k->variant, t, 1, K, K, N, got);
    kc_same_f32(k, "packed", got, want, bytes / sizeof(float));
}

/* A convolution of size x size pixels, stride 1, SAME; `kernel` 1 goes without offsets. */
static void bench_conv(KCheck *k, size_t size, size_t channels, size_t n, size_t kernel)
{
    const Problem p = {
        size * size, n, kernel * kernel, channels, false, false, true, false, true
    };

    kc_case(k, "%zux%zu, %zu -> %zu, %zux%zu", size, size, channels, n, kernel, kernel);
    Operands o = make_operands(k, &p);
    o.gemm.a = kc_f32(k, p.rows * channels);
    o.gemm.a_stride = (ptrdiff_t)channels;
    o.gemm.offset = kernel > 1 ? kc_offsets_conv(k, size, channels, kernel) : NULL;
    o.gemm.zeros = kc_bytes(k, channels * sizeof(float));
    o.gemm.packed = pack(k, k->variant, &o);
    o.gemm.c = kc_f32(k, p.rows * n);
    o.gemm.c_stride = (ptrdiff_t)n;
    const IoptGemmF32Range all = iopt_gemm_f32_part(k->variant, &o.gemm, 0, 1);
    KC_BENCH(k, (double)p.rows * (double)n * (double)o.k,
             ((IoptGemmF32Run *)k->variant->fn)(&o.gemm, &all));
}

/* Layers of Inception V3, ResNet and MobileNet, and odd ones. */
static void bench_layers(KCheck *k)
{
    static const size_t layers[][4] = {
        { 147, 32, 64, 3 },  { 112, 16, 96, 1 },   { 112, 27, 32, 1 },  { 73, 64, 80, 1 },
        { 71, 80, 192, 3 },  { 56, 24, 144, 1 },   { 56, 64, 64, 3 },   { 28, 128, 128, 3 },
        { 14, 256, 256, 3 }, { 35, 96, 96, 3 },    { 35, 192, 64, 1 },  { 17, 768, 192, 1 },
        { 17, 160, 160, 3 }, { 14, 256, 1024, 1 }, { 8, 1280, 320, 1 }, { 8, 448, 384, 3 },
        { 7, 960, 160, 1 },  { 1, 2048, 1001, 1 },
    };

    for (size_t i = 0; k->bench && i < IOPT_COUNT(layers); i++)
        bench_conv(k, layers[i][0], layers[i][1], layers[i][2], layers[i][3]);
}

void kcheck_gemm_f32(KCheck *k, IoptKernelFn ref_fn, IoptKernelFn new_fn)
{
    (void)ref_fn, (void)new_fn; /* packing wants the whole variant */
    if (k->bench) {
        bench_layers(k);
        return;
    }
    check_shapes(k);
    check_specials(k);
    check_in_place(k);
    check_transposed(k);
}
