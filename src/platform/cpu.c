/* CPU flags and caches through cpuinfo, capped by the environment. */
#define _GNU_SOURCE /* sched_getaffinity */
#include "platform/cpu.h"

#include <cpuinfo.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/knobs.h"

static struct {
    uint32_t flags;
    size_t cores, l1d_bytes, l2_bytes;
    char name[64];
} cpu;

static uint32_t machine_flags(void)
{
    uint32_t flags = 0;
#if IOPT_X86_64
    if (cpuinfo_has_x86_sse4_1())
        flags |= IOPT_CPU_SSE41;
    if (cpuinfo_has_x86_avx2() && cpuinfo_has_x86_fma3())
        flags |= IOPT_CPU_AVX2;
        /* cpuinfo of this age does not know AVX-VNNI; the compiler's own probe does. */
#if defined(__GNUC__) && (__GNUC__ >= 11) && !defined(__clang__)
    if ((flags & IOPT_CPU_AVX2) && __builtin_cpu_supports("avxvnni"))
        flags |= IOPT_CPU_AVXVNNI;
#endif
    if ((flags & IOPT_CPU_AVX2) && cpuinfo_has_x86_avx512f() && cpuinfo_has_x86_avx512bw() &&
        cpuinfo_has_x86_avx512vl() && cpuinfo_has_x86_avx512dq()) {
        flags |= IOPT_CPU_AVX512;
        if (cpuinfo_has_x86_avx512vnni())
            flags |= IOPT_CPU_AVX512VNNI;
    }
#elif IOPT_ARM64
    flags |= IOPT_CPU_NEON;
    if (cpuinfo_has_arm_neon_dot())
        flags |= IOPT_CPU_NEONDOT;
#endif
    return flags;
}

uint32_t iopt_cpu_cap(const char *name)
{
    static const struct {
        const char *name;
        uint32_t flags;
    } caps[] = {
        { "c", 0 },
        { "sse41", IOPT_CPU_SSE41 },
        { "avx2", IOPT_CPU_SSE41 | IOPT_CPU_AVX2 },
        { "avxvnni", IOPT_CPU_SSE41 | IOPT_CPU_AVX2 | IOPT_CPU_AVXVNNI },
        { "avx512", IOPT_CPU_SSE41 | IOPT_CPU_AVX2 | IOPT_CPU_AVX512 },
        { "avx512vnni", IOPT_CPU_SSE41 | IOPT_CPU_AVX2 | IOPT_CPU_AVXVNNI | IOPT_CPU_AVX512 |
                            IOPT_CPU_AVX512VNNI },
        { "neon", IOPT_CPU_NEON },
        { "neondot", IOPT_CPU_NEON | IOPT_CPU_NEONDOT },
    };

    for (size_t i = 0; name && i < IOPT_COUNT(caps); i++)
        if (strcmp(name, caps[i].name) == 0)
            return caps[i].flags;
    return UINT32_MAX;
}

/* Cores of the affinity mask, hyper-threads of one core counted once. */
static size_t allowed_cores(void)
{
    cpu_set_t set;
    bool seen[CPU_SETSIZE] = { false };
    size_t cores = 0;

    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    for (int i = 0; i < CPU_SETSIZE; i++) {
        if (!CPU_ISSET((size_t)i, &set))
            continue;
        size_t core = (size_t)i;
        for (uint32_t p = 0; p < cpuinfo_get_processors_count(); p++)
            if (cpuinfo_get_processor(p)->linux_id == i)
                core = (size_t)(cpuinfo_get_processor(p)->core - cpuinfo_get_cores());
        if (core < CPU_SETSIZE && !seen[core]) {
            seen[core] = true;
            cores++;
        }
    }
    return cores ? cores : 1;
}

static void probe(void)
{
    cpu.cores = 1;
    cpu.l1d_bytes = 32 * 1024;
    cpu.l2_bytes = 512 * 1024;
    strcpy(cpu.name, "unknown CPU");
    if (!cpuinfo_initialize())
        return;
    cpu.flags = machine_flags() & iopt_cpu_cap(iopt_knob("IOPT_CPU"));
    cpu.cores = allowed_cores();
    const struct cpuinfo_cache *const l1 = cpuinfo_get_l1d_cache(0), *const l2 =
                                                                         cpuinfo_get_l2_cache(0);
    if (l1 && l1->size)
        cpu.l1d_bytes = l1->size;
    if (l2 && l2->size)
        cpu.l2_bytes = l2->size;
    if (cpuinfo_get_packages_count() > 0 && cpuinfo_get_package(0)->name[0]) {
        strncpy(cpu.name, cpuinfo_get_package(0)->name, sizeof cpu.name - 1);
        cpu.name[sizeof cpu.name - 1] = 0;
    }
}

static void probe_once(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, probe);
}

uint32_t iopt_cpu_flags(void)
{
    probe_once();
    return cpu.flags;
}

const char *iopt_cpu_isa_text(uint32_t flags)
{
    if (flags & IOPT_CPU_AVX512VNNI)
        return "AVX-512 + VNNI";
    if (flags & IOPT_CPU_AVX512)
        return "AVX-512";
    if (flags & IOPT_CPU_AVXVNNI)
        return "AVX2 + VNNI";
    if (flags & IOPT_CPU_AVX2)
        return "AVX2 + FMA";
    if (flags & IOPT_CPU_SSE41)
        return "SSE4.1";
    if (flags & IOPT_CPU_NEONDOT)
        return "NEON + dot product";
    if (flags & IOPT_CPU_NEON)
        return "NEON";
    return "plain C";
}

const char *iopt_cpu_name(void)
{
    probe_once();
    return cpu.name;
}

size_t iopt_cpu_cores(void)
{
    probe_once();
    return cpu.cores;
}

size_t iopt_cpu_l1d_bytes(void)
{
    probe_once();
    return cpu.l1d_bytes;
}

size_t iopt_cpu_l2_bytes(void)
{
    probe_once();
    return cpu.l2_bytes;
}
