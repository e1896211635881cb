/* fakequant against the C variant: every op, values on and between the steps, one range or one for
 * each channel. */
#include <math.h>

#include "kc_rows.h"
#include "kernels/fakequant/fakequant.h"

static const char *const names[IOPT_FAKE_QUANT_COUNT] = {
    [IOPT_FAKE_QUANT_MULTIPLY] = "multiply",
    [IOPT_FAKE_QUANT_DIVIDE] = "divide",
    [IOPT_FAKE_QUANT_EVEN] = "even",
    [IOPT_FAKE_QUANT_UP] = "up",
};

typedef struct Call {
    IoptFakeQuant *fn;
    IoptFakeQuantJob job;
} Call;

static void run(const void *context, const float *x, ptrdiff_t x_stride, float *y,
                ptrdiff_t y_stride, size_t begin, size_t end)
{
    const Call *const call = context;
    IoptFakeQuantJob job = call->job;

    job.x_stride = x_stride;
    job.y_stride = y_stride;
    call->fn(&job, x, y, begin, end);
}

static IoptFakeQuantJob random_job(KCheck *k, IoptFakeQuantOp op, size_t channels)
{
    const bool per_channel = kc_random(k, 0, 1) != 0;
    const size_t count = per_channel ? channels : 1;
    float *const lo = kc_f32(k, count), *const hi = kc_f32(k, count);
    float *const scale = kc_f32(k, count), *const step = kc_f32(k, count);

    for (size_t i = 0; i < count; i++) {
        step[i] = ldexpf(1 + fabsf(step[i]), (int)kc_random(k, -12, 2));
        scale[i] = 1 / step[i];
        lo[i] = op == IOPT_FAKE_QUANT_EVEN && kc_random(k, 0, 3) == 0
                    ? -INFINITY
                    : -step[i] * (float)kc_random(k, 0, 300);
        hi[i] = isinf(lo[i]) ? INFINITY : lo[i] + 255 * step[i];
    }
    return (IoptFakeQuantJob){ .op = op,
                               .per_channel = per_channel,
                               .channels = channels,
                               .lo = lo,
                               .hi = hi,
                               .scale = scale,
                               .step = step };
}

static void compare(KCheck *k, IoptFakeQuantOp op, IoptFakeQuant *ref, IoptFakeQuant *fn)
{
    const KcRows rows = kc_rows_random(k);
    const size_t elems = kc_rows_elems(&rows, rows.x_stride);

    kc_case(k, "%s, %s", names[op], kc_rows_text(&rows).s);
    Call call = { ref, random_job(k, op, rows.channels) };
    float *const x = kc_f32_wild(k, elems);
    for (size_t i = 0; i < elems; i++) /* half of a step of the first channel */
        if (kc_random(k, 0, 2) == 0)
            x[i] = call.job.step[0] * 0.5F * (float)kc_random(k, -600, 600);
    const float *const want = kc_rows_run(k, &rows, x, run, &call);
    call.fn = fn;
    const float *const got = kc_rows_run(k, &rows, x, run, &call);
    kc_same_f32(k, "y", got, want, kc_rows_elems(&rows, rows.y_stride));
}

void kcheck_fakequant(KCheck *k, IoptKernelFn ref_fn, IoptKernelFn new_fn)
{
    enum { COUNT = 1 << 16 };

    for (int i = 0; i < 200 * IOPT_FAKE_QUANT_COUNT && !k->bench; i++)
        compare(k, (IoptFakeQuantOp)(i % IOPT_FAKE_QUANT_COUNT), (IoptFakeQuant *)ref_fn,
                (IoptFakeQuant *)new_fn);
    for (int op = 0; op < IOPT_FAKE_QUANT_COUNT && k->bench; op++) {
        kc_case(k, "%s of %d values", names[op], COUNT);
        IoptFakeQuantJob job = random_job(k, (IoptFakeQuantOp)op, COUNT);
        job.per_channel = false;
        job.x_stride = job.y_stride = COUNT;
        const float *const x = kc_f32(k, COUNT);
        float *const y = kc_f32(k, COUNT);
        KC_BENCH_BYTES(k, 2 * COUNT * sizeof *x, ((IoptFakeQuant *)new_fn)(&job, x, y, 0, 1));
    }
}
