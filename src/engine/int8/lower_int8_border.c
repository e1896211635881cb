/* A copy of an image of few channels with its padding around it.
 *
 * gemm_s8 reads segments of whole words: RGB pixels one by one take 4/3 of the time, rows of the
 * filter do not; and the fewer segments the better.  Rows of the filter are segments if padding is
 * there in memory; copying a few channels is cheap.
 */
#include "engine/int8/int8_layer.h"

enum {
    FEW_CHANNELS = 4,
    SOME_CHANNELS = 16, /* few for windows of */
    MANY_TAPS = 16
};

typedef struct BorderJob {
    size_t in_h, out_h;         /* rows of an image: of x, of the copy */
    size_t in_bytes, out_bytes; /* of a row; in_bytes: those that are copied */
    ptrdiff_t in_stride;        /* bytes from row to row of x */
    size_t top, left;           /* left: in bytes */
    size_t rows;                /* of all copies */
    int zero;
} BorderJob;

static void copy_row(const BorderJob *job, const uint8_t *x, uint8_t *row, size_t number)
{
    const size_t image = number / job->out_h, y = number % job->out_h;

    if (y < job->top || y - job->top >= job->in_h) {
        memset(row, job->zero, job->out_bytes);
        return;
    }
    memset(row, job->zero, job->left);
    memcpy(row + job->left, x + (ptrdiff_t)(image * job->in_h + y - job->top) * job->in_stride,
           job->in_bytes);
    memset(row + job->left + job->in_bytes, job->zero, job->out_bytes - job->left - job->in_bytes);
}

static IoptStatus run_border(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const BorderJob *const job = step->job;
    const uint8_t *const x = iopt_place_at(&step->in[0], call);
    uint8_t *const y = iopt_place_at(&step->out[0], call);
    size_t begin, end;

    (void)err;
    iopt_part_range(call, job->rows, &begin, &end);
    for (size_t i = begin; i < end; i++)
        copy_row(job, x, y + i * job->out_bytes, i);
    return IOPT_OK;
}

/* What the windows span along an axis. */
static size_t span(size_t out, size_t stride, size_t kernel, size_t dilation)
{
    return (out - 1) * stride + (kernel - 1) * dilation + 1;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static bool are_few(size_t channels, const IoptWindow *w)
{
    return channels <= (w->kernel_h * w->kernel_w < MANY_TAPS ? FEW_CHANNELS : SOME_CHANNELS);
}

/* Whether a border lets rows of the filter be segments where they are not yet. */
static bool pays(const IoptInt8Layer *layer, const IoptWindow *w)
{
    return are_few(layer->x.channels, w) && iopt_place_dense(&layer->x) &&
           layer->filter->shape.rank == 4 &&
           layer->filter->shape.dim[2] == (int64_t)layer->x.channels && w->dilation_w == 1 &&
           w->kernel_w > 1 && !layer->filter_zero &&
           (w->pad_top > 0 || w->pad_left > 0 ||
            span(w->out_h, w->stride_h, w->kernel_h, w->dilation_h) > w->in_h ||
            span(w->out_w, w->stride_w, w->kernel_w, w->dilation_w) > w->in_w);
}

IoptStatus iopt_int8_add_border(IoptLower *l, const IoptChain *chain, IoptInt8Layer *layer,
                                IoptWindow *w, IoptError *err)
{
    IoptStep step = { .run = run_border, .info = { .op = "border", .kernel = "plain C" } };
    const size_t channels = layer->x.channels;
    IoptPlace copy;
    BorderJob *job;

    if (!pays(layer, w))
        return IOPT_OK;
    const size_t images = layer->x.rows / (w->in_h * w->in_w);
    const size_t height = span(w->out_h, w->stride_h, w->kernel_h, w->dilation_h);
    const size_t width = span(w->out_w, w->stride_w, w->kernel_w, w->dilation_w);
    IOPT_TRY(iopt_lower_temporary_of(l, IOPT_QU8, images * height * width, channels, &copy, err));
    IOPT_TRY(iopt_lower_alloc(l, 1, sizeof *job, &job, err));
    const size_t left = smaller(w->pad_left, width);
    *job = (BorderJob){
        .in_h = w->in_h,
        .out_h = height,
        .in_bytes = smaller(w->in_w, width - left) * channels,
        .out_bytes = width * channels,
        .in_stride = (ptrdiff_t)(w->in_w * channels),
        .top = w->pad_top,
        .left = left * channels,
        .rows = images * height,
        .zero = layer->x_zero,
    };
    step.job = job;
    step.parts = job->rows;
    IOPT_TRY(iopt_lower_add(l, chain, step, &layer->x, 1, &copy, 1, err));
    layer->x = layer->places[0] = copy;
    w->in_h = height;
    w->in_w = width;
    w->pad_top = w->pad_left = 0;
    return IOPT_OK;
}
