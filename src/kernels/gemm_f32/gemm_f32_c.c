/* gemm_f32 in plain C: one row by 8 columns at a time. */
#include "kernels/gemm_f32/gemm_f32.h"
#include "kernels/gemm_panels.h"

enum { LANES = 8 };

static const float *segment(const IoptGemmF32 *gemm, size_t row, size_t tap)
{
    if (!gemm->offset)
        return gemm->a + (ptrdiff_t)row * gemm->a_stride;
    const int32_t offset = gemm->offset[row * gemm->taps + tap];
    return offset == IOPT_GEMM_F32_ZEROS ? gemm->zeros : gemm->a + offset;
}

/* Adds the products of one row to its sums; b steps `b_stride` floats with k. */
static void add_products(const IoptGemmF32 *gemm, size_t row, const float *b, size_t b_stride,
                         float sum[LANES])
{
    for (size_t tap = 0; tap < gemm->taps; tap++) {
        const float *const a = segment(gemm, row, tap);
        for (size_t k = 0; k < gemm->depth; k++, b += b_stride)
            for (size_t j = 0; j < LANES; j++)
                sum[j] += a[k] * b[j];
    }
}

static void finish(const IoptGemmF32 *gemm, size_t row, size_t column, const float sum[LANES])
{
    const size_t left = gemm->n - column;

    for (size_t i = 0; i < LANES && i < left; i++) {
        const size_t j = column + i;
        float v = sum[i] * (gemm->scale ? gemm->scale[j] : 1) + (gemm->bias ? gemm->bias[j] : 0);
        if (gemm->residual)
            v += gemm->residual[(ptrdiff_t)row * gemm->residual_stride + (ptrdiff_t)j];
        v = v < gemm->lo ? gemm->lo : v; /* a NaN is not less, and stays */
        v = v > gemm->hi ? gemm->hi : v;
        gemm->c[(ptrdiff_t)row * gemm->c_stride + (ptrdiff_t)j] = v;
    }
}

void iopt_gemm_f32_c(const IoptGemmF32 *gemm, const IoptGemmF32Range *range)
{
    const size_t k = gemm->taps * gemm->depth, vectors = iopt_gemm_vectors(gemm->n, LANES);

    for (size_t panel = range->panel_begin; panel < range->panel_end; panel++) {
        const size_t width = iopt_gemm_panel_vectors(vectors, panel);
        for (size_t row = range->row_begin; row < range->row_end; row++)
            for (size_t v = 0; v < width; v++) {
                const size_t column = (2 * panel + v) * LANES;
                float sum[LANES] = { 0 };
                add_products(gemm, row, gemm->packed + 2 * panel * LANES * k + v * LANES,
                             width * LANES, sum);
                finish(gemm, row, column, sum);
            }
    }
}
