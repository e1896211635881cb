/* gemm_f32 with AVX2 and FMA: tiles of 6 x 16, 4 x 24 at the end of an odd width, 9 x 8 for n <= 8.
 */
#include <immintrin.h>
#include <stdbool.h>

#include "kernels/gemm_f32/gemm_f32.h"

typedef __m256 Vec;
enum { LANES = 8 };
typedef struct VecPart {
    size_t count; /* LANES: all */
} VecPart;

static const size_t rows_of[] = { 0, 9, 6, 4 };
#define TILES(X) UP_TO_9(X, 1) UP_TO_6(X, 2) UP_TO_4(X, 3)

IOPT_ALWAYS_INLINE Vec vec_load(const float *p)
{
    return _mm256_loadu_ps(p);
}

IOPT_ALWAYS_INLINE Vec vec_set1(float x)
{
    return _mm256_set1_ps(x);
}

IOPT_ALWAYS_INLINE Vec vec_fma(Vec a, Vec b, Vec c)
{
    return _mm256_fmadd_ps(a, b, c);
}

IOPT_ALWAYS_INLINE Vec vec_add(Vec a, Vec b)
{
    return _mm256_add_ps(a, b);
}

/* Of two operands, one of them NaN, max and min return the second. */
IOPT_ALWAYS_INLINE Vec vec_clamp(Vec lo, Vec v, Vec hi)
{
    return _mm256_min_ps(hi, _mm256_max_ps(lo, v));
}

IOPT_ALWAYS_INLINE VecPart vec_part(size_t count)
{
    return (VecPart){ count < LANES ? count : LANES };
}

static __m256i part_mask(VecPart part)
{
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)part.count), lane);
}

IOPT_ALWAYS_INLINE Vec vec_load_part(VecPart part, const float *p)
{
    return part.count == LANES ? _mm256_loadu_ps(p) : _mm256_maskload_ps(p, part_mask(part));
}

/* A store by mask takes some twenty cycles on AMD: only where it must be. */
IOPT_ALWAYS_INLINE void vec_store_part(VecPart part, float *p, Vec v)
{
    if (part.count == LANES)
        _mm256_storeu_ps(p, v);
    else
        _mm256_maskstore_ps(p, part_mask(part), v);
}

#include "kernels/gemm_f32/gemm_f32_tile.h"

void iopt_gemm_f32_avx2(const IoptGemmF32 *gemm, const IoptGemmF32Range *range)
{
    run_range(gemm, range);
}
