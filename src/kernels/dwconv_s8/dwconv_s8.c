/* Variants of dwconv_s8, and the packing of its weights. */
#include "kernels/dwconv_s8/dwconv_s8.h"

#include <string.h>

/* Slowest first: the plan takes the last one the CPU can run. */
static const IoptVariant variants[] = {
    { "c", 0, (IoptKernelFn)iopt_dwconv_s8_c, NULL },
};

const IoptKernel iopt_kernel_dwconv_s8 = { "dwconv_s8", variants, IOPT_COUNT(variants) };

size_t iopt_dwconv_s8_packed_bytes(const IoptVariant *variant, size_t kernel_h, size_t kernel_w,
                                   size_t channels, size_t multiplier)
{
    (void)variant;
    return kernel_h * kernel_w * channels * multiplier;
}

void iopt_dwconv_s8_pack(const IoptVariant *variant, size_t kernel_h, size_t kernel_w,
                         size_t channels, size_t multiplier, const int8_t *filter, void *packed)
{
    (void)variant;
    memcpy(packed, filter, kernel_h * kernel_w * channels * multiplier);
}
