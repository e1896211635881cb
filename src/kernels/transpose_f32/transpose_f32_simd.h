/* transpose_f32 in squares of VEC x VEC, turned in registers. */
#include "kernels/transpose_f32/transpose_f32.h"
#include "kernels/vec_f32.h"

/* Swaps rows and columns: pairs of rows are interleaved by elements, then by pairs of elements, and
 * last the 128-bit parts find their places. */
#if defined(IOPT_VEC_AVX512)
IOPT_ALWAYS_INLINE void turn(Vec m[16])
{
    Vec t[16];

    VEC_UNROLL
    for (size_t i = 0; i < 16; i += 4) {
        const __m512d a = _mm512_castps_pd(_mm512_unpacklo_ps(m[i], m[i + 1]));
        const __m512d b = _mm512_castps_pd(_mm512_unpackhi_ps(m[i], m[i + 1]));
        const __m512d c = _mm512_castps_pd(_mm512_unpacklo_ps(m[i + 2], m[i + 3]));
        const __m512d d = _mm512_castps_pd(_mm512_unpackhi_ps(m[i + 2], m[i + 3]));
        t[i] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, c));
        t[i + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, c));
        t[i + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(b, d));
        t[i + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(b, d));
    }
    /* t[4g + j]: part p holds column 4p + j of the rows 4g .. 4g + 3 */
    VEC_UNROLL
    for (size_t j = 0; j < 4; j++) {
        const Vec even_low = _mm512_shuffle_f32x4(t[j], t[j + 4], 0x88);
        const Vec odd_low = _mm512_shuffle_f32x4(t[j], t[j + 4], 0xdd);
        const Vec even_high = _mm512_shuffle_f32x4(t[j + 8], t[j + 12], 0x88);
        const Vec odd_high = _mm512_shuffle_f32x4(t[j + 8], t[j + 12], 0xdd);
        m[j] = _mm512_shuffle_f32x4(even_low, even_high, 0x88);
        m[j + 4] = _mm512_shuffle_f32x4(odd_low, odd_high, 0x88);
        m[j + 8] = _mm512_shuffle_f32x4(even_low, even_high, 0xdd);
        m[j + 12] = _mm512_shuffle_f32x4(odd_low, odd_high, 0xdd);
    }
}
#else
IOPT_ALWAYS_INLINE void turn(Vec m[8])
{
    Vec t[8];

    VEC_UNROLL
    for (size_t i = 0; i < 8; i += 4) {
        const __m256d a = _mm256_castps_pd(_mm256_unpacklo_ps(m[i], m[i + 1]));
        const __m256d b = _mm256_castps_pd(_mm256_unpackhi_ps(m[i], m[i + 1]));
        const __m256d c = _mm256_castps_pd(_mm256_unpacklo_ps(m[i + 2], m[i + 3]));
        const __m256d d = _mm256_castps_pd(_mm256_unpackhi_ps(m[i + 2], m[i + 3]));
        t[i] = _mm256_castpd_ps(_mm256_unpacklo_pd(a, c));
        t[i + 1] = _mm256_castpd_ps(_mm256_unpackhi_pd(a, c));
        t[i + 2] = _mm256_castpd_ps(_mm256_unpacklo_pd(b, d));
        t[i + 3] = _mm256_castpd_ps(_mm256_unpackhi_pd(b, d));
    }
    VEC_UNROLL
    for (size_t j = 0; j < 4; j++) {
        m[j] = _mm256_permute2f128_ps(t[j], t[j + 4], 0x20);
        m[j + 4] = _mm256_permute2f128_ps(t[j], t[j + 4], 0x31);
    }
}
#endif

static void whole_square(const float *x, ptrdiff_t x_stride, float *y, ptrdiff_t y_stride)
{
    Vec m[VEC];

    VEC_UNROLL
    for (size_t r = 0; r < VEC; r++)
        m[r] = vec_load(x + (ptrdiff_t)r * x_stride);
    turn(m);
    VEC_UNROLL
    for (size_t c = 0; c < VEC; c++)
        vec_store(y + (ptrdiff_t)c * y_stride, m[c]);
}

/* At an edge of the matrix: only these rows and columns of x exist. */
static void part_square(const float *x, ptrdiff_t x_stride, size_t rows, float *y,
                        ptrdiff_t y_stride, size_t columns)
{
    const VecLanes in = vec_lanes(columns), out = vec_lanes(rows);
    Vec m[VEC];

    VEC_UNROLL
    for (size_t r = 0; r < VEC; r++)
        m[r] = r < rows ? vec_load_part(x + (ptrdiff_t)r * x_stride, in) : vec_zero();
    turn(m);
    VEC_UNROLL
    for (size_t c = 0; c < VEC; c++)
        if (c < columns)
            vec_store_part(y + (ptrdiff_t)c * y_stride, m[c], out);
}

/* Some columns of one matrix. */
static void columns_of(const IoptTransposeF32Job *job, const float *x, float *y, size_t columns)
{
    for (size_t c = 0; c < columns; c += VEC)
        for (size_t r = 0; r < job->rows; r += VEC) {
            const float *const from = x + (ptrdiff_t)r * job->x_stride + c;
            float *const to = y + (ptrdiff_t)c * job->y_stride + r;
            if (columns - c >= VEC && job->rows - r >= VEC)
                whole_square(from, job->x_stride, to, job->y_stride);
            else
                part_square(from, job->x_stride, job->rows - r, to, job->y_stride, columns - c);
        }
}

void IOPT_VEC_NAME(iopt_transpose_f32)(const IoptTransposeF32Job *job, const float *x, float *y,
                                       size_t begin, size_t end)
{
    while (begin < end) {
        const size_t n = begin / job->columns, c = begin % job->columns;
        const size_t left = job->columns - c, columns = end - begin < left ? end - begin : left;

        columns_of(job, x + (ptrdiff_t)(n * job->rows) * job->x_stride + c,
                   y + (ptrdiff_t)begin * job->y_stride, columns);
        begin += columns;
    }
}
