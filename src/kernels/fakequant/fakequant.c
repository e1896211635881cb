/* Variants of fakequant. */
#include "kernels/fakequant/fakequant.h"

/* Slowest first: the plan takes the last one the CPU can run. */
static const IoptVariant variants[] = {
    { "c", 0, (IoptKernelFn)iopt_fakequant_c, NULL },
#if IOPT_X86_64
    { "avx2", IOPT_CPU_AVX2, (IoptKernelFn)iopt_fakequant_avx2, NULL },
    { "avx512", IOPT_CPU_AVX512, (IoptKernelFn)iopt_fakequant_avx512, NULL },
#endif
};

const IoptKernel iopt_kernel_fakequant = { "fakequant", variants, IOPT_COUNT(variants) };
