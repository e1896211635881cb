/* Variants of dwconv_f32, and the packing of its weights. */
#include "kernels/dwconv_f32/dwconv_f32.h"

#include <string.h>

/* Slowest first: the plan takes the last one the CPU can run. */
static const IoptVariant variants[] = {
    { "c", 0, (IoptKernelFn)iopt_dwconv_f32_c, NULL },
#if IOPT_X86_64
    { "avx2", IOPT_CPU_AVX2, (IoptKernelFn)iopt_dwconv_f32_avx2, NULL },
    { "avx512", IOPT_CPU_AVX512, (IoptKernelFn)iopt_dwconv_f32_avx512, NULL },
#endif
};

const IoptKernel iopt_kernel_dwconv_f32 = { "dwconv_f32", variants, IOPT_COUNT(variants) };

size_t iopt_dwconv_f32_packed_elems(size_t taps, size_t channels)
{
    return (channels + IOPT_DWCONV_F32_BLOCK - 1) / IOPT_DWCONV_F32_BLOCK * IOPT_DWCONV_F32_BLOCK *
           taps;
}

void iopt_dwconv_f32_pack(size_t taps, size_t channels, const void *filter, float *packed)
{
    const unsigned char *from = filter;

    memset(packed, 0, iopt_dwconv_f32_packed_elems(taps, channels) * sizeof(float));
    for (size_t c = 0; c < channels; c += IOPT_DWCONV_F32_BLOCK) {
        const size_t left = channels - c;
        const size_t live = left < IOPT_DWCONV_F32_BLOCK ? left : IOPT_DWCONV_F32_BLOCK;
        for (size_t tap = 0; tap < taps; tap++)
            memcpy(packed + (c * taps + tap * IOPT_DWCONV_F32_BLOCK),
                   from + (tap * channels + c) * sizeof(float), live * sizeof(float));
    }
}
