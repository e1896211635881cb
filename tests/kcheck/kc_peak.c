/* The peak of single precision multiply-adds on one core: chains in registers, nothing else. */
#include "kcheck.h"

#if IOPT_X86_64
#include <immintrin.h>

#include "platform/clock.h"

/* Twelve chains cover a latency of 4 cycles or 5 with two units.  The empty asm keeps the compiler
 * from seeing through the loop. */
#define CHAINS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)

__attribute__((target("avx2,fma"))) static void multiply_add_avx2(size_t steps)
{
    const __m256 a = _mm256_set1_ps(0.5F), b = _mm256_set1_ps(1);
#define START(i) __m256 c##i = a;
    CHAINS(START)
    while (steps--) {
#define STEP(i)                         \
    c##i = _mm256_fmadd_ps(c##i, a, b); \
    __asm__ volatile("" : "+x"(c##i));
        CHAINS(STEP)
    }
#undef START
#undef STEP
}

__attribute__((target("avx512f,fma"))) static void multiply_add_avx512(size_t steps)
{
    const __m512 a = _mm512_set1_ps(0.5F), b = _mm512_set1_ps(1);
#define START(i) __m512 c##i = a;
    CHAINS(START)
    while (steps--) {
#define STEP(i)                         \
    c##i = _mm512_fmadd_ps(c##i, a, b); \
    __asm__ volatile("" : "+v"(c##i));
        CHAINS(STEP)
    }
#undef START
#undef STEP
}

double kc_peak_gmacs(uint32_t cpu_flags)
{
    enum { STEPS = 1 << 20, N_CHAINS = 12, ROUNDS = 15 };
    const size_t lanes = cpu_flags & IOPT_CPU_AVX512 ? 16 : 8;
    uint64_t best_ns = UINT64_MAX;

    if (!(cpu_flags & (IOPT_CPU_AVX2 | IOPT_CPU_AVX512)))
        return 0;
    for (int round = 0; round < ROUNDS; round++) {
        const uint64_t start_ns = iopt_now_ns();
        if (cpu_flags & IOPT_CPU_AVX512)
            multiply_add_avx512(STEPS);
        else
            multiply_add_avx2(STEPS);
        const uint64_t took_ns = iopt_now_ns() - start_ns;
        if (took_ns < best_ns)
            best_ns = took_ns;
    }
    return (double)((size_t)STEPS * N_CHAINS * lanes) / (double)best_ns;
}
#else
double kc_peak_gmacs(uint32_t cpu_flags)
{
    (void)cpu_flags;
    return 0;
}
#endif
