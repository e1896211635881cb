/* binary_f32 against the C variant: the same bits, for every way in which z may be shared. */
#include <math.h>

#include "kc_rows.h"
#include "kernels/binary_f32/binary_f32.h"

typedef struct Call {
    IoptBinaryF32 *fn;
    IoptBinaryF32Job job;
    const float *z;
} Call;

static void run(const void *context, const float *x, ptrdiff_t x_stride, float *y,
                ptrdiff_t y_stride, size_t begin, size_t end)
{
    const Call *const call = context;
    IoptBinaryF32Job job = call->job;

    job.x_stride = x_stride;
    job.y_stride = y_stride;
    call->fn(&job, x, call->z, y, begin, end);
}

/* A z of the shape of x, of a row per group, of a value per row, of one row or of one value. */
static Call make_call(KCheck *k, const KcRows *rows, IoptBinaryF32Op op)
{
    const size_t group = kc_random(k, 0, 2) ? 1 : (size_t)kc_random(k, 1, 4);
    const bool broadcast = kc_random(k, 0, 2) == 0;
    const size_t width = broadcast ? 1 : rows->channels;
    const size_t gap = kc_random(k, 0, 1) ? (size_t)kc_random(k, 0, 5) : 0;
    const bool one_row = kc_random(k, 0, 3) == 0;
    const size_t z_rows = one_row ? 1 : (rows->rows + group - 1) / group;

    return (Call){
        .job = { .op = op,
                 .channels = rows->channels,
                 .z_stride = one_row ? 0 : (ptrdiff_t)(width + gap),
                 .z_group = group,
                 .z_broadcast = broadcast,
                 .lo = kc_random(k, 0, 1) ? 0 : -INFINITY,
                 .hi = kc_random(k, 0, 1) ? 6 : INFINITY },
        .z = kc_f32_wild(k, z_rows ? (z_rows - 1) * (width + gap) + width : 0),
    };
}

static void bench(KCheck *k, IoptBinaryF32 *fn)
{
    static const struct {
        const char *name;
        size_t rows, channels;
        IoptBinaryF32Op op;
        bool gate;
    } cases[] = {
        { "add, relu", 38 * 38, 256, IOPT_BINARY_ADD, false },
        { "add", 10 * 10, 2048, IOPT_BINARY_ADD, false },
        { "times a gate per channel", 28 * 28, 240, IOPT_BINARY_MUL, true },
    };

    for (size_t i = 0; i < IOPT_COUNT(cases); i++) {
        const size_t elems = cases[i].rows * cases[i].channels;
        const ptrdiff_t stride = (ptrdiff_t)cases[i].channels;
        const IoptBinaryF32Job job = { .op = cases[i].op,
                                       .channels = cases[i].channels,
                                       .x_stride = stride,
                                       .y_stride = stride,
                                       .z_stride = stride,
                                       .z_group = cases[i].gate ? cases[i].rows : 1,
                                       .lo = 0,
                                       .hi = INFINITY };
        kc_case(k, "%zu rows of %zu, %s", cases[i].rows, cases[i].channels, cases[i].name);
        const float *const x = kc_f32(k, elems), *const z = kc_f32(k, elems);
        float *const y = kc_f32(k, elems);
        KC_BENCH_BYTES(k, (cases[i].gate ? 2 : 3) * elems * sizeof *x,
                       fn(&job, x, z, y, 0, cases[i].rows));
    }
}

void kcheck_binary_f32(KCheck *k, IoptKernelFn ref_fn, IoptKernelFn new_fn)
{
    if (k->bench) {
        bench(k, (IoptBinaryF32 *)new_fn);
        return;
    }
    for (int i = 0; i < 800; i++) {
        const KcRows rows = kc_rows_random(k);
        const IoptBinaryF32Op op = (IoptBinaryF32Op)(i % IOPT_BINARY_COUNT);
        kc_case(k, "%s, op %d", kc_rows_text(&rows).s, (int)op);
        Call call = make_call(k, &rows, op);
        const float *const x = kc_f32_wild(k, kc_rows_elems(&rows, rows.x_stride));
        call.fn = (IoptBinaryF32 *)ref_fn;
        const float *const want = kc_rows_run(k, &rows, x, run, &call);
        call.fn = (IoptBinaryF32 *)new_fn;
        const float *const got = kc_rows_run(k, &rows, x, run, &call);
        kc_same_f32(k, "y", got, want, kc_rows_elems(&rows, rows.y_stride));
    }
}
