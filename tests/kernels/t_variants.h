/* Every variant of a kernel that this CPU can run, one after the other. */
#ifndef IOPT_TESTS_T_VARIANTS_H
#define IOPT_TESTS_T_VARIANTS_H

#include "kernels/kernel.h"
#include "platform/cpu.h"

/* The first variant from `at` on that this CPU can run, or NULL. */
static inline const IoptVariant *t_variant_from(const IoptKernel *kernel, size_t at)
{
    for (; at < kernel->count; at++)
        if ((kernel->variants[at].cpu & ~iopt_cpu_flags()) == 0)
            return &kernel->variants[at];
    return NULL;
}

#define T_EACH_VARIANT(variant, kernel)                                           \
    for (const IoptVariant *variant = t_variant_from(kernel, 0); variant != NULL; \
         variant = t_variant_from(kernel, (size_t)(variant - (kernel)->variants) + 1))

#endif
