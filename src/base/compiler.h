/* What the compiler offers beyond C17, under names of our own. */
#ifndef IOPT_BASE_COMPILER_H
#define IOPT_BASE_COMPILER_H

#define IOPT_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#if defined(__GNUC__)
#define IOPT_ALWAYS_INLINE static inline __attribute__((always_inline))
#define IOPT_UNUSED __attribute__((unused))
#define IOPT_RESTRICT __restrict__
#else
#define IOPT_ALWAYS_INLINE static inline
#define IOPT_UNUSED
#define IOPT_RESTRICT restrict
#endif

#if defined(__x86_64__)
#define IOPT_X86_64 1
#else
#define IOPT_X86_64 0
#endif
#if defined(__aarch64__)
#define IOPT_ARM64 1
#else
#define IOPT_ARM64 0
#endif

/* Tells the processor that this is a loop that waits. */
IOPT_ALWAYS_INLINE void iopt_pause(void)
{
#if IOPT_X86_64
    __builtin_ia32_pause();
#elif IOPT_ARM64
    __asm__ volatile("yield");
#endif
}

enum { IOPT_ALIGN_BYTES = 64 }; /* of every buffer: a cache line, and the widest vector */

#endif
