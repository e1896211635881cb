/* unary_f32 against the C variant: values all over the range of floats, within the stated error. */
#include <math.h>

#include "kc_rows.h"
#include "kernels/unary_f32/unary_f32.h"

static const char *const names[] = {
    [IOPT_UNARY_SIGMOID] = "sigmoid",
    [IOPT_UNARY_TANH] = "tanh",
    [IOPT_UNARY_ELU] = "elu",
    [IOPT_UNARY_SELU] = "selu",
    [IOPT_UNARY_LEAKY_RELU] = "leaky relu",
    [IOPT_UNARY_SOFTPLUS] = "softplus",
    [IOPT_UNARY_SWISH] = "swish",
    [IOPT_UNARY_HARD_SWISH] = "hard swish",
    [IOPT_UNARY_EXP] = "exp",
    [IOPT_UNARY_ERF] = "erf",
    [IOPT_UNARY_GELU] = "gelu",
    [IOPT_UNARY_GELU_TANH] = "gelu tanh",
};

typedef struct Call {
    IoptUnaryF32 *fn;
    IoptUnaryF32Job job;
} Call;

static void run(const void *context, const float *x, ptrdiff_t x_stride, float *y,
                ptrdiff_t y_stride, size_t begin, size_t end)
{
    const Call *const call = context;
    IoptUnaryF32Job job = call->job;

    job.x_stride = x_stride;
    job.y_stride = y_stride;
    call->fn(&job, x, y, begin, end);
}

static void compare(KCheck *k, const KcRows *rows, IoptUnaryF32Op op, const float *x,
                    IoptUnaryF32 *ref, IoptUnaryF32 *fn)
{
    const size_t y_elems = kc_rows_elems(rows, rows->y_stride);
    Call call = { .job = { .op = op, .alpha = 0.2F, .channels = rows->channels } };
    double *const bound = kc_bytes(k, y_elems * sizeof *bound);

    call.fn = ref;
    const float *const want = kc_rows_run(k, rows, x, run, &call);
    call.fn = fn;
    const float *const got = kc_rows_run(k, rows, x, run, &call);
    for (size_t i = 0; i < y_elems; i++)
        bound[i] = isfinite(want[i]) ? 2e-6 * fabs((double)want[i]) + 1e-6 : 0;
    if (op == IOPT_UNARY_LEAKY_RELU)
        kc_same_f32(k, "y", got, want, y_elems);
    else
        kc_near_f32(k, "y", got, want, bound, 0, y_elems);
}

/* Every value of a fine grid over the part where the functions bend. */
static void sweep(KCheck *k, IoptUnaryF32Op op, IoptUnaryF32 *ref, IoptUnaryF32 *fn)
{
    enum { COUNT = 1 << 16 };
    const KcRows rows = { 1, COUNT, COUNT, COUNT };

    kc_case(k, "%s from -100 to 88", names[op]);
    float *const x = kc_f32(k, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        x[i] = i % 2 ? -100 + (float)i * (188.0F / COUNT) : -6 + (float)i * (12.0F / COUNT);
    compare(k, &rows, op, x, ref, fn);
}

static void bench(KCheck *k, IoptUnaryF32 *fn)
{
    enum { COUNT = 1 << 16 };

    for (int op = 0; op < IOPT_UNARY_COUNT; op++) {
        const IoptUnaryF32Job job = { (IoptUnaryF32Op)op, 0.2F, COUNT, COUNT, COUNT };
        kc_case(k, "%s of %d values", names[op], COUNT);
        const float *const x = kc_f32(k, COUNT);
        float *const y = kc_f32(k, COUNT);
        KC_BENCH_BYTES(k, 2 * COUNT * sizeof *x, fn(&job, x, y, 0, 1));
    }
}

void kcheck_unary_f32(KCheck *k, IoptKernelFn ref_fn, IoptKernelFn new_fn)
{
    IoptUnaryF32 *const ref = (IoptUnaryF32 *)ref_fn, *const fn = (IoptUnaryF32 *)new_fn;

    if (k->bench) {
        bench(k, fn);
        return;
    }
    for (int i = 0; i < 100 * IOPT_UNARY_COUNT; i++) {
        const KcRows rows = kc_rows_random(k);
        const IoptUnaryF32Op op = (IoptUnaryF32Op)(i % IOPT_UNARY_COUNT);
        kc_case(k, "%s, %s", names[op], kc_rows_text(&rows).s);
        compare(k, &rows, op, kc_f32_wild(k, kc_rows_elems(&rows, rows.x_stride)), ref, fn);
    }
    for (int op = 0; op < IOPT_UNARY_COUNT; op++)
        sweep(k, (IoptUnaryF32Op)op, ref, fn);
}
