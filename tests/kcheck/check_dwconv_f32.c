/* dwconv_f32 against the C variant: many windows, strides between pixels, splits of the rows. */
#include <math.h>

#include "kc_window.h"
#include "kernels/dwconv_f32/dwconv_f32.h"

typedef struct Case {
    IoptDwconvF32Job job;
    size_t images, x_elems, y_elems, taps, out_channels;
    const float *x, *filter;
} Case;

static float *packed(KCheck *k, const Case *c, const float *filter)
{
    /* as in a mapped file: at an odd address */
    unsigned char *const odd = kc_bytes(k, c->taps * c->out_channels * sizeof(float) + 1);
    float *const to = kc_f32_nan(k, iopt_dwconv_f32_packed_elems(c->taps, c->out_channels));
    const unsigned char *const from = (const unsigned char *)filter;

    for (size_t i = 0; i < c->taps * c->out_channels * sizeof(float); i++)
        odd[i + 1] = from[i];
    iopt_dwconv_f32_pack(c->taps, c->out_channels, odd + 1, to);
    return to;
}

/* Makes the operands; `gap` is added to both pixel strides. */
static Case make_case(KCheck *k, const IoptWindow *w, size_t images, size_t channels,
                      size_t multiplier, size_t gap)
{
    Case c = {
        .job = { .window = *w,
                 .channels = channels,
                 .multiplier = multiplier,
                 .x_stride = (ptrdiff_t)(channels + gap),
                 .y_stride = (ptrdiff_t)(channels * multiplier + gap),
                 .lo = -INFINITY,
                 .hi = INFINITY },
        .images = images,
        .x_elems = images * w->in_h * w->in_w * (channels + gap) - gap,
        .y_elems = images * w->out_h * w->out_w * (channels * multiplier + gap) - gap,
        .taps = w->kernel_h * w->kernel_w,
        .out_channels = channels * multiplier,
    };
    c.x = kc_f32(k, c.x_elems);
    c.filter = kc_f32(k, c.taps * c.out_channels);
    c.job.weights = packed(k, &c, c.filter);
    c.job.bias = kc_random(k, 0, 3) ? kc_f32(k, c.out_channels) : NULL;
    return c;
}

static const float *magnitudes(KCheck *k, const float *values, size_t count)
{
    float *const to = kc_copy(k, values, count * sizeof *values);

    for (size_t i = 0; i < count; i++)
        to[i] = fabsf(to[i]);
    return to;
}

/* The bound of the header: the C variant itself sums the magnitudes. */
static double *bounds(KCheck *k, const Case *c)
{
    double *const bound = kc_bytes(k, c->y_elems * sizeof *bound);
    float *const sum = kc_f32_nan(k, c->y_elems);
    IoptDwconvF32Job job = c->job;

    job.weights = packed(k, c, magnitudes(k, c->filter, c->taps * c->out_channels));
    job.bias = job.bias ? magnitudes(k, job.bias, c->out_channels) : NULL;
    job.lo = -INFINITY;
    job.hi = INFINITY;
    iopt_dwconv_f32_c(&job, magnitudes(k, c->x, c->x_elems), sum, 0, c->images * job.window.out_h);
    for (size_t i = 0; i < c->y_elems; i++)
        bound[i] = (double)(c->taps + 2) * 0x1p-24 * (double)sum[i];
    return bound;
}

static void compare(KCheck *k, const Case *c, IoptDwconvF32 *ref, IoptDwconvF32 *fn)
{
    const size_t rows = c->images * c->job.window.out_h;
    float *const want = kc_f32_nan(k, c->y_elems), *const got = kc_f32_nan(k, c->y_elems);
    float *const parts = kc_f32_nan(k, c->y_elems);

    ref(&c->job, c->x, want, 0, rows);
    fn(&c->job, c->x, got, 0, rows);
    kc_near_f32(k, "y", got, want, bounds(k, c), 1e-37, c->y_elems);

    for (size_t row = rows, step = 1; row > 0; row -= step, step = row < 3 ? 1 : 2)
        fn(&c->job, c->x, parts, row - step, row);
    kc_same_f32(k, "y in parts", parts, got, c->y_elems);
}

static void check(KCheck *k, IoptDwconvF32 *ref, IoptDwconvF32 *fn)
{
    for (int i = 0; i < 400; i++) {
        const IoptWindow w = kc_window_random(k, true);
        const size_t channels = (size_t)kc_random(k, 1, 40), images = (size_t)kc_random(k, 1, 2);
        const size_t multiplier = kc_random(k, 0, 4) ? 1 : (size_t)kc_random(k, 2, 3);
        const size_t gap = kc_random(k, 0, 1) ? (size_t)kc_random(k, 1, 20) : 0;

        kc_case(k, "%s c%zu m%zu gap %zu", kc_window_text(&w).s, channels, multiplier, gap);
        Case c = make_case(k, &w, images, channels, multiplier, gap);
        if (kc_random(k, 0, 1)) {
            c.job.lo = -0.25F;
            c.job.hi = 0.5F;
        }
        compare(k, &c, ref, fn);
    }
}

static void nan_is_kept(KCheck *k, IoptDwconvF32 *fn)
{
    const IoptWindow w = kc_window_same(5, 5, 3, 1);

    kc_case(k, "one NaN in the middle");
    Case c = make_case(k, &w, 1, 16, 1, 0);
    float *const x = kc_copy(k, c.x, c.x_elems * sizeof *x), *const y = kc_f32(k, c.y_elems);
    x[(2 * 5 + 2) * 16 + 7] = NAN;
    c.job.lo = 0;
    c.job.hi = 6;
    fn(&c.job, x, y, 0, 5);
    for (size_t pixel = 0; pixel < 25; pixel++)
        for (size_t channel = 0; channel < 16; channel++) {
            const bool sees = channel == 7 && pixel / 5 % 4 > 0 && pixel % 5 % 4 > 0;
            if (!isnan(y[pixel * 16 + channel]) == sees)
                kc_fail(k, "pixel %zu, channel %zu: %g", pixel, channel,
                        (double)y[pixel * 16 + channel]);
        }
}

static void bench(KCheck *k, IoptDwconvF32 *fn)
{
    for (size_t i = 0; i < KC_DEPTHWISE_LAYERS; i++) {
        const KcLayer *const layer = &kc_depthwise_layers[i];
        const IoptWindow w = kc_layer_same(k, layer);
        const Case c = make_case(k, &w, 1, layer->channels, 1, 0);
        float *const y = kc_f32(k, c.y_elems);
        KC_BENCH(k, w.out_h * w.out_w * c.out_channels * c.taps, fn(&c.job, c.x, y, 0, w.out_h));
    }
}

void kcheck_dwconv_f32(KCheck *k, IoptKernelFn ref_fn, IoptKernelFn new_fn)
{
    IoptDwconvF32 *const ref = (IoptDwconvF32 *)ref_fn, *const fn = (IoptDwconvF32 *)new_fn;

    if (k->bench) {
        bench(k, fn);
        return;
    }
    check(k, ref, fn);
    nan_is_kept(k, fn);
}
