/* gemm_f32 with AVX-512: tiles of 14 x 32, 9 x 48 at the end of an odd width, 14 x 16 for n <= 16.
 */
#include <immintrin.h>

#include "kernels/gemm_f32/gemm_f32.h"

typedef __m512 Vec;
typedef __mmask16 VecPart;
enum { LANES = 16 };

static const size_t rows_of[] = { 0, 14, 14, 9 };
#define TILES(X) UP_TO_14(X, 1) UP_TO_14(X, 2) UP_TO_9(X, 3)

IOPT_ALWAYS_INLINE Vec vec_load(const float *p)
{
    return _mm512_loadu_ps(p);
}

IOPT_ALWAYS_INLINE Vec vec_set1(float x)
{
    return _mm512_set1_ps(x);
}

IOPT_ALWAYS_INLINE Vec vec_fma(Vec a, Vec b, Vec c)
{
    return _mm512_fmadd_ps(a, b, c);
}

IOPT_ALWAYS_INLINE Vec vec_add(Vec a, Vec b)
{
    return _mm512_add_ps(a, b);
}

/* Of two operands, one of them NaN, max and min return the second. */
IOPT_ALWAYS_INLINE Vec vec_clamp(Vec lo, Vec v, Vec hi)
{
    return _mm512_min_ps(hi, _mm512_max_ps(lo, v));
}

IOPT_ALWAYS_INLINE VecPart vec_part(size_t count)
{
    return count < LANES ? (VecPart)((1U << count) - 1) : (VecPart)0xFFFF;
}

IOPT_ALWAYS_INLINE Vec vec_load_part(VecPart part, const float *p)
{
    return _mm512_maskz_loadu_ps(part, p);
}

IOPT_ALWAYS_INLINE void vec_store_part(VecPart part, float *p, Vec v)
{
    _mm512_mask_storeu_ps(p, part, v);
}

#include "kernels/gemm_f32/gemm_f32_tile.h"

void iopt_gemm_f32_avx512(const IoptGemmF32 *gemm, const IoptGemmF32Range *range)
{
    run_range(gemm, range);
}
