/* gemm_s8 against its C variant, and in parts: the same bits everywhere, gaps between rows
 * included, which nobody may touch. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kc_codes.h"
#include "kc_offsets.h"

typedef enum Values { SPREAD, EXTREMES, SMALL } Values;

/* One problem: the shape, and which of the optional operands it has. */
typedef struct Problem {
    size_t rows, n, taps, depth;
    bool offsets, bias, b_zero, clamp;
    int residual; /* an IoptS8Out, or NONE */
    IoptS8Out end;
    Values values;
} Problem;

enum { NONE = -1, SPARE = IOPT_S8_SPARE_BYTES - 1 };

/* Operands of a problem; `gemm.packed` and `gemm.c` are set by compute(). */
typedef struct Operands {
    IoptGemmS8 gemm;
    const int8_t *b; /* [K][n] */
    size_t k;
} Operands;

static const int8_t *make_weights(KCheck *k, const Problem *p, size_t count)
{
    int8_t *const b = kc_s8(k, count);

    for (size_t i = 0; i < count; i++)
        if (p->values == EXTREMES) /* long runs of one sign: sums as large as they get */
            b[i] = kc_random(k, 0, 15) ? INT8_MIN : INT8_MAX;
        else if (p->values == SMALL && kc_random(k, 0, 63)) /* as trained weights are */
            b[i] = (int8_t)(kc_random(k, -25, 25) + kc_random(k, -25, 25) + kc_random(k, -13, 13));
    return b;
}

static const uint8_t *make_codes(KCheck *k, const Problem *p, size_t count)
{
    uint8_t *const a = kc_u8(k, count + SPARE);

    if (p->values == EXTREMES)
        memset(a, UINT8_MAX, count);
    return a;
}

static const float *make_scale(KCheck *k, size_t n, size_t depth)
{
    float *const scale = kc_f32(k, n);

    for (size_t j = 0; j < n; j++) /* most results in range, some not; exact ties now and then */
        scale[j] = kc_random(k, 0, 3) ? scale[j] / (8 * sqrtf((float)depth + 1)) : 0x1p-7F;
    return scale;
}

static const void *make_residual(KCheck *k, const Problem *p, size_t stride)
{
    const size_t count = p->rows ? (p->rows - 1) * stride + p->n : 0;

    if (p->residual == NONE)
        return NULL;
    if (p->residual == IOPT_S8_OUT_F32)
        return kc_f32(k, count);
    return kc_u8(k, count * iopt_s8_bytes((IoptS8Out)p->residual) + SPARE / 2 * 2); /* aligned */
}

static IoptS8End make_end(const Problem *p, size_t stride)
{
    IoptS8End end = {
        .type = p->end, .stride = (ptrdiff_t)stride, .lo = -INFINITY, .hi = INFINITY
    };

    if (p->end == IOPT_S8_OUT_F32 && p->clamp) {
        end.lo = 0;
        end.hi = 6;
    } else if (p->end == IOPT_S8_OUT_U8 || p->end == IOPT_S8_OUT_U16) {
        const int32_t most = p->end == IOPT_S8_OUT_U8 ? UINT8_MAX : UINT16_MAX;
        end.zero = most / 3;
        end.lo = p->clamp ? 0 : (float)-end.zero;
        end.hi = (float)(p->clamp ? most / 2 : most - end.zero);
    }
    return end;
}

static Operands make_operands(KCheck *k, const Problem *p)
{
    const size_t depth_all = p->taps * p->depth, stride = p->n + 3;
    const size_t a_stride = p->depth + (size_t)kc_random(k, 0, 2);
    const size_t a_bytes = p->offsets ? 4 * p->depth + 100 : p->rows * a_stride;
    Operands o = { .k = depth_all };

    o.b = make_weights(k, p, depth_all * p->n);
    o.gemm = (IoptGemmS8){
        .rows = p->rows,
        .n = p->n,
        .taps = p->taps,
        .depth = p->depth,
        .a = make_codes(k, p, a_bytes),
        .a_stride = (ptrdiff_t)a_stride,
        .offset = p->offsets ? kc_offsets_random(k, p->rows * p->taps, a_bytes - p->depth) : NULL,
        .zeros = p->offsets ? make_codes(k, p, p->depth) : NULL,
        .bias = p->bias ? kc_s32(k, p->n) : NULL,
        .b_zero = p->b_zero ? kc_s32(k, p->n) : NULL,
        .scale = p->end == IOPT_S8_OUT_S32 ? NULL : make_scale(k, p->n, depth_all),
        .residual = make_residual(k, p, stride),
        .residual_in = { .stride = (ptrdiff_t)stride, .zero = 77, .scale = 0.37F },
        .end = make_end(p, stride),
    };
    if (p->residual != NONE)
        o.gemm.residual_in.type = (IoptS8Out)p->residual;
    if (p->b_zero) {
        int32_t *const sums = kc_s32(k, p->rows);
        iopt_gemm_s8_row_sums(&o.gemm, 0, p->rows, sums);
        o.gemm.row_sum = sums;
    }
    return o;
}

static size_t c_elems(const IoptGemmS8 *gemm)
{
    return gemm->rows ? (gemm->rows - 1) * (size_t)gemm->end.stride + gemm->n : 0;
}

static void *pack(KCheck *k, const IoptVariant *variant, const Operands *o)
{
    const IoptGemmS8 *const g = &o->gemm;
    const size_t bytes = iopt_gemm_s8_packed_bytes(variant, g->taps, g->depth, g->n);
    void *const packed = kc_bytes(k, (bytes + 63) / 64 * 64);

    iopt_gemm_s8_pack(variant, o->b, g->n, 1, g->taps, g->depth, g->n, packed);
    return packed;
}

/* C as one variant computes it, in `parts` parts; nothing is written between its rows. */
static void *compute(KCheck *k, const IoptVariant *variant, const Operands *o, size_t parts)
{
    IoptGemmS8 gemm = o->gemm;

    gemm.packed = pack(k, variant, o);
    gemm.c = kc_result(k, gemm.end.type, c_elems(&gemm));
    for (size_t part = 0; part < parts; part++) {
        const IoptGemmS8Range range = iopt_gemm_s8_part(variant, &gemm, part, parts);
        ((IoptGemmS8Run *)variant->fn)(&gemm, &range);
    }
    return gemm.c;
}

static void check_problem(KCheck *k, const Problem *p)
{
    kc_case(k, "%zu x %zu, K %zu x %zu%s%s%s%s residual %d end %d values %d", p->rows, p->n,
            p->taps, p->depth, p->offsets ? " offsets" : "", p->bias ? " bias" : "",
            p->b_zero ? " b_zero" : "", p->clamp ? " clamp" : "", p->residual, (int)p->end,
            (int)p->values);
    const Operands o = make_operands(k, p);
    const size_t count = c_elems(&o.gemm);
    const void *const want = compute(k, k->reference, &o, 1);

    kc_same_result(k, "C", compute(k, k->variant, &o, 1), want, p->end, count);
    for (size_t parts = 2; parts <= 6; parts++)
        kc_same_result(k, "C in parts", compute(k, k->variant, &o, parts), want, p->end, count);
}

/* All heights up to two tiles, with widths, depths and options in turn; U8 without a residual is
 * what nearly all layers have. */
static void check_shapes(KCheck *k)
{
    static const size_t widths[] = { 1, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 40, 48, 65, 81, 100 };
    static const size_t taps_of[] = { 1, 3 }, depths[] = { 0, 1, 2, 3, 5, 27, 64, 130 };
    static const IoptS8Out ends[] = { IOPT_S8_OUT_U8, IOPT_S8_OUT_S32, IOPT_S8_OUT_U8,
                                      IOPT_S8_OUT_U16, IOPT_S8_OUT_F32 };
    static const int residuals[] = { NONE, IOPT_S8_OUT_U8,  IOPT_S8_OUT_U16,
                                     NONE, IOPT_S8_OUT_F32, NONE,
                                     NONE };
    unsigned options = 0;

    for (size_t rows = 0; rows <= 31; rows++)
        for (size_t w = 0; w < IOPT_COUNT(widths); w++) {
            options = options * 5 + 3;
            check_problem(k, &(Problem){ .rows = rows,
                                         .n = widths[w],
                                         .taps = taps_of[(rows + w) % 2],
                                         .depth = depths[(rows + w / 2) % IOPT_COUNT(depths)],
                                         .offsets = (rows + w) % 2,
                                         .bias = options >> 4 & 1,
                                         .b_zero = (options >> 5 & 3) == 0,
                                         .clamp = options >> 7 & 1,
                                         .residual = residuals[(options >> 8) % 7],
                                         .end = ends[(options >> 11) % IOPT_COUNT(ends)],
                                         .values = (Values)((options >> 14) % 3) });
        }
}

static void check_large(KCheck *k)
{
    for (Values values = SPREAD; values <= SMALL; values++)
        for (int offsets = 0; offsets < 2; offsets++) {
            check_problem(k, &(Problem){ .rows = offsets ? 700 : 130,
                                         .n = offsets ? 72 : 40,
                                         .taps = offsets ? 9 : 1,
                                         .depth = offsets ? 20 : 1100,
                                         .offsets = offsets != 0,
                                         .bias = true,
                                         .residual = NONE,
                                         .end = offsets ? IOPT_S8_OUT_U8 : IOPT_S8_OUT_S32,
                                         .values = values });
        }
    /* more than any block of K that a variant may copy together */
    check_problem(k, &(Problem){ .rows = 2,
                                 .n = 24,
                                 .taps = 9,
                                 .depth = 40000,
                                 .offsets = true,
                                 .residual = NONE,
                                 .end = IOPT_S8_OUT_S32,
                                 .values = EXTREMES });
}

/* The residual is C itself. */
static void check_in_place(KCheck *k)
{
    for (IoptS8Out type = IOPT_S8_OUT_U8; type <= IOPT_S8_OUT_F32; type++) {
        kc_case(k, "residual in place, type %d", (int)type);
        const Problem p = { .rows = 33,
                            .n = 53,
                            .taps = 1,
                            .depth = 17,
                            .bias = true,
                            .residual = (int)type,
                            .end = type,
                            .values = SMALL };
        Operands o = make_operands(k, &p);
        const unsigned char *const want = compute(k, k->reference, &o, 1);
        const size_t bytes = c_elems(&o.gemm) * iopt_s8_bytes(type), row = 53 * iopt_s8_bytes(type);
        const size_t stride = (size_t)o.gemm.end.stride * iopt_s8_bytes(type);
        unsigned char *const c = kc_bytes(k, bytes + SPARE / 4 * 4);

        memcpy(c, o.gemm.residual, bytes);
        o.gemm.packed = pack(k, k->variant, &o);
        o.gemm.residual = o.gemm.c = c;
        const IoptGemmS8Range all = iopt_gemm_s8_part(k->variant, &o.gemm, 0, 1);
        ((IoptGemmS8Run *)k->variant->fn)(&o.gemm, &all);
        for (size_t r = 0; r < p.rows; r++)
            if (memcmp(c + r * stride, want + r * stride, row) != 0)
                kc_fail(k, "row %zu differs", r);
    }
}

/* A packed transpose gives the same bytes as the packed original. */
static void check_transposed(KCheck *k)
{
    enum { K = 13, N = 43 };
    kc_case(k, "transposed B");
    const int8_t *const b = kc_s8(k, K * N);
    int8_t *const t = kc_s8(k, K * N);
    const size_t bytes = iopt_gemm_s8_packed_bytes(k->variant, 1, K, N);
    void *const want = kc_bytes(k, bytes), *const got = kc_bytes(k, bytes);

    for (size_t i = 0; i < K; i++)
        for (size_t j = 0; j < N; j++)
            t[j * K + i] = b[i * N + j];
    iopt_gemm_s8_pack(k->variant, b, N, 1, 1, K, N, want);
    iopt_gemm_s8_pack(k->variant, t, 1, K, 1, K, N, got);
    if (memcmp(want, got, bytes) != 0)
        kc_fail(k, "packed bytes differ");
}

/* A convolution of size x size pixels, stride 1, SAME; `kernel` 1 goes without offsets. */
static void bench_conv(KCheck *k, size_t size, size_t channels, size_t n, size_t kernel)
{
    const Problem p = { .rows = size * size,
                        .n = n,
                        .taps = kernel * kernel,
                        .depth = channels,
                        .bias = true,
                        .clamp = true,
                        .residual = NONE,
                        .end = IOPT_S8_OUT_U8,
                        .values = SMALL };

    kc_case(k, "%zux%zu, %zu -> %zu, %zux%zu", size, size, channels, n, kernel, kernel);
    Operands o = make_operands(k, &p);
    o.gemm.a = make_codes(k, &p, p.rows * channels);
    o.gemm.a_stride = (ptrdiff_t)channels;
    o.gemm.offset = kernel > 1 ? kc_offsets_conv(k, size, channels, kernel) : NULL;
    o.gemm.zeros = make_codes(k, &p, channels);
    o.gemm.packed = pack(k, k->variant, &o);
    o.gemm.end.stride = (ptrdiff_t)n;
    o.gemm.c = kc_bytes(k, p.rows * n);
    const IoptGemmS8Range all = iopt_gemm_s8_part(k->variant, &o.gemm, 0, 1);
    KC_BENCH(k, (double)p.rows * (double)n * (double)o.k,
             ((IoptGemmS8Run *)k->variant->fn)(&o.gemm, &all));
}

/* Layers of Inception V3, ResNet and MobileNet, and odd ones. */
static void bench_layers(KCheck *k)
{
    static const size_t layers[][4] = {
        { 149, 3, 32, 3 },   { 150, 3, 64, 7 },   { 147, 32, 64, 3 },  { 112, 16, 96, 1 },
        { 112, 27, 32, 1 },  { 73, 64, 80, 1 },   { 71, 80, 192, 3 },  { 56, 24, 144, 1 },
        { 56, 64, 64, 3 },   { 28, 128, 128, 3 }, { 14, 256, 256, 3 }, { 35, 96, 96, 3 },
        { 35, 192, 64, 1 },  { 17, 768, 192, 1 }, { 17, 160, 160, 3 }, { 14, 256, 1024, 1 },
        { 8, 1280, 320, 1 }, { 8, 448, 384, 3 },  { 7, 960, 160, 1 },  { 1, 2048, 1001, 1 },
    };

    for (size_t i = 0; i < IOPT_COUNT(layers); i++)
        bench_conv(k, layers[i][0], layers[i][1], layers[i][2], layers[i][3]);
}

void kcheck_gemm_s8(KCheck *k, IoptKernelFn ref_fn, IoptKernelFn new_fn)
{
    (void)ref_fn, (void)new_fn; /* packing wants the whole variant */
    if (k->bench) {
        bench_layers(k);
        return;
    }
    check_shapes(k);
    check_large(k);
    check_in_place(k);
    check_transposed(k);
}
