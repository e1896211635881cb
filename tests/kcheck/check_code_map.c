/* code_map against the C variant: every op, ratios and values of every size, rows with gaps. */
#include <string.h>

#include "kc_rows.h"
#include "kernels/code_map/code_map.h"

static const char *const names[IOPT_CODE_COUNT] = {
    [IOPT_CODE_SHRINK] = "shrink",
    [IOPT_CODE_SHRINK_BIAS] = "shrink, bias, shrink",
    [IOPT_CODE_SHRINK_REAL] = "shrink, real",
    [IOPT_CODE_SHRINK_RECODE] = "shrink, real, code",
    [IOPT_CODE_BIAS] = "bias",
    [IOPT_CODE_BIAS_SHRINK] = "bias, shrink",
    [IOPT_CODE_REAL] = "real",
    [IOPT_CODE_RECODE] = "real, code",
    [IOPT_CODE_LIMIT] = "limit",
    [IOPT_CODE_LIMIT_S32] = "limit of int32",
    [IOPT_CODE_CODE] = "code",
    [IOPT_CODE_SUM] = "sum",
    [IOPT_CODE_PRODUCT] = "product",
    [IOPT_CODE_SUM_SHRINK] = "sum, shrink",
    [IOPT_CODE_PRODUCT_SHRINK] = "product, shrink",
};

/* Of any size, up to 2^bits. */
static int64_t random_int(KCheck *k, int bits)
{
    const int64_t most = (int64_t)1 << kc_random(k, 0, bits);

    return kc_random(k, -most, most - 1);
}

static IoptCodeShrink random_shrink(KCheck *k)
{
    const bool wild = kc_random(k, 0, 7) == 0;

    return (IoptCodeShrink){ wild ? random_int(k, 62) : kc_random(k, 0, (int64_t)1 << 45),
                             wild ? random_int(k, 62) : random_int(k, 26) };
}

static float random_scale(KCheck *k)
{
    static const float scales[] = { 1, 0.5F, 0.037F, 255.0F / 6, 1e-9F, 1e9F, 0 };

    return scales[kc_random(k, 0, IOPT_COUNT(scales) - 1)];
}

static int32_t *random_ints(KCheck *k, size_t count)
{
    int32_t *const values = kc_s32(k, count);

    for (size_t i = 0; i < count; i++)
        values[i] = (int32_t)random_int(k, 31);
    return values;
}

static IoptCodeMapJob random_job(KCheck *k, IoptCodeMapOp op, const KcRows *rows)
{
    const IoptCodeStages stages = iopt_code_stages(op);
    IoptCodeMapJob job = {
        .op = op,
        .channels = rows->channels,
        .x_stride = rows->x_stride,
        .z_stride = kc_random(k, 0, 2) ? rows->x_stride : 0,
        .y_stride = rows->y_stride,
        .x_first = (int32_t)random_int(k, 31),
        .x_step = (int32_t)random_int(k, 20),
        .z_first = (int32_t)random_int(k, 31),
        .z_step = (int32_t)random_int(k, 20),
        .first = random_shrink(k),
        .last = random_shrink(k),
        .base = *kc_f32(k, 1) * 10,
        .step = random_scale(k),
        .scale = random_scale(k),
        .shift = (float)random_int(k, 10),
        .low = 0,
        .high = 255,
        .lo = (int32_t)kc_random(k, 0, 200),
        .hi = 255,
    };

    if (stages.biases) {
        job.low = -0x1p31F;
        job.high = 2147483520.0F;
        job.shift = kc_random(k, 0, 1) ? 0 : 0x1p31F;
        job.bias = random_ints(k, rows->channels);
    }
    if (stages.reals && kc_random(k, 0, 1)) {
        job.factor = kc_f32(k, rows->channels);
        job.summand = kc_f32(k, rows->channels);
    }
    if (op == IOPT_CODE_LIMIT_S32)
        job.hi = INT32_MAX;
    return job;
}

static void compare(KCheck *k, IoptCodeMapOp op, IoptCodeMap *ref, IoptCodeMap *fn)
{
    const IoptCodeStages stages = iopt_code_stages(op);
    const KcRows rows = kc_rows_random(k);
    const size_t x_elems = kc_rows_elems(&rows, rows.x_stride);
    const size_t y_bytes = kc_rows_elems(&rows, rows.y_stride) * stages.y_bytes;
    const size_t cut = (size_t)kc_random(k, 0, (int64_t)rows.rows);

    kc_case(k, "%s, %s", names[op], kc_rows_text(&rows).s);
    const IoptCodeMapJob job = random_job(k, op, &rows);
    const uint8_t *const z = kc_u8(k, job.z_stride ? x_elems : rows.channels);
    const void *const x = stages.x_real         ? (const void *)kc_f32_wild(k, x_elems)
                          : stages.x_bytes == 4 ? (const void *)random_ints(k, x_elems)
                                                : kc_u8(k, x_elems);
    char *const want = kc_bytes(k, y_bytes), *const got = kc_bytes(k, y_bytes);
    ref(&job, x, z, want, 0, rows.rows);
    fn(&job, x, z, got, cut, rows.rows);
    fn(&job, x, z, got, 0, cut);
    for (size_t i = 0; i < y_bytes; i++)
        if (want[i] != got[i]) {
            kc_fail(k, "byte %zu: want %d, got %d", i, want[i], got[i]);
            return;
        }
}

static void bench(KCheck *k, IoptCodeMap *fn)
{
    enum { ROWS = 400, CHANNELS = 192, COUNT = ROWS * CHANNELS };

    for (int op = 0; op < IOPT_CODE_COUNT; op++) {
        const IoptCodeStages stages = iopt_code_stages((IoptCodeMapOp)op);
        const KcRows rows = { ROWS, CHANNELS, CHANNELS, CHANNELS };
        kc_case(k, "%s of %d x %d", names[op], ROWS, CHANNELS);
        IoptCodeMapJob job = random_job(k, (IoptCodeMapOp)op, &rows);
        job.first = job.last = (IoptCodeShrink){ (int64_t)1 << 37, 100 << 16 };
        const void *const x = kc_bytes(k, COUNT * stages.x_bytes);
        void *const y = kc_bytes(k, COUNT * stages.y_bytes);
        KC_BENCH_BYTES(k, COUNT * (stages.x_bytes + stages.y_bytes), fn(&job, x, x, y, 0, ROWS));
    }
}

void kcheck_code_map(KCheck *k, IoptKernelFn ref_fn, IoptKernelFn new_fn)
{
    IoptCodeMap *const ref = (IoptCodeMap *)ref_fn, *const fn = (IoptCodeMap *)new_fn;

    if (k->bench) {
        bench(k, fn);
        return;
    }
    for (int i = 0; i < 400 * IOPT_CODE_COUNT; i++)
        compare(k, (IoptCodeMapOp)(i % IOPT_CODE_COUNT), ref, fn);
}
