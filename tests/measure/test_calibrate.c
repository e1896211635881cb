/* Statistics of values: the numbers that pencil gives, whatever the batches and the threads. */
#include "measure/calibrate.h"

#include <math.h>
#include <string.h>

#include "ops/infer.h"
#include "t.h"
#include "t_graph.h"
#include "tensor/tensor.h"

enum { IMAGES = 7, PIXELS = 4 * 4 * 2 };

/* Gives `batch` images at a time of one tensor. */
typedef struct Feed {
    const IoptTensor *all;
    IoptTensor part;
    size_t batch, next;
} Feed;

static IoptStatus next_images(void *context, const IoptTensor **images, IoptError *err)
{
    Feed *const feed = context;
    const size_t left = (size_t)feed->all->shape.dim[0] - feed->next;
    const size_t count = left < feed->batch ? left : feed->batch;

    (void)err;
    feed->part = *feed->all;
    feed->part.owner = NULL;
    feed->part.data = (float *)feed->all->data + feed->next * PIXELS;
    feed->part.shape.dim[0] = (int64_t)count;
    feed->part.bytes = count * PIXELS * sizeof(float);
    feed->next += count;
    *images = count ? &feed->part : NULL;
    return IOPT_OK;
}

static const char text[] = "x = Placeholder() : f32[?,4,4,2]\n"
                           "w = Const(random 1) : f32[3,3,2,8]\n"
                           "c = Conv2D(x, w) padding=SAME strides=[1,1,1,1]\n"
                           "r = Relu(c)\n"
                           "n = Neg(r)\n"
                           "zero = Const(0) : f32[]\n"
                           "z = Mul(r, zero)\n"
                           "return n\n";
static const IoptWatch watches[] = { { .value = "x", .by_value = true, .by_channel = true },
                                     { .value = "c", .by_value = true },
                                     { .value = "r", .by_value = true, .by_channel = true },
                                     { .value = "z:0", .by_value = true, .by_channel = true } };

static IoptTensor *make_images(Test *t)
{
    const int64_t dims[] = { IMAGES, 4, 4, 2 };
    const IoptShape shape = iopt_shape(4, dims);

    return t_random(t, IOPT_F32, &shape, 3);
}

static void calibrate(Test *t, const IoptTensor *images, size_t batch, size_t threads,
                      IoptStatistics *out)
{
    IoptGraph *const graph = t_graph(t, text);
    Feed feed = { .all = images, .batch = batch };
    const IoptCalibrateRun run = { .graph = graph,
                                   .watches = watches,
                                   .n_watches = 4,
                                   .plan = { .threads = threads },
                                   .batch = batch,
                                   .next = next_images,
                                   .next_context = &feed };

    T_OK(t, iopt_calibrate(&run, out, &t->err));
    iopt_graph_destroy(graph);
}

static void what_is_fed_is_what_is_watched(Test *t)
{
    IoptTensor *const images = make_images(t);
    IoptStatistics statistics;
    double sums[2] = { 0 }, squares = 0;
    float least = 1, most = -1;

    calibrate(t, images, 3, 1, &statistics);
    for (size_t i = 0; i < IMAGES * PIXELS; i++) {
        const float x = iopt_f32(images)[i];
        sums[i % 2] += (double)x;
        squares += (double)x * (double)x;
        least = fminf(least, x);
        most = fmaxf(most, x);
    }
    const IoptWatched *const x = &statistics.values[0];
    T_SAME_INT(t, statistics.images, IMAGES);
    T_SAME_TEXT(t, x->value, "x");
    T_SAME_INT(t, x->histogram.count, IMAGES * PIXELS);
    T_CHECK(t, x->histogram.min == least && x->histogram.max == most);
    T_SAME_INT(t, x->channels, 2);
    T_NEAR(t, x->rows, IMAGES * 16, 0);
    T_NEAR(t, x->channel_sum[0], sums[0], 1e-9);
    T_NEAR(t, x->channel_sum[1], sums[1], 1e-9);
    T_NEAR(t, x->sum, sums[0] + sums[1], 1e-9);
    T_NEAR(t, x->squares, squares, 1e-9);
    const IoptWatched *const r = &statistics.values[2], *const z = &statistics.values[3];
    T_NEAR(t, r->histogram.min, 0, 0);
    T_CHECK(t, r->histogram.zeros > 0 && r->histogram.max == statistics.values[1].histogram.max);
    T_SAME_INT(t, statistics.values[1].channels, 0);
    T_SAME_INT(t, z->histogram.zeros, IMAGES * 16 * 8);
    T_NEAR(t, z->sum, 0, 0);
    iopt_statistics_free(&statistics);
    iopt_tensor_destroy(images);
}

static void batches_and_threads_change_no_bit(Test *t)
{
    IoptTensor *const images = make_images(t);
    IoptStatistics first, other;

    calibrate(t, images, 1, 1, &first);
    for (size_t batch = 1; batch <= IMAGES; batch++) {
        calibrate(t, images, batch, 1 + batch % 3, &other);
        for (size_t i = 0; i < first.n_values; i++) {
            const IoptWatched *const a = &first.values[i], *const b = &other.values[i];
            T_CHECK(t, a->sum == b->sum && a->squares == b->squares);
            T_CHECK(t, a->histogram.exponent == b->histogram.exponent);
            T_CHECK(t, memcmp(a->histogram.bins, b->histogram.bins,
                              IOPT_HISTOGRAM_BINS * sizeof *a->histogram.bins) == 0);
            T_CHECK(t, !a->channels || memcmp(a->channel_sum, b->channel_sum,
                                              2 * a->channels * sizeof(double)) == 0);
        }
        iopt_statistics_free(&other);
    }
    iopt_statistics_free(&first);
    iopt_tensor_destroy(images);
}

static void what_cannot_be_watched_is_named(Test *t)
{
    IoptGraph *const graph = t_graph(t, "x = Placeholder() : f32[?,2]\n"
                                        "i = Cast(x) SrcT=f32 DstT=i32\n"
                                        "return i\n");
    const IoptWatch absent = { .value = "xx", .by_value = true };
    const IoptWatch integer = { .value = "i", .by_value = true };
    IoptCalibrateRun run = { .graph = graph, .watches = &absent, .n_watches = 1, .batch = 1 };
    IoptStatistics statistics;

    T_FAILS(t, iopt_calibrate(&run, &statistics, &t->err), IOPT_INVALID_ARGUMENT, "xx");
    iopt_statistics_free(&statistics);
    run.watches = &integer;
    T_FAILS(t, iopt_calibrate(&run, &statistics, &t->err), IOPT_INVALID_ARGUMENT, "int32");
    iopt_statistics_free(&statistics);
    iopt_graph_destroy(graph);
}

/* Two channels of six places each: -3 .. 2 and 10 everywhere. */
static IoptStatus next_planes(void *context, const IoptTensor **out, IoptError *err)
{
    const IoptTensor **const left = context;

    (void)err;
    *out = *left;
    *left = NULL;
    return IOPT_OK;
}

static void channels_may_come_first(Test *t)
{
    IoptGraph *const graph = t_graph(t, "x = Placeholder() : f32[1,2,2,3]\nreturn x\n");
    const IoptWatch watch = { .value = "x", .by_channel = true, .channels_first = true };
    const int64_t dims[] = { 1, 2, 2, 3 };
    const IoptShape shape = iopt_shape(4, dims);
    IoptStatistics statistics;
    IoptTensor *x;

    T_OK(t, iopt_tensor_create(IOPT_F32, &shape, &x, &t->err));
    for (size_t i = 0; i < 12; i++)
        iopt_f32_mut(x)[i] = i < 6 ? (float)i - 3 : 10;
    const IoptTensor *left = x;
    const IoptCalibrateRun run = { .graph = graph,
                                   .watches = &watch,
                                   .n_watches = 1,
                                   .plan = { .threads = 1 },
                                   .batch = 1,
                                   .next = next_planes,
                                   .next_context = &left };
    T_OK(t, iopt_calibrate(&run, &statistics, &t->err));
    const IoptWatched *const watched = &statistics.values[0];
    T_SAME_INT(t, watched->channels, 2);
    T_NEAR(t, watched->rows, 6, 0);
    T_NEAR(t, watched->channel_sum[0], -3, 0);
    T_NEAR(t, watched->channel_squares[0], 9 + 4 + 1 + 0 + 1 + 4, 0);
    T_NEAR(t, watched->channel_peak[0], 3, 0);
    T_NEAR(t, watched->channel_sum[1], 60, 0);
    T_NEAR(t, watched->channel_peak[1], 10, 0);
    iopt_statistics_free(&statistics);
    iopt_tensor_destroy(x);
    iopt_graph_destroy(graph);
}

static void memory_is_bounded_by_the_batch(Test *t)
{
    IoptGraph *const graph = t_graph(t, "x = Placeholder() : f32[?,4096,4096,2]\n"
                                        "y = Relu(x)\n"
                                        "axes = Const(1 2) : i32[2]\n"
                                        "m = Mean(y, axes)\n"
                                        "return m\n");
    const IoptInferOptions infer = { .fold = true };
    const IoptWatch large = { .value = "y", .by_value = true };
    const IoptWatch small = { .value = "m", .by_channel = true };

    T_OK(t, iopt_graph_infer(graph, &infer, &t->err));
    T_SAME_INT(t, iopt_calibrate_batch(graph, &large, 1), 1);
    T_SAME_INT(t, iopt_calibrate_batch(graph, &small, 1), 16);
    iopt_graph_destroy(graph);
}

const TestCase tests_calibrate[] = {
    TEST(what_is_fed_is_what_is_watched),  TEST(batches_and_threads_change_no_bit),
    TEST(what_cannot_be_watched_is_named), TEST(channels_may_come_first),
    TEST(memory_is_bounded_by_the_batch),  { 0 },
};
