/* dwconv_f32 on vectors of channels.
 *
 * A strip is a row of neighbouring output pixels, VEC channels each.  Its sums stay in registers;
 * for each row of the filter its weights do too, and every input pixel is loaded once for all the
 * outputs that see it.  Kernel width, stride and strip width are constants of the code, so that
 * everything unrolls; what has no such code is done pixel by pixel.
 */
#include "kernels/dwconv_f32/dwconv_f32.h"
#include "kernels/vec_f32.h"

/* What a whole output row has in common. */
typedef struct Row {
    const IoptDwconvF32Job *job;
    const float *x;  /* the input row that the first tap in the image sees */
    ptrdiff_t x_row; /* elements from there to the row that the next tap sees */
    IoptTaps taps;   /* the rows of the filter that lie in the image */
    float *y;        /* the output row */
} Row;

/* VEC channels of a row. */
typedef struct Column {
    size_t channel;
    const float *weights; /* of tap 0 */
    VecLanes lanes;       /* the channels that there are */
    bool whole;           /* all of them */
} Column;

enum { MAX_STRIP = 14 };

/* `pixels` outputs from `ox` on.  inside: all pixels and lanes exist, in input and output. */
IOPT_ALWAYS_INLINE void strip(const Row *row, const Column *column, size_t ox, const size_t kernel,
                              const size_t stride, const size_t pixels, const bool inside)
{
    const IoptDwconvF32Job *const job = row->job;
    const IoptWindow *const w = &job->window;
    const size_t taps = row->taps.end - row->taps.begin;
    const float *weights = column->weights + row->taps.begin * kernel * IOPT_DWCONV_F32_BLOCK;
    const ptrdiff_t ix = (ptrdiff_t)(ox * stride) - (ptrdiff_t)w->pad_left;
    const float *x = row->x + column->channel;
    Vec sum[MAX_STRIP], weight[7];

    const Vec bias =
        job->bias ? vec_load_part(job->bias + column->channel, column->lanes) : vec_zero();
    VEC_UNROLL
    for (size_t i = 0; i < pixels; i++)
        sum[i] = bias;

    for (size_t ky = 0; ky < taps; ky++) {
        VEC_UNROLL
        for (size_t k = 0; k < kernel; k++)
            weight[k] = vec_load(weights + k * IOPT_DWCONV_F32_BLOCK);
        VEC_UNROLL
        for (size_t j = 0; j < (pixels - 1) * stride + kernel; j++) {
            const ptrdiff_t at = ix + (ptrdiff_t)j;
            Vec v;
            if (inside)
                v = vec_load(x + at * job->x_stride);
            else if ((size_t)at < w->in_w)
                v = vec_load_part(x + at * job->x_stride, column->lanes);
            else
                v = vec_zero();
            VEC_UNROLL
            for (size_t i = 0; i < pixels; i++)
                if (j >= i * stride && j - i * stride < kernel)
                    vec_accumulate(&sum[i], v, weight[j - i * stride]);
        }
        x += row->x_row;
        weights += kernel * IOPT_DWCONV_F32_BLOCK;
    }

    const Vec lo = vec_all(job->lo), hi = vec_all(job->hi);
    float *y = row->y + (ptrdiff_t)ox * job->y_stride + column->channel;
    VEC_UNROLL
    for (size_t i = 0; i < pixels; i++) {
        if (inside)
            vec_store(y, vec_clamp(sum[i], lo, hi));
        else if (ox + i < w->out_w)
            vec_store_part(y, vec_clamp(sum[i], lo, hi), column->lanes);
        y += job->y_stride;
    }
}

/* The strip widths that there is code for: 14 sums, 7 weights and a pixel fit into 32 registers, 8
 * sums, 7 weights and a pixel into 16. */
enum {
    WIDTH_0 = VEC_REGISTERS == 32 ? 14 : 8,
    WIDTH_1 = VEC_REGISTERS == 32 ? 11 : 7,
    WIDTH_2 = VEC_REGISTERS == 32 ? 7 : 4,
    WIDTH_3 = VEC_REGISTERS == 32 ? 4 : 2
};
static const size_t widths[] = { WIDTH_0, WIDTH_1, WIDTH_2, WIDTH_3 };

typedef void StripFn(const Row *row, const Column *column, size_t ox, size_t pixels, bool inside);

#define STRIP_CASE(kernel, stride, width)                         \
    case width:                                                   \
        if (inside)                                               \
            strip(row, column, ox, kernel, stride, width, true);  \
        else                                                      \
            strip(row, column, ox, kernel, stride, width, false); \
        break;

#define STRIP_FN(kernel, stride)                                                              \
    static void strip_##kernel##_by_##stride(const Row *row, const Column *column, size_t ox, \
                                             size_t pixels, bool inside)                      \
    {                                                                                         \
        switch (pixels) {                                                                     \
            STRIP_CASE(kernel, stride, WIDTH_0)                                               \
            STRIP_CASE(kernel, stride, WIDTH_1)                                               \
            STRIP_CASE(kernel, stride, WIDTH_2)                                               \
            STRIP_CASE(kernel, stride, WIDTH_3)                                               \
        }                                                                                     \
    }

STRIP_FN(3, 1)
STRIP_FN(3, 2)
STRIP_FN(5, 1)
STRIP_FN(5, 2)
STRIP_FN(7, 1)
STRIP_FN(7, 2)

/* The code for a window, or NULL. */
static StripFn *choose_strip(const IoptWindow *w)
{
    static const struct {
        size_t kernel, stride;
        StripFn *fn;
    } strips[] = {
        { 3, 1, strip_3_by_1 }, { 3, 2, strip_3_by_2 }, { 5, 1, strip_5_by_1 },
        { 5, 2, strip_5_by_2 }, { 7, 1, strip_7_by_1 }, { 7, 2, strip_7_by_2 },
    };

    for (size_t i = 0; i < IOPT_COUNT(strips); i++)
        if (w->dilation_w == 1 && w->kernel_w == strips[i].kernel &&
            w->stride_w == strips[i].stride)
            return strips[i].fn;
    return NULL;
}

/* The width that covers a row with the fewest loads; the last strip of a row may overlap the one
 * before it. */
static size_t choose_width(const IoptWindow *w)
{
    size_t best = 0, best_cost = SIZE_MAX;

    for (size_t i = 0; i < IOPT_COUNT(widths); i++) {
        const size_t strips = (w->out_w + widths[i] - 1) / widths[i];
        const size_t cost = strips * (widths[i] * w->stride_w + 2);
        if (cost < best_cost) {
            best_cost = cost;
            best = widths[i];
        }
    }
    return best;
}

/* One output pixel, VEC channels, any window. */
static void one_pixel(const Row *row, const Column *column, size_t ox)
{
    const IoptDwconvF32Job *const job = row->job;
    const IoptWindow *const w = &job->window;
    const IoptTaps tx = iopt_window_taps_x(w, ox);
    const ptrdiff_t step = (ptrdiff_t)w->dilation_w * job->x_stride;
    Vec sum = job->bias ? vec_load_part(job->bias + column->channel, column->lanes) : vec_zero();

    for (size_t ky = row->taps.begin; ky < row->taps.end; ky++) {
        const float *x = row->x + (ptrdiff_t)(ky - row->taps.begin) * row->x_row +
                         (ptrdiff_t)tx.at * job->x_stride + column->channel;
        const float *weight = column->weights + ky * w->kernel_w * IOPT_DWCONV_F32_BLOCK;
        for (size_t kx = tx.begin; kx < tx.end; kx++, x += step)
            sum = vec_fma(vec_load_part(x, column->lanes),
                          vec_load(weight + kx * IOPT_DWCONV_F32_BLOCK), sum);
    }
    vec_store_part(row->y + (ptrdiff_t)ox * job->y_stride + column->channel,
                   vec_clamp(sum, vec_all(job->lo), vec_all(job->hi)), column->lanes);
}

static Column column_at(const IoptDwconvF32Job *job, size_t c)
{
    const size_t taps = job->window.kernel_h * job->window.kernel_w;
    const size_t block = c / IOPT_DWCONV_F32_BLOCK * IOPT_DWCONV_F32_BLOCK;

    return (Column){ .channel = c,
                     .weights = job->weights + block * taps + (c - block),
                     .lanes = vec_lanes(job->channels - c),
                     .whole = job->channels - c >= VEC };
}

static void one_row(const Row *row, StripFn *fn, size_t pixels)
{
    const IoptWindow *const w = &row->job->window;

    for (size_t at = 0; at < w->out_w; at += pixels) {
        size_t ox = at;
        if (ox + pixels > w->out_w && w->out_w >= pixels)
            ox = w->out_w - pixels;
        const size_t first = ox * w->stride_w;
        const bool inside =
            first >= w->pad_left && ox + pixels <= w->out_w &&
            first + (pixels - 1) * w->stride_w + w->kernel_w <= w->in_w + w->pad_left;
        for (size_t c = 0; c < row->job->channels; c += VEC) {
            const Column column = column_at(row->job, c);
            if (fn)
                fn(row, &column, ox, pixels, inside && column.whole);
            else
                one_pixel(row, &column, ox);
        }
    }
}

void IOPT_VEC_NAME(iopt_dwconv_f32)(const IoptDwconvF32Job *job, const float *x, float *y,
                                    size_t row_begin, size_t row_end)
{
    const IoptWindow *const w = &job->window;
    const ptrdiff_t x_row = (ptrdiff_t)w->in_w * job->x_stride;
    StripFn *const fn = choose_strip(w);
    const size_t pixels = fn ? choose_width(w) : 1;

    if (job->multiplier != 1) {
        iopt_dwconv_f32_c(job, x, y, row_begin, row_end);
        return;
    }
    for (size_t r = row_begin; r < row_end; r++) {
        const IoptTaps taps = iopt_window_taps_y(w, r % w->out_h);
        const Row row = {
            .job = job,
            .x = x + (ptrdiff_t)(r / w->out_h * w->in_h + taps.at) * x_row,
            .x_row = (ptrdiff_t)w->dilation_h * x_row,
            .taps = taps,
            .y = y + (ptrdiff_t)(r * w->out_w) * job->y_stride,
        };
        one_row(&row, fn, pixels);
    }
}
