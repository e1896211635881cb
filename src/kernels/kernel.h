/* What a kernel is: one job on plain pointers, in several variants, of which the plan takes one.
 *
 * All variants of a kernel keep one contract, stated in its header; the plain C one is the oracle.
 */
#ifndef IOPT_KERNELS_KERNEL_H
#define IOPT_KERNELS_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "platform/cpu.h"

/* Any kernel function; cast back to the kernel's own type before the call. */
typedef void (*IoptKernelFn)(void);

typedef struct IoptVariant {
    const char *name; /* "avx2", "avx512": the suffix of its function */
    uint32_t cpu;     /* the IOPT_CPU_ flags that it needs, all of them */
    IoptKernelFn fn;
    const void *info; /* what callers must know of this variant, if the kernel's header says so */
} IoptVariant;

typedef struct IoptKernel {
    const char *name;            /* "gemm_f32" */
    const IoptVariant *variants; /* slowest first; the first is plain C */
    size_t count;
} IoptKernel;

/* The last variant that a CPU with these flags can run. */
const IoptVariant *iopt_kernel_choose(const IoptKernel *kernel, uint32_t cpu_flags);

/* All kernels of kernel_list.inc, in its order, for listing and for the tests. */
const IoptKernel *const *iopt_kernels(size_t *count);

#endif
