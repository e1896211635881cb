/* Sums of products, Cholesky and products of upper triangles. */
#include "passes/int8/upper_matrix.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "kernels/gemm_f32/gemm_f32.h"

enum {
    BLOCK = 128, /* rows that are factorized together */
    STRIP = 96,  /* rows of a product whose columns begin at the same panel */
    SMALL = 48   /* matrices for which packing costs more than it saves */
};

static const IoptVariant *gemm_variant(void)
{
    return iopt_kernel_choose(&iopt_kernel_gemm_f32, iopt_cpu_flags());
}

/* Some rows at a time, so that a row of h is in the cache while all of them go into it. */
static void add_small(float *h, size_t n, size_t stride, const float *x, size_t count,
                      size_t x_stride, float sign)
{
    for (size_t i = 0; i < n; i++)
        for (size_t r = 0; r < count; r++) {
            const float *const row = x + r * x_stride;
            if (row[i] != 0)
                iopt_add_scaled(h + i * stride + i, row + i, sign * row[i], n - i);
        }
}

/* out [n][count] = sign * X' */
static void transpose(const float *x, size_t n, size_t count, size_t x_stride, float sign,
                      float *out)
{
    for (size_t first = 0; first < n; first += 16)
        for (size_t r = 0; r < count; r++)
            for (size_t i = first; i < n && i < first + 16; i++)
                out[i * count + r] = sign * x[r * x_stride + i];
}

IoptStatus iopt_upper_add_products(float *h, size_t n, size_t stride, const float *x, size_t count,
                                   size_t x_stride, float sign, IoptError *err)
{
    if (n < SMALL) {
        add_small(h, n, stride, x, count, x_stride, sign);
        return IOPT_OK;
    }
    const IoptVariant *const variant = gemm_variant();
    const IoptGemmF32Info *const info = variant->info;
    IoptStatus status = IOPT_OK;
    void *left = NULL, *packed = NULL;

    IOPT_DO(iopt_alloc_aligned(&left, n * count * sizeof(float), err));
    IOPT_DO(iopt_alloc_aligned(&packed, iopt_gemm_f32_packed_bytes(variant, count, n), err));
    transpose(x, n, count, x_stride, sign, left);
    iopt_gemm_f32_pack(variant, x, x_stride, 1, count, n, packed);
    const IoptGemmF32 gemm = { .rows = n,
                               .n = n,
                               .taps = 1,
                               .depth = count,
                               .a = left,
                               .a_stride = (ptrdiff_t)count,
                               .packed = packed,
                               .residual = h,
                               .residual_stride = (ptrdiff_t)stride,
                               .lo = -INFINITY,
                               .hi = INFINITY,
                               .c = h,
                               .c_stride = (ptrdiff_t)stride };
    const size_t panels = iopt_gemm_f32_panels(variant, n);
    for (size_t row = 0; row < n; row += STRIP) {
        const size_t panel = row / info->panel;
        const IoptGemmF32Range range = { row, row + STRIP < n ? row + STRIP : n,
                                         panel < panels ? panel : panels - 1, panels };
        ((IoptGemmF32Run *)variant->fn)(&gemm, &range);
    }
done:
    free(left);
    free(packed);
    return status;
}

/* Rows first .. end-1 of R, to the last column. */
static bool factorize_rows(float *h, size_t n, size_t first, size_t end)
{
    for (size_t k = first; k < end; k++) {
        float *const row = h + k * n;
        if (!(row[k] > 1e-20f))
            return false;
        const float inverse = 1.0f / sqrtf(row[k]);
        for (size_t j = k; j < n; j++)
            row[j] *= inverse;
        for (size_t i = k + 1; i < end; i++)
            if (row[i] != 0)
                iopt_add_scaled(h + i * n + i, row + i, -row[i], n - i);
    }
    return true;
}

IoptStatus iopt_upper_cholesky(float *h, size_t n, bool *positive, IoptError *err)
{
    *positive = true;
    for (size_t first = 0; first < n && *positive; first += BLOCK) {
        const size_t end = first + BLOCK < n ? first + BLOCK : n;
        *positive = factorize_rows(h, n, first, end);
        if (*positive && end < n)
            IOPT_TRY(iopt_upper_add_products(h + end * n + end, n - end, n, h + first * n + end,
                                             end - first, n, -1, err));
    }
    return IOPT_OK;
}

size_t iopt_upper_scratch_bytes(size_t n, size_t columns)
{
    return iopt_gemm_f32_packed_bytes(gemm_variant(), n, columns);
}

void iopt_upper_times_rest(const float *r, size_t n, size_t begin, size_t end, const float *e,
                           size_t columns, float *packed, float *out)
{
    const IoptVariant *const variant = gemm_variant();

    if (end == n) {
        memset(out, 0, (end - begin) * columns * sizeof *out);
        return;
    }
    iopt_gemm_f32_pack(variant, e + end * columns, columns, 1, n - end, columns, packed);
    const IoptGemmF32 gemm = { .rows = end - begin,
                               .n = columns,
                               .taps = 1,
                               .depth = n - end,
                               .a = r + begin * n + end,
                               .a_stride = (ptrdiff_t)n,
                               .packed = packed,
                               .lo = -INFINITY,
                               .hi = INFINITY,
                               .c = out,
                               .c_stride = (ptrdiff_t)columns };
    const IoptGemmF32Range all = { 0, gemm.rows, 0, iopt_gemm_f32_panels(variant, columns) };
    ((IoptGemmF32Run *)variant->fn)(&gemm, &all);
}
