/* Variants of avgpool_u8. */
#include "kernels/avgpool_u8/avgpool_u8.h"

/* Slowest first: the plan takes the last one the CPU can run. */
static const IoptVariant variants[] = {
    { "c", 0, (IoptKernelFn)iopt_avgpool_u8_c, NULL },
};

const IoptKernel iopt_kernel_avgpool_u8 = { "avgpool_u8", variants, IOPT_COUNT(variants) };
