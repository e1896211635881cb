/* Variants of dwconv_s8, and the packing of its weights. */
#include "kernels/dwconv_s8/dwconv_s8.h"

#include <string.h>

#include "kernels/dwconv_s8/dwconv_s8_groups.h"

/* How a vector variant wants its weights: columns of so many channels, each [kernel_h][groups] of
 * a 32-bit lane per channel, in which lie `taps` weights of 8 or 16 bits. */
typedef struct Layout {
    size_t channels, taps;
} Layout;

#if IOPT_X86_64
static const Layout words_8 = { 8, 2 }, words_16 = { 16, 2 }, bytes_16 = { 16, 4 };
#endif

/* Slowest first: the plan takes the last one the CPU can run. */
static const IoptVariant variants[] = {
    { "c", 0, (IoptKernelFn)iopt_dwconv_s8_c, NULL },
#if IOPT_X86_64
    { "avx2", IOPT_CPU_AVX2, (IoptKernelFn)iopt_dwconv_s8_avx2, &words_8 },
    { "avx512", IOPT_CPU_AVX512, (IoptKernelFn)iopt_dwconv_s8_avx512, &words_16 },
    { "avx512vnni", IOPT_CPU_AVX512VNNI, (IoptKernelFn)iopt_dwconv_s8_avx512vnni, &bytes_16 },
#endif
};

const IoptKernel iopt_kernel_dwconv_s8 = { "dwconv_s8", variants, IOPT_COUNT(variants) };

/* NULL: as the C variant has them, which is as they are; it does all multipliers but 1. */
static const Layout *layout_of(const IoptVariant *variant, size_t multiplier)
{
    return multiplier == 1 ? variant->info : NULL;
}

size_t iopt_dwconv_s8_packed_bytes(const IoptVariant *variant, size_t kernel_h, size_t kernel_w,
                                   size_t channels, size_t multiplier)
{
    const Layout *const layout = layout_of(variant, multiplier);

    if (!layout)
        return kernel_h * kernel_w * channels * multiplier;
    return (channels + layout->channels - 1) / layout->channels * layout->channels *
           sizeof(int32_t) * kernel_h * iopt_dwconv_s8_groups(kernel_w, layout->taps);
}

void iopt_dwconv_s8_pack(const IoptVariant *variant, size_t kernel_h, size_t kernel_w,
                         size_t channels, size_t multiplier, const int8_t *filter, void *packed)
{
    const Layout *const layout = layout_of(variant, multiplier);

    if (!layout) {
        memcpy(packed, filter, kernel_h * kernel_w * channels * multiplier);
        return;
    }
    const size_t groups = iopt_dwconv_s8_groups(kernel_w, layout->taps);
    const size_t bits = 32 / layout->taps;
    const uint32_t mask = layout->taps == 4 ? 0xff : 0xffff;
    uint32_t *const lanes = packed;

    memset(packed, 0,
           iopt_dwconv_s8_packed_bytes(variant, kernel_h, kernel_w, channels, multiplier));
    for (size_t ky = 0; ky < kernel_h; ky++)
        for (size_t kx = 0; kx < kernel_w; kx++) {
            const IoptPlace at = iopt_dwconv_s8_place(kernel_w, layout->taps, kx);
            for (size_t c = 0; c < channels; c++) {
                const size_t column = c / layout->channels, lane = c % layout->channels;
                const uint32_t weight = (uint32_t)filter[(ky * kernel_w + kx) * channels + c];
                lanes[((column * kernel_h + ky) * groups + at.group) * layout->channels + lane] |=
                    (weight & mask) << (at.place * bits);
            }
        }
}
