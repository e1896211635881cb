/* Variants of maxpool_u8. */
#include "kernels/maxpool_u8/maxpool_u8.h"

/* Slowest first: the plan takes the last one the CPU can run. */
static const IoptVariant variants[] = {
    { "c", 0, (IoptKernelFn)iopt_maxpool_u8_c, NULL },
};

const IoptKernel iopt_kernel_maxpool_u8 = { "maxpool_u8", variants, IOPT_COUNT(variants) };
