/* gemm_s8 in plain C: one row by 8 columns at a time. */
#include "kernels/gemm_s8/gemm_s8_layout.h"

enum { LANES = 8, STEP = IOPT_GEMM_S8_STEP };

/* Adds the products of one row to its sums; b steps `width` columns with each four of k. */
static void add_products(const IoptGemmS8 *gemm, size_t row, const int8_t *b, size_t width,
                         uint32_t sum[LANES])
{
    for (size_t tap = 0; tap < gemm->taps; tap++) {
        const uint8_t *const a = iopt_gemm_s8_segment(gemm, row, tap);
        for (size_t k = 0; k < gemm->depth; k++) {
            const int8_t *const bk = b + k / STEP * STEP * width + k % STEP;
            for (size_t j = 0; j < LANES; j++)
                sum[j] += (uint32_t)(a[k] * bk[j * STEP]);
        }
        b += iopt_gemm_s8_depth_steps(gemm->depth) * STEP * width;
    }
}

static void finish(const IoptGemmS8 *gemm, size_t row, size_t column, const uint32_t sum[LANES])
{
    const size_t left = gemm->n - column;

    for (size_t i = 0; i < LANES && i < left; i++) {
        const ptrdiff_t j = (ptrdiff_t)(column + i), to = (ptrdiff_t)row * gemm->end.stride + j;
        uint32_t t = sum[i] + (gemm->bias ? (uint32_t)gemm->bias[j] : 0);
        if (gemm->row_sum)
            t += (uint32_t)gemm->row_sum[row] * (uint32_t)gemm->b_zero[j];
        if (gemm->end.type == IOPT_S8_OUT_S32) {
            ((int32_t *)gemm->c)[to] = (int32_t)t;
            continue;
        }
        float v = (float)(int32_t)t * gemm->scale[j];
        if (gemm->residual) {
            const IoptS8In *const in = &gemm->residual_in;
            const ptrdiff_t at = (ptrdiff_t)row * in->stride + j;
            v += in->type == IOPT_S8_OUT_F32 ? ((const float *)gemm->residual)[at]
                                             : iopt_s8_value(in, gemm->residual, at);
        }
        iopt_s8_end(&gemm->end, gemm->c, to, v);
    }
}

void iopt_gemm_s8_quads_run(const IoptGemmS8 *gemm, const IoptGemmS8Range *range, size_t lanes,
                            const int8_t *quads)
{
    const size_t k = gemm->taps * iopt_gemm_s8_depth_steps(gemm->depth) * STEP;
    const size_t vectors = iopt_gemm_vectors(gemm->n, lanes);

    for (size_t panel = range->panel_begin; panel < range->panel_end; panel++) {
        const size_t width = iopt_gemm_panel_vectors(vectors, panel) * lanes;
        const size_t first = 2 * panel * lanes;
        for (size_t row = range->row_begin; row < range->row_end; row++)
            for (size_t column = 0; column < width && first + column < gemm->n; column += LANES) {
                uint32_t sum[LANES] = { 0 };
                add_products(gemm, row, quads + first * k + column * STEP, width, sum);
                finish(gemm, row, first + column, sum);
            }
    }
}

void iopt_gemm_s8_c(const IoptGemmS8 *gemm, const IoptGemmS8Range *range)
{
    iopt_gemm_s8_quads_run(gemm, range, LANES, gemm->packed);
}
