/* dwconv_s8 on vectors of channels, VEC of them a column.
 *
 * Neighbouring pixels of a channel are gathered into the 4 bytes of a lane (where there are dot
 * products of bytes) or into its 2 words, so that one instruction does TAPS taps.  This happens
 * once for each row of the image: the lines that an output row sees stay in a small buffer, where
 * padding is codes like all others.  A strip is a row of neighbouring output pixels of a column:
 * their sums stay in registers, and each gathered vector is loaded once for all the outputs that
 * see it.
 *
 * Of a filter row of K taps, group g ends at tap K - 1 - TAPS * (groups - 1 - g): only the first
 * group may have empty places, and with stride 2 all groups of all outputs end at places of one
 * parity.  The lines hold no others, and so a strip looks the same for both strides.
 */
#include "kernels/dwconv_s8/dwconv_s8.h"
#include "kernels/dwconv_s8/dwconv_s8_gather.h"
#include "kernels/dwconv_s8/dwconv_s8_groups.h"
#include "kernels/vec_codes.h"

#if defined(IOPT_VEC_AVX512VNNI)

enum { MAX_STRIP = 14 };

/* *sum += the sum of 4 products.  gcc 12 spills the sums if it sees what they are for. */
IOPT_ALWAYS_INLINE void add_products(VecInt *sum, VecInt gathered, VecInt weights)
{
    __asm__("vpdpbusd %2, %1, %0" : "+v"(*sum) : "v"(gathered), "v"(weights));
}

#elif defined(IOPT_VEC_AVX512)

enum { MAX_STRIP = 14 };

IOPT_ALWAYS_INLINE void add_products(VecInt *sum, VecInt gathered, VecInt weights)
{
    vec_int_add_to(sum, _mm512_madd_epi16(gathered, weights));
}

#else

enum { MAX_STRIP = 8 };

IOPT_ALWAYS_INLINE void add_products(VecInt *sum, VecInt gathered, VecInt weights)
{
    vec_int_add_to(sum, _mm256_madd_epi16(gathered, weights));
}

#endif

enum {
    MAX_GROUPS = 8 / TAPS, /* of a filter row: 8 taps */
    MAX_ROWS = 8,          /* of a filter */
    LINE_VECS = 24 * 1024 / sizeof(VecInt),
    MAX_COLUMNS = 64 / VEC, /* side by side: a cache line of codes */
    GOOD_WIDTH = 28         /* outputs; wider parts of a row gain little */
};

/* VEC channels. */
typedef struct Column {
    size_t channel, lanes; /* the first of them, how many there are */
    const VecInt *weights; /* [kernel_h][groups] */
    VecInt bias;
    Vec scale;
} Column;

/* A call, and the part of it that is being worked on: some outputs of each row, some columns. */
typedef struct Work {
    const IoptDwconvS8Job *job;
    void *y;
    VecEndOfFour end; /* for U8 */
    bool plain;       /* to U8, nothing to add */
    size_t groups;    /* of a filter row */
    size_t first;     /* the tap of the first output that is position 0 of a line */
    size_t ox, width; /* the outputs */
    size_t positions; /* of a line */
    size_t columns;   /* now */
    size_t room;      /* columns that there are lines for: even, so that blocks are whole */
    Column column[MAX_COLUMNS];
    VecInt lines[LINE_VECS]; /* [kernel_h][room][positions] */
} Work;

/* Writes a column of neighbouring output pixels as anything.  `pixel`, the first, is counted over
 * all images. */
static void finish(const Work *work, const Column *column, ptrdiff_t pixel, const VecInt *sum,
                   size_t pixels)
{
    const IoptDwconvS8Job *const job = work->job;
    const IoptS8In *const in = &job->residual_in;
    const VecLanes lanes = vec_lanes(column->lanes);

    for (size_t i = 0; i < pixels; i++, pixel++) {
        const ptrdiff_t at = pixel * job->end.stride + (ptrdiff_t)column->channel;
        const ptrdiff_t other = pixel * in->stride + (ptrdiff_t)column->channel;
        Vec v = vec_mul(vec_from_int(sum[i]), column->scale);
        if (job->end.type == IOPT_S8_OUT_S32) {
            vec_int_store_part((int32_t *)work->y + at, sum[i], lanes);
            continue;
        }
        if (job->residual && in->type == IOPT_S8_OUT_F32)
            v = vec_add(v, vec_load_part((const float *)job->residual + other, lanes));
        else if (job->residual)
            v = vec_add(v, vec_code_value(in, job->residual, other));
        vec_end(&job->end, work->y, at, v, column->lanes);
    }
}

/* One output row of a column, within the part that is being worked on. */
typedef struct Row {
    const Column *column;
    size_t rows;                  /* of the filter */
    const VecInt *line[MAX_ROWS]; /* for each, what the first group sees of the first output */
    ptrdiff_t pixel;              /* the first output, counted over all images */
} Row;

/* Writes `pixels` neighbouring outputs as U8, nothing added, four at a time. */
IOPT_ALWAYS_INLINE void store_plain(const Work *work, const Column *column, ptrdiff_t pixel,
                                    const VecInt *sum, const size_t pixels)
{
    const ptrdiff_t y_stride = work->job->end.stride;
    const VecEndOfFour end = work->end;
    const Vec scale = column->scale;
    uint8_t *y = (uint8_t *)work->y + pixel * y_stride + column->channel;

    VEC_UNROLL
    for (size_t i = 0; i < pixels; i += 4, y += 4 * y_stride) {
        const size_t count = pixels - i < 4 ? pixels - i : 4;
        Vec v[4];
        VEC_UNROLL
        for (size_t k = 0; k < 4; k++)
            v[k] = k < count ? vec_mul(vec_from_int(sum[i + k]), scale) : v[0];
        const VecInt codes = vec_four_codes(&end, v[0], v[1], v[2], v[3]);
        if (column->lanes >= VEC)
            vecb_store_rows(y, y_stride, codes, count);
        else
            vecb_store_some(y, y_stride, codes, count, column->lanes);
    }
}

/* Writes the sums of a strip: `pixels` outputs from `begin` on. */
IOPT_ALWAYS_INLINE void store(const Work *work, const Row *row, size_t begin, const VecInt *sum,
                              const size_t pixels)
{
    const ptrdiff_t pixel = row->pixel + (ptrdiff_t)begin;
    VecInt sums[MAX_STRIP]; /* those of registers, for a loop */

    if (work->plain) {
        store_plain(work, row->column, pixel, sum, pixels);
        return;
    }
    VEC_UNROLL
    for (size_t i = 0; i < pixels; i++)
        sums[i] = sum[i];
    finish(work, row->column, pixel, sums, pixels);
}

/* distance: positions between what neighbouring groups of a filter row see. */
IOPT_ALWAYS_INLINE void strip(const Work *work, const Row *row, const size_t groups,
                              const size_t distance, size_t begin, const size_t pixels)
{
    const VecInt *weights = row->column->weights;
    VecInt sum[MAX_STRIP], weight[MAX_GROUPS];

    VEC_UNROLL
    for (size_t i = 0; i < pixels; i++)
        sum[i] = row->column->bias;
    for (size_t ky = 0; ky < row->rows; ky++, weights += groups) {
        const VecInt *const line = row->line[ky] + begin;
        VEC_UNROLL
        for (size_t g = 0; g < groups; g++)
            weight[g] = weights[g];
        VEC_UNROLL
        for (size_t j = 0; j < pixels + (groups - 1) * distance; j++) {
            const VecInt gathered = line[j];
            VEC_UNROLL
            for (size_t g = 0; g < groups; g++)
                if (j >= g * distance && j - g * distance < pixels)
                    add_products(&sum[j - g * distance], gathered, weight[g]);
        }
    }
    store(work, row, begin, sum, pixels);
}

typedef void RowFn(const Work *work, const Row *row);

#define STRIP_CASE(groups, distance, pixels)               \
    case pixels:                                           \
        strip(work, row, groups, distance, begin, pixels); \
        break;

#if defined(IOPT_VEC_AVX512)
#define STRIP_WIDE_CASES(groups, distance) \
    STRIP_CASE(groups, distance, 9)        \
    STRIP_CASE(groups, distance, 10)       \
    STRIP_CASE(groups, distance, 11)       \
    STRIP_CASE(groups, distance, 12)       \
    STRIP_CASE(groups, distance, 13)       \
    STRIP_CASE(groups, distance, 14)
#else
#define STRIP_WIDE_CASES(groups, distance)
#endif

/* Strips of balanced widths, each with code of its own. */
#define ROW_FN(groups, distance)                                               \
    static void row_##groups##_at_##distance(const Work *work, const Row *row) \
    {                                                                          \
        size_t begin = 0, left = (work->width + MAX_STRIP - 1) / MAX_STRIP;    \
        for (; left > 0; left--) {                                             \
            const size_t width = (work->width - begin) / left;                 \
            switch (width) {                                                   \
                STRIP_CASE(groups, distance, 1)                                \
                STRIP_CASE(groups, distance, 2)                                \
                STRIP_CASE(groups, distance, 3)                                \
                STRIP_CASE(groups, distance, 4)                                \
                STRIP_CASE(groups, distance, 5)                                \
                STRIP_CASE(groups, distance, 6)                                \
                STRIP_CASE(groups, distance, 7)                                \
                STRIP_CASE(groups, distance, 8)                                \
                STRIP_WIDE_CASES(groups, distance)                             \
            }                                                                  \
            begin += width;                                                    \
        }                                                                      \
    }

#if !defined(IOPT_VEC_AVX512)

/* A strip of three rows of three taps. */
IOPT_ALWAYS_INLINE void strip_of_3x3(const Work *work, const Row *row, const VecInt *weight,
                                     const size_t distance, size_t begin, const size_t pixels)
{
    VecInt sum[4];

    VEC_UNROLL
    for (size_t i = 0; i < pixels; i++)
        sum[i] = row->column->bias;
    VEC_UNROLL
    for (size_t ky = 0; ky < 3; ky++) {
        const VecInt *const line = row->line[ky] + begin;
        VEC_UNROLL
        for (size_t i = 0; i < pixels; i++) {
            add_products(&sum[i], line[i], weight[2 * ky]);
            add_products(&sum[i], line[i + distance], weight[2 * ky + 1]);
        }
    }
    store(work, row, begin, sum, pixels);
}

/* Strips of four outputs: the weights stay in registers. */
IOPT_ALWAYS_INLINE void row_of_3x3(const Work *work, const Row *row, const size_t distance)
{
    VecInt weight[6];
    size_t begin = 0;

    VEC_UNROLL
    for (size_t i = 0; i < 6; i++)
        weight[i] = row->column->weights[i];
    for (; work->width - begin >= 4; begin += 4)
        strip_of_3x3(work, row, weight, distance, begin, 4);
    switch (work->width - begin) {
    case 1: strip_of_3x3(work, row, weight, distance, begin, 1); break;
    case 2: strip_of_3x3(work, row, weight, distance, begin, 2); break;
    case 3: strip_of_3x3(work, row, weight, distance, begin, 3); break;
    }
}

static void row_of_3x3_at_1(const Work *work, const Row *row)
{
    row_of_3x3(work, row, 1);
}

static void row_of_3x3_at_2(const Work *work, const Row *row)
{
    row_of_3x3(work, row, 2);
}

#endif

ROW_FN(1, 1)
#if defined(IOPT_VEC_AVX512VNNI)
ROW_FN(2, 2)
ROW_FN(2, 4)
#else
ROW_FN(2, 1)
ROW_FN(2, 2)
ROW_FN(3, 1)
ROW_FN(3, 2)
ROW_FN(4, 1)
ROW_FN(4, 2)
#endif

/* The code for a window, or NULL. */
static RowFn *choose_row(const IoptWindow *w)
{
    static RowFn *const rows[MAX_GROUPS][2] = {
        { row_1_at_1, row_1_at_1 },
#if defined(IOPT_VEC_AVX512VNNI)
        { row_2_at_4, row_2_at_2 },
#else
        { row_2_at_2, row_2_at_1 },
        { row_3_at_2, row_3_at_1 },
        { row_4_at_2, row_4_at_1 },
#endif
    };
    const size_t groups = iopt_dwconv_s8_groups(w->kernel_w, TAPS);

    if (groups > MAX_GROUPS || w->kernel_h > MAX_ROWS || w->stride_w > 2 || w->dilation_w != 1 ||
        w->dilation_h != 1)
        return NULL;
#if !defined(IOPT_VEC_AVX512)
    if (groups == 2 && w->kernel_h == 3 && w->out_w >= 12) /* narrow rows are one strip or two */
        return w->stride_w == 1 ? row_of_3x3_at_2 : row_of_3x3_at_1;
#endif
    return rows[groups - 1][w->stride_w - 1];
}

/* The lines of all columns from row `row` of the image, counted from the padding on. */
static void make_lines(Work *work, const uint8_t *image, size_t row)
{
    const IoptDwconvS8Job *const job = work->job;
    const IoptWindow *const w = &job->window;
    const bool inside = row >= w->pad_top && row - w->pad_top < w->in_h;
    const ptrdiff_t begin = inside ? (ptrdiff_t)((row - w->pad_top) * w->in_w) * job->x_stride : 0;
    Lines lines = { work->lines + row % w->kernel_h * work->room * work->positions, work->positions,
                    work->positions };

    for (size_t c = 0; c < work->columns; c += MAX_BLOCK) {
        const size_t channel = work->column[c].channel;
        const PixelRow pixels = { .x = image + begin + channel,
                                  .zeros = job->zeros + channel,
                                  .x_stride = job->x_stride,
                                  .first = (ptrdiff_t)(work->ox * w->stride_w + work->first + 1) -
                                           (ptrdiff_t)(w->pad_left + w->stride_w),
                                  .width = inside ? w->in_w : 0 };
        choose_gather(work->columns - c, w->stride_w)(&lines, &pixels);
        lines.at += MAX_BLOCK * work->positions;
    }
}

/* The outputs of one row, from lines that are there. */
static void one_row(const Work *work, RowFn *fn, size_t row)
{
    const IoptWindow *const w = &work->job->window;
    const size_t origin = row % w->out_h * w->stride_h; /* the row of tap 0, from the padding on */
    const size_t shift = (w->kernel_w - 1 - (work->groups - 1) * TAPS - work->first) / w->stride_w;
    size_t slot = origin % w->kernel_h;
    Row at = { .rows = w->kernel_h, .pixel = (ptrdiff_t)(row * w->out_w + work->ox) };

    for (size_t ky = 0; ky < w->kernel_h; ky++) {
        at.line[ky] = work->lines + slot * work->room * work->positions + shift;
        slot = slot + 1 < w->kernel_h ? slot + 1 : 0;
    }
    for (size_t c = 0; c < work->columns; c++) {
        at.column = &work->column[c];
        fn(work, &at);
        for (size_t ky = 0; ky < w->kernel_h; ky++)
            at.line[ky] += work->positions;
    }
}

static void some_rows(Work *work, RowFn *fn, const uint8_t *x, size_t row_begin, size_t row_end)
{
    const IoptWindow *const w = &work->job->window;
    const ptrdiff_t image_elems = (ptrdiff_t)(w->in_h * w->in_w) * work->job->x_stride;
    size_t made = 0; /* rows, from the padding on */

    for (size_t row = row_begin; row < row_end; row++) {
        const size_t origin = row % w->out_h * w->stride_h;
        if (row == row_begin || row % w->out_h == 0 || made < origin)
            made = origin;
        for (; made < origin + w->kernel_h; made++)
            make_lines(work, x + (ptrdiff_t)(row / w->out_h) * image_elems, made);
        one_row(work, fn, row);
    }
}

static Column column_at(const IoptDwconvS8Job *job, size_t c)
{
    const size_t groups = iopt_dwconv_s8_groups(job->window.kernel_w, TAPS);
    const size_t left = job->channels - c;
    const VecLanes lanes = vec_lanes(left);

    return (Column){
        .channel = c,
        .lanes = left < VEC ? left : VEC,
        .weights = (const VecInt *)job->weights + c / VEC * job->window.kernel_h * groups,
        .bias = job->bias ? vec_int_load_part(job->bias + c, lanes) : vec_int_zero(),
        .scale = job->scale ? vec_load_part(job->scale + c, lanes) : vec_zero(),
    };
}

/* How wide a part of a row the lines of so many columns can hold. */
static size_t widest(const Work *work, size_t columns)
{
    const IoptWindow *const w = &work->job->window;
    const size_t positions = LINE_VECS / (w->kernel_h * columns);

    return positions - (w->kernel_w - 1 - work->first) / w->stride_w;
}

static void by_lines(Work *work, RowFn *fn, const uint8_t *x, size_t row_begin, size_t row_end)
{
    const IoptWindow *const w = &work->job->window;
    const size_t all = (work->job->channels + VEC - 1) / VEC;
    const size_t wanted = w->out_w < GOOD_WIDTH ? w->out_w : GOOD_WIDTH;
    size_t columns = MAX_COLUMNS;

    work->first = (w->kernel_w - 1) % w->stride_w;
    while (columns > 2 && (columns / 2 >= all || widest(work, columns) < wanted))
        columns /= 2;
    work->room = columns;
    const size_t most = widest(work, columns), parts = (w->out_w + most - 1) / most;

    for (size_t c = 0; c < all; c += columns) {
        work->columns = all - c < columns ? all - c : columns;
        for (size_t i = 0; i < work->columns; i++)
            work->column[i] = column_at(work->job, (c + i) * VEC);
        for (size_t part = 0; part < parts; part++) {
            work->ox = w->out_w * part / parts;
            work->width = w->out_w * (part + 1) / parts - work->ox;
            work->positions = work->width + (w->kernel_w - 1 - work->first) / w->stride_w;
            some_rows(work, fn, x, row_begin, row_end);
        }
    }
}

/* One output pixel of a column, any window. */
static void one_pixel(const Work *work, const Column *column, const uint8_t *image, size_t row,
                      size_t ox)
{
    const IoptDwconvS8Job *const job = work->job;
    const IoptWindow *const w = &job->window;
    const IoptTaps ty = iopt_window_taps_y(w, row % w->out_h), tx = iopt_window_taps_x(w, ox);
    const VecInt *weights = column->weights;
    VecInt sum = column->bias;

    for (size_t ky = 0; ky < w->kernel_h; ky++, weights += work->groups)
        for (size_t kx = 0; kx < w->kernel_w; kx++) {
            const IoptPlace place = iopt_dwconv_s8_place(w->kernel_w, TAPS, kx);
            const size_t iy = ty.at + (ky - ty.begin) * w->dilation_h;
            const size_t ix = tx.at + (kx - tx.begin) * w->dilation_w;
            const bool inside = ky >= ty.begin && ky < ty.end && kx >= tx.begin && kx < tx.end;
            const uint8_t *const x =
                inside ? image + (ptrdiff_t)(iy * w->in_w + ix) * job->x_stride : job->zeros;
            VecInt gathered = vec_u8_load(x + column->channel);
            for (size_t p = 0; p < place.place; p++)
                gathered = VEC_INT(slli_epi32)(gathered, 32 / TAPS);
            add_products(&sum, gathered, weights[place.group]);
        }
    finish(work, column, (ptrdiff_t)(row * w->out_w + ox), &sum, 1);
}

static void by_pixels(const Work *work, const uint8_t *x, size_t row_begin, size_t row_end)
{
    const IoptWindow *const w = &work->job->window;
    const ptrdiff_t image_elems = (ptrdiff_t)(w->in_h * w->in_w) * work->job->x_stride;

    for (size_t c = 0; c < work->job->channels; c += VEC) {
        const Column column = column_at(work->job, c);
        for (size_t row = row_begin; row < row_end; row++)
            for (size_t ox = 0; ox < w->out_w; ox++)
                one_pixel(work, &column, x + (ptrdiff_t)(row / w->out_h) * image_elems, row, ox);
    }
}

void IOPT_VEC_NAME(iopt_dwconv_s8)(const IoptDwconvS8Job *job, const uint8_t *x, void *y,
                                   size_t row_begin, size_t row_end)
{
    RowFn *const fn = choose_row(&job->window);
    Work work;

    if (job->multiplier != 1) { /* packed for this too */
        iopt_dwconv_s8_c(job, x, y, row_begin, row_end);
        return;
    }
    work.job = job;
    work.y = y;
    work.end = vec_ready_end_of_four(&job->end);
    work.plain = job->end.type == IOPT_S8_OUT_U8 && !job->residual;
    work.groups = iopt_dwconv_s8_groups(job->window.kernel_w, TAPS);
    if (fn)
        by_lines(&work, fn, x, row_begin, row_end);
    else
        by_pixels(&work, x, row_begin, row_end);
}
