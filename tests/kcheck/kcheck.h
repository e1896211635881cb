/* Checks every variant of every kernel against its plain C one, and times the same calls.
 *
 * A kernel `k` of src/kernels/kernel_list.inc has one check, kcheck_k, in check_k.c; it runs once
 * for each variant that this CPU has (IOPT_CPU caps it), the C variant included.  A listed kernel
 * without a check does not link.
 *
 *     void kcheck_dot_s8(KCheck *k, IoptKernelFn ref_fn, IoptKernelFn new_fn)
 *     {
 *         IoptDotS8 *const ref = (IoptDotS8 *)ref_fn, *const fn = (IoptDotS8 *)new_fn;
 *
 *         for (size_t n = 0; n <= 130; n++) {
 *             kc_case(k, "n=%zu", n);
 *             const int8_t *a = kc_s8(k, n), *b = kc_s8(k, n);
 *             const int32_t want = ref(a, b, n), got = fn(a, b, n);
 *             if (got != want)
 *                 kc_fail(k, "want %d, got %d", want, got);
 *         }
 *         kc_case(k, "n=4096");
 *         const int8_t *a = kc_s8(k, 4096), *b = kc_s8(k, 4096);
 *         KC_BENCH(k, 4096, fn(a, b, 4096));
 *     }
 */
#ifndef IOPT_TESTS_KCHECK_H
#define IOPT_TESTS_KCHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "kernels/kernel.h"

/* A running check.  Checks read the first three; the rest belongs to kcheck.c. */
typedef struct KCheck {
    const IoptKernel *kernel;
    const IoptVariant *reference; /* plain C */
    const IoptVariant *variant;   /* the one under test; often they differ in `info` */
    bool bench;                   /* KC_BENCH times; checks may then skip the comparisons */
    size_t failures;              /* of this variant */
    uint64_t random;              /* state of the generator: the same for every variant */
    char label[96];               /* the current case */
    struct KcBlock *blocks;       /* the operands of the current case */
    struct {
        uint64_t start_ns, best_ns;
        size_t calls, left, rounds;
    } timer;
} KCheck;

#define IOPT_KERNEL(name) void kcheck_##name(KCheck *k, IoptKernelFn ref_fn, IoptKernelFn new_fn);
#include "kernels/kernel_list.inc"
#undef IOPT_KERNEL

/* Begins a case: names it for messages and timings, and releases the operands of the last one. */
void kc_case(KCheck *k, const char *format, ...) IOPT_PRINTF(2, 3);

/* Notes a failure of this case; the check goes on, and may return early. */
void kc_fail(KCheck *k, const char *format, ...) IOPT_PRINTF(2, 3);

/* Operands: `count` values that end at a page nobody may touch, with another such page before
 * them; aligned to their own size only, to 64 bytes if they are a multiple of 64 bytes long.  They
 * live until the next kc_case, which also looks whether the bytes just before them were written. */
float *kc_f32(KCheck *k, size_t count);     /* -1 .. 1, evenly */
float *kc_f32_nan(KCheck *k, size_t count); /* all NaN: outputs, or what must not be used */
int8_t *kc_s8(KCheck *k, size_t count);     /* -128 .. 127, the extremes often */
uint8_t *kc_u8(KCheck *k, size_t count);    /* 0 .. 255, the extremes often */
int16_t *kc_s16(KCheck *k, size_t count);
int32_t *kc_s32(KCheck *k, size_t count); /* -65536 .. 65536 */
void *kc_bytes(KCheck *k, size_t bytes);  /* zeros */
void *kc_copy(KCheck *k, const void *source, size_t bytes);

/* An integer of low .. high, both included. */
int64_t kc_random(KCheck *k, int64_t low, int64_t high);

/* Fails unless got and want are of the same bits (`count` floats); NaN equals NaN. */
void kc_same_f32(KCheck *k, const char *what, const float *got, const float *want, size_t count);

/* Fails unless |got - want| <= bound[i] (NULL: 0) + tiny for all i; NaN equals NaN, an infinity
 * itself.  `tiny` allows for denormals.  Names the first that differs and counts the rest. */
void kc_near_f32(KCheck *k, const char *what, const float *got, const float *want,
                 const double *bound, double tiny, size_t count);

/* Under --bench: runs `call` often enough and prints the case with GMAC/s (of `macs` multiply-adds
 * a call) or GB/s (of `bytes` read and written a call), best of some rounds.  Otherwise nothing. */
#define KC_BENCH(k, macs, call)                                            \
    for (kc_bench_begin(k); kc_bench_more(k, (double)(macs), "GMAC/s");) { \
        call;                                                              \
    }
#define KC_BENCH_BYTES(k, bytes, call)                                    \
    for (kc_bench_begin(k); kc_bench_more(k, (double)(bytes), "GB/s");) { \
        call;                                                             \
    }
void kc_bench_begin(KCheck *k);
bool kc_bench_more(KCheck *k, double work, const char *unit);

/* Measured peak of single precision multiply-adds on one core, GMAC/s; 0 for plain C. */
double kc_peak_gmacs(uint32_t cpu_flags);

#endif
