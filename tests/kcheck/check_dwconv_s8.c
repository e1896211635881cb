/* dwconv_s8 against the C variant: many windows, strides between pixels, ends, residuals, splits of
 * the rows, the largest sums. */
#include <math.h>

#include "kc_codes.h"
#include "kc_window.h"
#include "kernels/dwconv_s8/dwconv_s8.h"

typedef struct Case {
    IoptDwconvS8Job job;
    size_t images, y_elems;
    const uint8_t *x;
    const int8_t *filter;
} Case;

static const void *packed(KCheck *k, const IoptVariant *variant, const Case *c)
{
    const IoptWindow *const w = &c->job.window;
    const size_t channels = c->job.channels, multiplier = c->job.multiplier;
    void *const to = kc_bytes(
        k, iopt_dwconv_s8_packed_bytes(variant, w->kernel_h, w->kernel_w, channels, multiplier));

    iopt_dwconv_s8_pack(variant, w->kernel_h, w->kernel_w, channels, multiplier, c->filter, to);
    return to;
}

static const float *scales(KCheck *k, size_t count)
{
    float *const scale = kc_f32(k, count);

    for (size_t i = 0; i < count; i++) {
        scale[i] = fabsf(scale[i]) * 0x1p-6F;
        if (kc_random(k, 0, 2) == 0)
            scale[i] = 0.03125F; /* ties */
        if (kc_random(k, 0, 9) == 0)
            scale[i] = 1e30F; /* values that no integer holds */
    }
    return scale;
}

static void add_residual(KCheck *k, Case *c)
{
    IoptS8In in = kc_s8_in(k, c->job.end.stride + kc_random(k, 0, 3), 1);
    const size_t rows = c->images * c->job.window.out_h * c->job.window.out_w;

    if (kc_random(k, 0, 2) == 0)
        in.type = IOPT_S8_OUT_F32;
    c->job.residual_in = in;
    c->job.residual = kc_codes(k, in.type, rows * (size_t)in.stride);
}

/* Makes the operands; `gap` is added to both pixel strides. */
static Case make_case(KCheck *k, const IoptWindow *w, size_t images, size_t channels,
                      size_t multiplier, size_t gap)
{
    const size_t outputs = channels * multiplier;
    const IoptS8End end = kc_s8_end(k, (ptrdiff_t)(outputs + gap));
    Case c = {
        .job = { .window = *w,
                 .channels = channels,
                 .multiplier = multiplier,
                 .x_stride = (ptrdiff_t)(channels + gap),
                 .zeros = kc_u8(k, channels + IOPT_S8_SPARE_BYTES),
                 .bias = kc_random(k, 0, 3) ? kc_s32(k, outputs) : NULL,
                 .end = end },
        .images = images,
        .y_elems = images * w->out_h * w->out_w * (outputs + gap) - gap,
        .x = kc_codes(k, IOPT_S8_OUT_U8, images * w->in_h * w->in_w * (channels + gap) - gap),
        .filter = kc_s8(k, w->kernel_h * w->kernel_w * outputs),
    };
    c.job.scale = scales(k, outputs);
    if (kc_random(k, 0, 7) == 0)
        c.job.end.type = IOPT_S8_OUT_S32;
    if (c.job.end.type != IOPT_S8_OUT_S32 && kc_random(k, 0, 2) == 0)
        add_residual(k, &c);
    return c;
}

static void compare(KCheck *k, const Case *c, IoptDwconvS8 *ref, IoptDwconvS8 *fn)
{
    const size_t rows = c->images * c->job.window.out_h;
    const IoptS8Out type = c->job.end.type;
    void *const want = kc_result(k, type, c->y_elems), *const got = kc_result(k, type, c->y_elems);
    void *const parts = kc_result(k, type, c->y_elems);
    IoptDwconvS8Job job = c->job;

    job.weights = packed(k, k->reference, c);
    ref(&job, c->x, want, 0, rows);
    job.weights = packed(k, k->variant, c);
    fn(&job, c->x, got, 0, rows);
    kc_same_result(k, "y", got, want, type, c->y_elems);
    for (size_t row = rows, step = 1; row > 0; row -= step, step = row < 3 ? 1 : 2)
        fn(&job, c->x, parts, row - step, row);
    kc_same_result(k, "y in parts", parts, want, type, c->y_elems);
}

static void check(KCheck *k, IoptDwconvS8 *ref, IoptDwconvS8 *fn)
{
    for (int i = 0; i < 500; i++) {
        const IoptWindow w = kc_window_random(k, true);
        const size_t channels = (size_t)kc_random(k, 1, 40), images = (size_t)kc_random(k, 1, 2);
        const size_t multiplier = kc_random(k, 0, 4) ? 1 : (size_t)kc_random(k, 2, 3);
        const size_t gap = kc_random(k, 0, 1) ? (size_t)kc_random(k, 1, 20) : 0;

        kc_case(k, "%s c%zu m%zu gap %zu", kc_window_text(&w).s, channels, multiplier, gap);
        const Case c = make_case(k, &w, images, channels, multiplier, gap);
        compare(k, &c, ref, fn);
    }
}

/* All codes 255, all weights -128 or 127: sums that 16 bits do not hold. */
static void extremes(KCheck *k, IoptDwconvS8 *ref, IoptDwconvS8 *fn)
{
    for (int weight = -128; weight <= 127; weight += 255) {
        const IoptWindow w = kc_window_same(9, 9, 7, 1);
        kc_case(k, "codes 255, weights %d", weight);
        Case c = make_case(k, &w, 1, 24, 1, 0);
        int8_t *const filter = kc_s8(k, 49 * 24);
        uint8_t *const x = kc_u8(k, 81 * 24 + IOPT_S8_SPARE_BYTES);
        for (size_t i = 0; i < 49 * 24; i++)
            filter[i] = (int8_t)weight;
        for (size_t i = 0; i < 81 * 24; i++)
            x[i] = 255;
        c.filter = filter;
        c.x = x;
        c.job.end.type = IOPT_S8_OUT_S32;
        c.job.residual = NULL;
        compare(k, &c, ref, fn);
    }
}

static void bench(KCheck *k, IoptDwconvS8 *fn)
{
    for (size_t i = 0; i < KC_DEPTHWISE_LAYERS; i++) {
        const KcLayer *const layer = &kc_depthwise_layers[i];
        const IoptWindow w = kc_layer_same(k, layer);
        Case c = make_case(k, &w, 1, layer->channels, 1, 0);
        c.job.end.type = IOPT_S8_OUT_U8;
        c.job.end.lo = 0;
        c.job.end.hi = 255;
        c.job.end.zero = 0;
        c.job.residual = NULL;
        c.job.weights = packed(k, k->variant, &c);
        uint8_t *const y = kc_u8(k, c.y_elems);
        KC_BENCH(k, c.y_elems * w.kernel_h * w.kernel_w, fn(&c.job, c.x, y, 0, w.out_h));
    }
}

void kcheck_dwconv_s8(KCheck *k, IoptKernelFn ref_fn, IoptKernelFn new_fn)
{
    IoptDwconvS8 *const ref = (IoptDwconvS8 *)ref_fn, *const fn = (IoptDwconvS8 *)new_fn;

    if (k->bench) {
        bench(k, fn);
        return;
    }
    check(k, ref, fn);
    extremes(k, ref, fn);
}
