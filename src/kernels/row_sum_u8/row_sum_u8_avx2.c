/* row_sum_u8 with AVX2: sums of eight bytes by vpsadbw. */
#include "kernels/row_sum_u8/row_sum_u8.h"

#include <immintrin.h>
#include <string.h>

enum { BYTES = 32 };

static uint32_t row_sum(const uint8_t *x, size_t count)
{
    const __m256i zero = _mm256_setzero_si256();
    uint8_t rest[BYTES] = { 0 };
    __m256i sum = zero;

    for (; count >= BYTES; count -= BYTES, x += BYTES)
        sum = _mm256_add_epi64(sum, _mm256_sad_epu8(_mm256_loadu_si256((const void *)x), zero));
    if (count > 0) {
        memcpy(rest, x, count);
        sum = _mm256_add_epi64(sum, _mm256_sad_epu8(_mm256_loadu_si256((const void *)rest), zero));
    }
    const __m128i half =
        _mm_add_epi64(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
    return (uint32_t)_mm_cvtsi128_si32(_mm_add_epi64(half, _mm_srli_si128(half, 8)));
}

void iopt_row_sum_u8_avx2(const IoptRowSumU8Job *job, const uint8_t *x, int32_t *y,
                          size_t row_begin, size_t row_end)
{
    for (size_t row = row_begin; row < row_end; row++)
        y[row] = (int32_t)row_sum(x + (ptrdiff_t)row * job->x_stride, job->count);
}
