/* What this CPU can do, capped by IOPT_CPU (c, sse41, avx2, avxvnni, avx512, avx512vnni, neon,
 * neondot): a test or a benchmark can so run any path that the machine has. */
#ifndef IOPT_PLATFORM_CPU_H
#define IOPT_PLATFORM_CPU_H

#include <stddef.h>
#include <stdint.h>

enum {
    IOPT_CPU_SSE41 = 1 << 0,
    IOPT_CPU_AVX2 = 1 << 1, /* with FMA */
    IOPT_CPU_AVXVNNI = 1 << 2,
    IOPT_CPU_AVX512 = 1 << 3, /* F, BW, VL, DQ */
    IOPT_CPU_AVX512VNNI = 1 << 4,
    IOPT_CPU_NEON = 1 << 5,
    IOPT_CPU_NEONDOT = 1 << 6
};

/* The flags of this machine, after the cap. */
uint32_t iopt_cpu_flags(void);

/* The flags that a cap of this name leaves ("avx2"); all of them for NULL and unknown names. */
uint32_t iopt_cpu_cap(const char *name);

/* "AVX-512 + VNNI", the highest of the flags, for people. */
const char *iopt_cpu_isa_text(uint32_t flags);

/* The processor's name, "AMD EPYC"; lives as long as the program. */
const char *iopt_cpu_name(void);

/* Physical cores that this process may run on; at least 1. */
size_t iopt_cpu_cores(void);

size_t iopt_cpu_l1d_bytes(void); /* of one core */
size_t iopt_cpu_l2_bytes(void);

#endif
