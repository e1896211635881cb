/* Refining on images: the network errs less, and the same bits come out however images are batched.
 */
#include "measure/refine_weights.h"

#include "measure/network.h"
#include "t_quant.h"

static const char net[] = "x = Placeholder() : f32[?,12,12,3]\n"
                          "w = Const(random 1) : f32[3,3,3,8]\n"
                          "c = Conv2D(x, w) strides=[1,2,2,1] padding=SAME\n"
                          "r = Relu(c)\n"
                          "v = Const(random 2) : f32[3,3,8,1]\n"
                          "d = DepthwiseConv2dNative(r, v) strides=[1,1,1,1] padding=SAME\n"
                          "u = Const(random 3) : f32[1,1,8,6]\n"
                          "e = Conv2D(d, u) strides=[1,1,1,1] padding=VALID\n"
                          "return e\n";

enum { IMAGES = 12, PIXELS = 12 * 12 * 3 };

/* Images as photos are: each pixel near the one before. */
static IoptTensor *make_images(Test *t)
{
    const int64_t dims[4] = { IMAGES, 12, 12, 3 };
    const IoptShape shape = iopt_shape(4, dims);
    IoptTensor *images = t_random(t, IOPT_F32, &shape, 9);
    float *const x = iopt_f32_mut(images);

    for (size_t i = 3; i < iopt_elems(images); i++)
        x[i] = 0.3f * x[i] + 0.7f * x[i - 3];
    return images;
}

static double output_error(Test *t, const IoptGraph *g, const IoptGraph *q, const IoptTensor *x)
{
    const IoptPlanOptions options = { .threads = 1, .batch = IMAGES };
    IoptNetwork *before, *after;
    double sum = 0;

    T_OK(t, iopt_network_create(g, &options, &before, &t->err));
    T_OK(t, iopt_network_create(q, &options, &after, &t->err));
    T_OK(t, iopt_network_feed(before, &x, NULL, &t->err));
    T_OK(t, iopt_network_feed(after, &x, NULL, &t->err));
    const IoptTensor *const a = iopt_network_output(before, 0), *const b =
                                                                    iopt_network_output(after, 0);
    for (size_t i = 0; i < iopt_elems(a); i++) {
        const double e = (double)iopt_f32(a)[i] - (double)iopt_f32(b)[i];
        sum += e * e;
    }
    iopt_network_destroy(before);
    iopt_network_destroy(after);
    return sum;
}

static void refine(Test *t, IoptGraph *g, IoptQuantization *plan, const IoptInt8Options *options,
                   IoptTensor *const *batches, size_t n_batches, size_t most_bytes)
{
    const IoptRefineRun run = { .graph = g,
                                .techniques = options,
                                .plan = { .threads = 1 },
                                .batches = batches,
                                .n_batches = n_batches,
                                .windows = 16,
                                .most_bytes = most_bytes,
                                .seed = 1 };
    IoptRefineReport report;

    T_OK(t, iopt_refine_weights(&run, plan, &report, &t->err));
    T_SAME_INT(t, report.layers, 3);
    T_SAME_INT(t, report.too_large, 0);
    T_CHECK(t, report.mean_gain_db > 0);
}

static void outputs_err_less_on_images(Test *t)
{
    IoptInt8Options options = iopt_int8_options();
    IoptGraph *g = t_graph(t, net);
    IoptQuantization *plan = t_quant_plan(t, g, &options);
    IoptTensor *images = make_images(t);

    for (size_t i = 0; i < plan->n_points; i++) /* values so fine that only weights err */
        plan->points[i].bits = 16;
    T_OK(t, iopt_quantization_settle(plan, g, &options, &t->err));
    IoptGraph *q = t_quant_apply(t, g, plan, &options);
    const double before = output_error(t, g, q, images);
    iopt_graph_destroy(q);
    refine(t, g, plan, &options, &images, 1, 0);
    q = t_quant_apply(t, g, plan, &options);
    T_CHECK(t, output_error(t, g, q, images) < before);
    iopt_graph_destroy(q);
    iopt_tensor_destroy(images);
    iopt_quantization_destroy(plan);
    iopt_graph_destroy(g);
}

static void batches_and_groups_do_not_matter(Test *t)
{
    IoptInt8Options options = iopt_int8_options();
    IoptGraph *g = t_graph(t, net);
    IoptQuantization *a = t_quant_plan(t, g, &options), *b = t_quant_plan(t, g, &options);
    const int64_t half[4] = { IMAGES / 2, 12, 12, 3 };
    const IoptShape shape = iopt_shape(4, half);
    IoptTensor *images = make_images(t), *halves[2];

    for (size_t i = 0; i < 2; i++) {
        T_OK(t, iopt_tensor_create(IOPT_F32, &shape, &halves[i], &t->err));
        memcpy(halves[i]->data, iopt_f32(images) + i * (IMAGES / 2) * PIXELS, halves[i]->bytes);
    }
    refine(t, g, a, &options, &images, 1, 0);
    refine(t, g, b, &options, halves, 2, 4000); /* a run for each layer */
    for (size_t i = 0; i < a->n_layers; i++)
        T_CHECK(t, iopt_tensor_equal(a->layers[i].rounded, b->layers[i].rounded));
    for (size_t i = 0; i < 2; i++)
        iopt_tensor_destroy(halves[i]);
    iopt_tensor_destroy(images);
    iopt_quantization_destroy(a);
    iopt_quantization_destroy(b);
    iopt_graph_destroy(g);
}

const TestCase tests_refine_weights[] = {
    TEST(outputs_err_less_on_images),
    TEST(batches_and_groups_do_not_matter),
    { 0 },
};
