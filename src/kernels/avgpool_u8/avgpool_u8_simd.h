/* avgpool_u8 on vectors of channels. */
#include "kernels/avgpool_u8/avgpool_u8.h"
#include "kernels/pool_u8_simd.h"

/* A call. */
typedef struct Work {
    const IoptAvgpoolU8Job *job;
    ptrdiff_t pixel, y_pixel; /* bytes from pixel to pixel */
    Average average;
    size_t pixels; /* of the windows that `average` is set for */
} Work;

static void set_pixels(Work *work, size_t pixels)
{
    if (pixels == work->pixels)
        return;
    work->average.zeros = vec_int_all((int32_t)pixels * work->job->x_zero);
    work->average.scale = vec_all(iopt_avgpool_u8_scale(work->job->scale, pixels));
    work->pixels = pixels;
}

/* The outputs [begin, end) of a row, each by itself. */
static void one_by_one(Work *work, IoptTaps ty, const char *image, char *y, size_t begin,
                       size_t end)
{
    for (size_t ox = begin; ox < end; ox++) {
        const View view = window_view(&work->job->window, ty, ox, image, work->pixel);
        set_pixels(work, view.rows * view.columns);
        average_view(&work->average, view, y + (ptrdiff_t)ox * work->y_pixel, work->job->channels);
    }
}

/* The sums of VEC_WORDS channels of the pixels of a column of a view. */
IOPT_ALWAYS_INLINE VecInt column_sum(const char *x, size_t rows, ptrdiff_t row)
{
    VecInt sum = vecw_load_u8(x);

    for (size_t r = 1; r < rows; r++)
        sum = vecw_add(sum, vecw_load_u8(x + (ptrdiff_t)r * row));
    return sum;
}

/* `count` outputs that see three columns each; `view` is that of the first. */
IOPT_ALWAYS_INLINE void run_of_outputs(const Work *work, View view, char *y, size_t count,
                                       const size_t stride_w)
{
    const size_t channels = work->job->channels;
    const ptrdiff_t row = view.row, column = view.column;
    const Average average = work->average;

    for (size_t c = 0; c < channels; c += PAIR) {
        const char *x = view.x + c;
        char *to = code_at_mut(y, (ptrdiff_t)c, average.y_type);
        VecInt first = column_sum(x, view.rows, row), second = vec_int_zero();
        x += column;
        if (stride_w == 1) {
            second = column_sum(x, view.rows, row);
            x += column;
        }
        for (size_t i = 0; i < count; i++, to += work->y_pixel) {
            if (stride_w == 2) {
                second = column_sum(x, view.rows, row);
                x += column;
            }
            const VecInt third = column_sum(x, view.rows, row);
            const VecInt sum = vecw_add(vecw_add(first, second), third);
            const VecInt total[2] = { vecw_low(sum), vecw_high(sum) };
            average_finish(&average, total, to, 2, channels - c);
            first = stride_w == 1 ? second : third;
            second = third;
            x += column;
        }
    }
}

static void one_row(Work *work, Run run, IoptTaps ty, const char *image, char *y)
{
    const IoptWindow *const w = &work->job->window;
    const size_t rows = ty.end - ty.begin;

    if (work->job->x_type != IOPT_S8_OUT_U8 || rows == 0 || rows * 3 > MOST_BYTES)
        run.begin = run.end = 0;
    one_by_one(work, ty, image, y, 0, run.begin);
    if (run.begin < run.end) {
        const View view = window_view(w, ty, run.begin, image, work->pixel);
        char *const to = y + (ptrdiff_t)run.begin * work->y_pixel;
        set_pixels(work, rows * 3);
        if (w->stride_w == 1)
            run_of_outputs(work, view, to, run.end - run.begin, 1);
        else
            run_of_outputs(work, view, to, run.end - run.begin, 2);
    }
    one_by_one(work, ty, image, y, run.end, w->out_w);
}

void IOPT_VEC_NAME(iopt_avgpool_u8)(const IoptAvgpoolU8Job *job, const void *x, void *y,
                                    size_t row_begin, size_t row_end)
{
    const IoptWindow *const w = &job->window;
    const Run run = run_of_three(w);
    Work work = {
        .job = job,
        .pixel = job->x_stride * (ptrdiff_t)iopt_s8_bytes(job->x_type),
        .y_pixel = job->y.stride * (ptrdiff_t)iopt_s8_bytes(job->y.type),
        .average = { .end = vec_ready_end(&job->y), .x_type = job->x_type, .y_type = job->y.type },
        .pixels = SIZE_MAX
    };
    const ptrdiff_t image_bytes = (ptrdiff_t)(w->in_h * w->in_w) * work.pixel;

    for (size_t row = row_begin; row < row_end; row++)
        one_row(&work, run, iopt_window_taps_y(w, row % w->out_h),
                (const char *)x + (ptrdiff_t)(row / w->out_h) * image_bytes,
                (char *)y + (ptrdiff_t)(row * w->out_w) * work.y_pixel);
}
