/* Variants of mean_u8. */
#include "kernels/mean_u8/mean_u8.h"

/* Slowest first: the plan takes the last one the CPU can run. */
static const IoptVariant variants[] = {
    { "c", 0, (IoptKernelFn)iopt_mean_u8_c, NULL },
};

const IoptKernel iopt_kernel_mean_u8 = { "mean_u8", variants, IOPT_COUNT(variants) };
