/* row_sum_u8 with AVX-512: sums of eight bytes by vpsadbw. */
#include "kernels/row_sum_u8/row_sum_u8.h"

#include <immintrin.h>

enum { BYTES = 64 };

static uint32_t row_sum(const uint8_t *x, size_t count)
{
    const __m512i zero = _mm512_setzero_si512();
    __m512i sum = zero;

    for (; count >= BYTES; count -= BYTES, x += BYTES)
        sum = _mm512_add_epi64(sum, _mm512_sad_epu8(_mm512_loadu_si512(x), zero));
    if (count > 0) {
        const __mmask64 first = (1ULL << count) - 1;
        sum = _mm512_add_epi64(sum, _mm512_sad_epu8(_mm512_maskz_loadu_epi8(first, x), zero));
    }
    return (uint32_t)_mm512_reduce_add_epi64(sum);
}

void iopt_row_sum_u8_avx512(const IoptRowSumU8Job *job, const uint8_t *x, int32_t *y,
                            size_t row_begin, size_t row_end)
{
    for (size_t row = row_begin; row < row_end; row++)
        y[row] = (int32_t)row_sum(x + (ptrdiff_t)row * job->x_stride, job->count);
}
