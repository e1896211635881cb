/* Variants of codepool_u8. */
#include "kernels/codepool_u8/codepool_u8.h"

/* Slowest first: the plan takes the last one the CPU can run. */
static const IoptVariant variants[] = {
    { "c", 0, (IoptKernelFn)iopt_codepool_u8_c, NULL },
#if IOPT_X86_64
    { "avx2", IOPT_CPU_AVX2, (IoptKernelFn)iopt_codepool_u8_avx2, NULL },
    { "avx512", IOPT_CPU_AVX512, (IoptKernelFn)iopt_codepool_u8_avx512, NULL },
#endif
};

const IoptKernel iopt_kernel_codepool_u8 = { "codepool_u8", variants, IOPT_COUNT(variants) };
