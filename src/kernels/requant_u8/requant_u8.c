/* Variants of requant_u8. */
#include "kernels/requant_u8/requant_u8.h"

/* Slowest first: the plan takes the last one the CPU can run. */
static const IoptVariant variants[] = {
    { "c", 0, (IoptKernelFn)iopt_requant_u8_c, NULL },
};

const IoptKernel iopt_kernel_requant_u8 = { "requant_u8", variants, IOPT_COUNT(variants) };
