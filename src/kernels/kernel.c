/* The list of kernels, and the choice of a variant. */
#include "kernels/kernel.h"

#define IOPT_KERNEL(name) extern const IoptKernel iopt_kernel_##name;
#include "kernels/kernel_list.inc"
#undef IOPT_KERNEL

static const IoptKernel *const kernels[] = {
#define IOPT_KERNEL(name) &iopt_kernel_##name,
#include "kernels/kernel_list.inc"
#undef IOPT_KERNEL
};

const IoptVariant *iopt_kernel_choose(const IoptKernel *kernel, uint32_t cpu_flags)
{
    size_t best = 0;

    for (size_t i = 1; i < kernel->count; i++)
        if ((kernel->variants[i].cpu & ~cpu_flags) == 0)
            best = i;
    return &kernel->variants[best];
}

const IoptKernel *const *iopt_kernels(size_t *count)
{
    *count = IOPT_COUNT(kernels);
    return kernels;
}
