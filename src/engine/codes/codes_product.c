/* QuantizedConv2D and QuantizedMatMul on gemm_s8, whose B is signed and constant:
 *
 *   sum of (x - x_zero) * (w - w_zero), with w = b + 128 and w_zero = b_zero + 128:
 *   sum of x * b  -  b_zero * sum of x  -  x_zero * sum of b  +  K * x_zero * b_zero
 *
 * all modulo 2^32.  Padding holds the low byte of x_zero, as TensorFlow's; with a negative x_zero
 * it counts as nothing there, which no byte can say: plain C does that.
 */
#include <stdlib.h>

#include "engine/codes/codes.h"
#include "kernels/gemm_s8/gemm_s8.h"
#include "kernels/row_sum_u8/row_sum_u8.h"
#include "ops/quantized_conv2d.h"

typedef struct Product {
    IoptGemmS8 gemm; /* of one image */
    const IoptVariant *gemm_s8, *row_sum;
    const int32_t *pixel;           /* like gemm.offset, but which pixel; -1 in the padding */
    size_t segment;                 /* pixels of a segment */
    const uint32_t *b_sum;          /* of each column */
    size_t images, x_pixels, depth; /* x_pixels: of one image; depth: bytes of a pixel */
    bool pads, wants_ranges;        /* wants_ranges: QuantizedMatMul refuses empty ones */
} Product;

static bool is_constant_u8(IoptValue value, int rank)
{
    const IoptFact fact = iopt_fact_at(value);

    return fact.value && fact.dtype == IOPT_QU8 && fact.shape.rank == rank &&
           iopt_value_elems(value) > 0;
}

bool iopt_codes_product_fits(const IoptNode *node)
{
    const int rank = iopt_is_op(node, "QuantizedConv2D") ? 4 : 2;
    const IoptValue x = node->in[0];
    const IoptShape shape = iopt_shape_of(x);
    double image = 1;

    for (int i = 1; i < shape.rank; i++)
        image *= (double)shape.dim[i];
    return is_constant_u8(node->in[1], rank) && x.node->facts[x.port].dtype == IOPT_QU8 &&
           shape.rank == rank && iopt_value_elems(x) > 0 && image < INT32_MAX &&
           !iopt_attr_bool(node, "transpose_a", false);
}

/* --- running -------------------------------------------------------------------------------- */

static float float_at(const IoptStep *step, const IoptStepCall *call, size_t k)
{
    return *(const float *)iopt_place_at(&step->in[k], call);
}

/* in: the ranges of x and of w; out: work, bias, b_zero, perhaps padding */
static IoptStatus run_operands(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const Product *const p = step->job;
    const IoptRange x = { float_at(step, call, 0), float_at(step, call, 1) };
    const IoptRange w = { float_at(step, call, 2), float_at(step, call, 3) };
    const int32_t x_zero = iopt_zero_code(IOPT_QU8, x);
    const uint32_t b_zero = (uint32_t)iopt_zero_code(IOPT_QU8, w) - 128;
    const uint32_t k = (uint32_t)(p->gemm.taps * p->gemm.depth);
    IoptCodesWork *const work = iopt_place_at(&step->out[0], call);
    uint32_t *const bias = iopt_place_at(&step->out[1], call);
    uint32_t *const zeros = iopt_place_at(&step->out[2], call);

    (void)err;
    *work = (IoptCodesWork){ .sums_rows = b_zero != 0 };
    work->plain =
        (p->pads && x_zero < 0) || (p->wants_ranges && (!(x.max > x.min) || !(w.max > w.min)));
    for (size_t j = 0; j < p->gemm.n; j++) {
        bias[j] = (uint32_t)x_zero * (k * b_zero - p->b_sum[j]);
        zeros[j] = 0 - b_zero;
    }
    if (p->pads)
        memset(iopt_place_at(&step->out[3], call), (uint8_t)x_zero, p->gemm.depth);
    return IOPT_OK;
}

/* in: x, work; out: the sum of each pixel */
static IoptStatus run_pixel_sums(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const Product *const p = step->job;
    const IoptCodesWork *const work = iopt_place_at(&step->in[1], call);
    const IoptRowSumU8Job job = { p->depth, (ptrdiff_t)p->depth };
    size_t begin, end;

    (void)err;
    iopt_part_range(call, p->images * p->x_pixels, &begin, &end);
    if (work->sums_rows && !work->plain)
        ((IoptRowSumU8 *)p->row_sum->fn)(&job, iopt_place_at(&step->in[0], call),
                                         iopt_place_at(&step->out[0], call), begin, end);
    return IOPT_OK;
}

/* The sum of a window: `pixel` are its segments. */
static uint32_t window_sum(const Product *p, const int32_t *pixel, const uint32_t *sums,
                           uint32_t padding)
{
    uint32_t sum = 0;

    for (size_t t = 0; t < p->gemm.taps; t++) {
        if (pixel[t] < 0) {
            sum += padding;
            continue;
        }
        for (size_t i = 0; i < p->segment; i++)
            sum += sums[(size_t)pixel[t] + i];
    }
    return sum;
}

/* in: the sums of pixels, work, perhaps padding; out: the sum of each window */
static IoptStatus run_row_sums(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const Product *const p = step->job;
    const uint32_t *const sums = iopt_place_at(&step->in[0], call);
    const IoptCodesWork *const work = iopt_place_at(&step->in[1], call);
    const uint8_t *const padding = p->pads ? iopt_place_at(&step->in[2], call) : NULL;
    const uint32_t pad = padding ? padding[0] * (uint32_t)p->gemm.depth : 0;
    uint32_t *const y = iopt_place_at(&step->out[0], call);
    size_t begin, end;

    (void)err;
    if (!work->sums_rows || work->plain)
        return IOPT_OK;
    iopt_part_range(call, p->images * p->gemm.rows, &begin, &end);
    for (size_t row = begin; row < end; row++) {
        const size_t image = row / p->gemm.rows, at = row % p->gemm.rows;
        y[row] = window_sum(p, p->pixel + at * p->gemm.taps, sums + image * p->x_pixels, pad);
    }
    return IOPT_OK;
}

/* in: x, work, bias, b_zero, the sums of rows, perhaps padding; out: y */
static IoptStatus run_product(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const Product *const p = step->job;
    const IoptCodesWork *const work = iopt_place_at(&step->in[1], call);
    const uint8_t *const x = iopt_place_at(&step->in[0], call);
    const int32_t *const row_sum = iopt_place_at(&step->in[4], call);
    int32_t *const y = iopt_place_at(&step->out[0], call);
    IoptGemmS8 gemm = p->gemm;

    (void)err;
    if (work->plain)
        return IOPT_OK;
    gemm.bias = iopt_place_at(&step->in[2], call);
    gemm.b_zero = work->sums_rows ? iopt_place_at(&step->in[3], call) : NULL;
    gemm.zeros = p->pads ? iopt_place_at(&step->in[5], call) : NULL;
    for (size_t image = 0; image < p->images; image++) {
        gemm.a = x + image * p->x_pixels * p->depth;
        gemm.row_sum = work->sums_rows ? row_sum + image * gemm.rows : NULL;
        gemm.c = y + (ptrdiff_t)(image * gemm.rows) * gemm.end.stride;
        const IoptGemmS8Range range = iopt_gemm_s8_part(p->gemm_s8, &gemm, call->part, call->parts);
        ((IoptGemmS8Run *)p->gemm_s8->fn)(&gemm, &range);
    }
    return IOPT_OK;
}

/* --- making --------------------------------------------------------------------------------- */

/* B as signed bytes, packed, and the sums of its columns. */
static IoptStatus pack(IoptCodesLower *l, Product *p, const IoptTensor *w, size_t k_stride,
                       size_t n_stride, IoptError *err)
{
    const size_t k = p->gemm.taps * p->gemm.depth, n = p->gemm.n;
    const uint8_t *const codes = w->data;
    uint32_t *sums;
    void *packed;
    int8_t *b;

    IOPT_TRY(iopt_lower_alloc(l->lower, n, sizeof *sums, &sums, err));
    IOPT_TRY(iopt_lower_block(l->lower,
                              iopt_gemm_s8_packed_bytes(p->gemm_s8, p->gemm.taps, p->gemm.depth, n),
                              &packed, err));
    IOPT_TRY(iopt_alloc((void **)&b, k * n, 1, err));
    for (size_t i = 0; i < k * n; i++)
        b[i] = (int8_t)(codes[i] - 128);
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < n; j++) {
            const int32_t weight = b[i * k_stride + j * n_stride];
            sums[j] += (uint32_t)weight;
        }
    iopt_gemm_s8_pack(p->gemm_s8, b, k_stride, n_stride, p->gemm.taps, p->gemm.depth, n, packed);
    free(b);
    p->b_sum = sums;
    p->gemm.packed = packed;
    return IOPT_OK;
}

static bool inside(const IoptQuantizedAxis *axis, int64_t at)
{
    return at >= 0 && at < axis->in;
}

static bool never_pads(const IoptQuantizedAxis *axis)
{
    return inside(axis, -axis->offset) &&
           inside(axis, (axis->out - 1) * axis->stride - axis->offset + axis->kernel - 1);
}

/* Where each segment of each window begins. */
static IoptStatus make_offsets(IoptCodesLower *l, Product *p, const IoptQuantizedConv2d *conv,
                               IoptError *err)
{
    const int64_t columns = p->segment == 1 ? conv->w.kernel : 1;
    const size_t count = p->gemm.rows * p->gemm.taps;
    int32_t *offset, *pixel;

    IOPT_TRY(iopt_lower_block(l->lower, count * sizeof *offset, &offset, err));
    IOPT_TRY(iopt_lower_block(l->lower, count * sizeof *pixel, &pixel, err));
    p->gemm.offset = offset;
    p->pixel = pixel;
    for (int64_t oy = 0; oy < conv->h.out; oy++)
        for (int64_t ox = 0; ox < conv->w.out; ox++)
            for (int64_t ky = 0; ky < conv->h.kernel; ky++)
                for (int64_t kx = 0; kx < columns; kx++, offset++, pixel++) {
                    const int64_t y = oy * conv->h.stride - conv->h.offset + ky;
                    const int64_t x = ox * conv->w.stride - conv->w.offset + kx;
                    const bool is_in = inside(&conv->h, y) && inside(&conv->w, x);
                    *pixel = is_in ? (int32_t)(y * conv->w.in + x) : -1;
                    *offset = is_in ? *pixel * (int32_t)conv->depth : IOPT_GEMM_S8_ZEROS;
                }
    return IOPT_OK;
}

static bool is_pointwise(const IoptQuantizedAxis *axis)
{
    return axis->kernel == 1 && axis->stride == 1 && axis->offset == 0;
}

static IoptStatus describe_conv(IoptCodesLower *l, Product *p, IoptError *err)
{
    const IoptNode *const node = l->codes->root;
    const IoptShape x = iopt_shape_of(node->in[0]), w = iopt_shape_of(node->in[1]);
    IoptQuantizedConv2d conv;

    IOPT_TRY(iopt_quantized_conv2d_read(node, &x, &w, &conv, err));
    p->images = (size_t)x.dim[0];
    p->x_pixels = (size_t)(conv.h.in * conv.w.in);
    p->depth = (size_t)conv.depth;
    p->gemm.n = (size_t)conv.filters;
    p->gemm.rows = (size_t)(conv.h.out * conv.w.out);
    p->segment = 1;
    p->gemm.taps = (size_t)(conv.h.kernel * conv.w.kernel);
    p->gemm.depth = p->depth;
    p->gemm.a_stride = (ptrdiff_t)p->depth;
    if (is_pointwise(&conv.h) && is_pointwise(&conv.w)) {
        p->gemm.rows *= p->images;
        p->x_pixels *= p->images;
        p->images = 1;
        return IOPT_OK;
    }
    p->pads = !never_pads(&conv.h) || !never_pads(&conv.w);
    if (!p->pads) { /* a row of the filter is one segment */
        p->segment = (size_t)conv.w.kernel;
        p->gemm.taps = (size_t)conv.h.kernel;
        p->gemm.depth = p->segment * p->depth;
    }
    return make_offsets(l, p, &conv, err);
}

static void describe_matmul(const IoptCodesLower *l, Product *p)
{
    const IoptNode *const node = l->codes->root;
    const IoptShape x = iopt_shape_of(node->in[0]), y = node->facts[0].shape;

    p->images = 1;
    p->x_pixels = p->gemm.rows = (size_t)x.dim[0];
    p->depth = p->gemm.depth = (size_t)x.dim[1];
    p->gemm.a_stride = (ptrdiff_t)p->depth;
    p->gemm.taps = p->segment = 1;
    p->gemm.n = (size_t)y.dim[1];
    p->wants_ranges = true;
}

/* Ranges, padding and sums of rows: what gemm_s8 is given beside x and B. */
typedef struct Operands {
    IoptPlace bias, b_zero, sums, padding;
} Operands;

static IoptStatus lower_operands(IoptCodesLower *l, const Product *p, Operands *o, IoptError *err)
{
    const IoptStep step = { .run = run_operands, .job = p, .info.kernel = "operands" };
    IoptPlace in[4], out[4];

    for (size_t i = 0; i < 4; i++)
        IOPT_TRY(iopt_lower_in(l->lower, l->codes->root->in[2 + i], &in[i], err));
    IOPT_TRY(iopt_codes_temporary(l, p->gemm.n * sizeof(int32_t), &o->bias, err));
    IOPT_TRY(iopt_codes_temporary(l, p->gemm.n * sizeof(int32_t), &o->b_zero, err));
    out[0] = l->work;
    out[1] = o->bias;
    out[2] = o->b_zero;
    if (p->pads) {
        IOPT_TRY(iopt_codes_temporary(l, p->gemm.depth + IOPT_S8_SPARE_BYTES, &o->padding, err));
        out[3] = o->padding;
    }
    return iopt_codes_add(l, step, in, 4, out, p->pads ? 4 : 3, err);
}

static IoptStatus lower_sums(IoptCodesLower *l, const Product *p, const char *kernel, Operands *o,
                             IoptError *err)
{
    const size_t pixels = p->images * p->x_pixels, rows = p->images * p->gemm.rows;
    IoptStep step = { .run = run_pixel_sums, .job = p, .parts = pixels, .info.kernel = kernel };
    const IoptPlace in[] = { l->x, l->work };
    IoptPlace of_pixels;

    IOPT_TRY(iopt_codes_temporary(l, pixels * sizeof(int32_t), &of_pixels, err));
    IOPT_TRY(iopt_codes_add(l, step, in, 2, &of_pixels, 1, err));
    o->sums = of_pixels;
    if (!p->pixel)
        return IOPT_OK;
    step.run = run_row_sums;
    step.info.kernel = "sums of windows";
    step.parts = rows;
    IOPT_TRY(iopt_codes_temporary(l, rows * sizeof(int32_t), &o->sums, err));
    const IoptPlace more[] = { of_pixels, l->work, o->padding };
    return iopt_codes_add(l, step, more, p->pads ? 3 : 2, &o->sums, 1, err);
}

IoptStatus iopt_codes_lower_product(IoptCodesLower *l, IoptError *err)
{
    const IoptNode *const node = l->codes->root;
    const bool transposed = iopt_attr_bool(node, "transpose_b", false);
    IoptStep step = { .run = run_product, .parts = SIZE_MAX };
    const char *row_sum;
    Operands o = { 0 };
    Product *p;

    IOPT_TRY(iopt_lower_alloc(l->lower, 1, sizeof *p, &p, err));
    IOPT_TRY(
        iopt_lower_kernel(l->lower, &iopt_kernel_gemm_s8, &p->gemm_s8, &step.info.kernel, err));
    IOPT_TRY(iopt_lower_kernel(l->lower, &iopt_kernel_row_sum_u8, &p->row_sum, &row_sum, err));
    if (iopt_is_op(node, "QuantizedConv2D"))
        IOPT_TRY(describe_conv(l, p, err));
    else
        describe_matmul(l, p);
    const size_t k = p->gemm.taps * p->gemm.depth;
    IOPT_TRY(pack(l, p, iopt_fact_at(node->in[1]).value, transposed ? 1 : p->gemm.n,
                  transposed ? k : 1, err));
    IOPT_TRY(iopt_codes_lower_in(l->lower, node->in[0], &l->x, err));
    IOPT_TRY(lower_operands(l, p, &o, err));
    IOPT_TRY(lower_sums(l, p, row_sum, &o, err));
    const IoptPlace in[] = { l->x, l->work, o.bias, o.b_zero, o.sums, o.padding };
    if (l->codes->maps)
        IOPT_TRY(iopt_lower_temporary(l->lower, l->rows, l->channels, &l->x, err));
    else
        l->x = l->y;
    l->x.dtype = IOPT_QI32;
    p->gemm.end = (IoptS8End){ .type = IOPT_S8_OUT_S32, .stride = l->x.stride };
    step.job = p;
    step.info.op = l->chain->ops;
    step.info.macs = (double)p->images * (double)p->gemm.rows * (double)k * (double)p->gemm.n;
    step.info.bytes = (double)k * (double)p->gemm.n;
    return iopt_codes_add(l, step, in, p->pads ? 6 : 5, &l->x, 1, err);
}
