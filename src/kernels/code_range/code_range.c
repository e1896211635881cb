/* Variants of code_range. */
#include "kernels/code_range/code_range.h"

/* Slowest first: the plan takes the last one the CPU can run. */
static const IoptVariant variants[] = {
    { "c", 0, (IoptKernelFn)iopt_code_range_c, NULL },
#if IOPT_X86_64
    { "avx2", IOPT_CPU_AVX2, (IoptKernelFn)iopt_code_range_avx2, NULL },
    { "avx512", IOPT_CPU_AVX512, (IoptKernelFn)iopt_code_range_avx512, NULL },
#endif
};

const IoptKernel iopt_kernel_code_range = { "code_range", variants, IOPT_COUNT(variants) };
