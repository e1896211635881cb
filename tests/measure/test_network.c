/* A network gives the same rows whatever batches they come in, and a child process brings back what
 * its work left. */
#include "measure/network.h"

#include <string.h>

#include "formats/graphdef.h"
#include "platform/child.h"
#include "t.h"
#include "tensor/tensor.h"

enum { BATCH = 4, CLASSES = 10, PIXELS = 28 * 28 * 3 };

static IoptGraph *load_demo(Test *t)
{
    IoptGraph *graph;
    IoptValue input, softmax;

    T_OK(t, iopt_graphdef_load(t_path(IOPT_TEST_MODELS, "demo/fashion.pb"), &graph, &t->err));
    T_OK(t, iopt_graph_find_value(graph, "input:0", &input, &t->err));
    T_OK(t, iopt_graph_find_value(graph, "softmax:0", &softmax, &t->err));
    T_OK(t, iopt_graph_set_inputs(graph, &input, 1, &t->err));
    T_OK(t, iopt_graph_set_outputs(graph, &softmax, 1, &t->err));
    return graph;
}

static void a_smaller_last_batch_gives_the_same_rows(Test *t)
{
    const IoptPlanOptions options = { .threads = 2, .batch = BATCH };
    IoptGraph *const graph = load_demo(t);
    IoptNetwork *network;
    IoptTensor **inputs;
    IoptImageShape shape;
    float want[BATCH * CLASSES];
    uint64_t ns = 0;

    T_OK(t, iopt_network_create(graph, &options, &network, &t->err));
    T_OK(t, iopt_network_image_shape(network, &shape, &t->err));
    T_CHECK(t, shape.height == 28 && shape.width == 28 && shape.channels == 3);
    T_SAME_INT(t, shape.classes, CLASSES);
    T_OK(t, iopt_seeded_inputs(iopt_network_plan(network), 1, &inputs, &t->err));
    T_SAME_INT(t, inputs[0]->shape.dim[0], BATCH);
    T_OK(t, iopt_network_feed(network, (const IoptTensor *const *)inputs, &ns, &t->err));
    T_CHECK(t, ns > 0);
    memcpy(want, iopt_f32(iopt_network_output(network, 0)), sizeof want);
    for (int64_t rows = BATCH; rows >= 1; rows -= 2) { /* 4, 2: the second has a plan of its own */
        IoptTensor part = *inputs[0];
        const IoptTensor *const in = &part;
        part.owner = NULL;
        part.shape.dim[0] = rows;
        part.bytes = (size_t)rows * PIXELS * sizeof(float);
        T_OK(t, iopt_network_feed(network, &in, &ns, &t->err));
        const IoptTensor *const out = iopt_network_output(network, 0);
        T_SAME_INT(t, out->shape.dim[0], rows);
        for (size_t i = 0; i < (size_t)rows * CLASSES; i++)
            T_NEAR(t, iopt_f32(out)[i], want[i], 1e-6);
        iopt_network_rest(network);
    }
    iopt_seeded_inputs_free(inputs, 1);
    iopt_network_destroy(network);
    iopt_graph_destroy(graph);
}

/* A graph may fix its batch; then fewer images are filled up, and their rows are the same. */
static void a_fixed_batch_is_filled_up(Test *t)
{
    IoptShape shape = iopt_shape(4, (const int64_t[]){ BATCH, 28, 28, 3 });
    const IoptInputShape fixed = { "input", shape };
    const IoptPlanOptions options = { .threads = 1, .shapes = &fixed, .n_shapes = 1 };
    IoptGraph *const graph = load_demo(t);
    IoptNetwork *network;
    IoptTensor **inputs;
    float want[BATCH * CLASSES];

    T_OK(t, iopt_network_create(graph, &options, &network, &t->err));
    T_OK(t, iopt_seeded_inputs(iopt_network_plan(network), 1, &inputs, &t->err));
    T_OK(t, iopt_network_feed(network, (const IoptTensor *const *)inputs, NULL, &t->err));
    memcpy(want, iopt_f32(iopt_network_output(network, 0)), sizeof want);
    for (int64_t rows = BATCH; rows >= 1; rows--) {
        IoptTensor part = *inputs[0];
        const IoptTensor *const in = &part;
        part.owner = NULL;
        part.shape.dim[0] = rows;
        part.bytes = (size_t)rows * PIXELS * sizeof(float);
        T_OK(t, iopt_network_feed(network, &in, NULL, &t->err));
        const IoptTensor *const out = iopt_network_output(network, 0);
        T_SAME_INT(t, out->shape.dim[0], BATCH);
        T_CHECK(t, memcmp(iopt_f32(out), want, (size_t)rows * CLASSES * sizeof(float)) == 0);
    }
    IoptTensor wrong = *inputs[0];
    const IoptTensor *const in = &wrong;
    wrong.owner = NULL;
    wrong.shape.dim[0] = BATCH + 1;
    T_FAILS(t, iopt_network_feed(network, &in, NULL, &t->err), IOPT_INVALID_ARGUMENT,
            "got float[5,28,28,3]");
    iopt_seeded_inputs_free(inputs, 1);
    iopt_network_destroy(network);
    iopt_graph_destroy(graph);
}

static IoptStatus work_well(void *context, void *result, IoptError *err)
{
    (void)err;
    *(int *)context = 1; /* in the child's memory only */
    *(double *)result = 2.5;
    return IOPT_OK;
}

static IoptStatus work_badly(void *context, void *result, IoptError *err)
{
    (void)context, (void)result;
    return iopt_fail(err, IOPT_BAD_MODEL, "node '%s' is no good", "x");
}

static void children_bring_back_results_and_errors(Test *t)
{
    int mine = 0;
    double result = 0;

    T_OK(t, iopt_child_run(work_well, &mine, &result, sizeof result, &t->err));
    T_NEAR(t, result, 2.5, 0);
    T_SAME_INT(t, mine, 0);
    T_FAILS(t, iopt_child_run(work_badly, NULL, &result, sizeof result, &t->err), IOPT_BAD_MODEL,
            "node 'x' is no good");
    T_NEAR(t, result, 0, 0);
}

const TestCase tests_network[] = {
    TEST(a_smaller_last_batch_gives_the_same_rows),
    TEST(a_fixed_batch_is_filled_up),
    TEST(children_bring_back_results_and_errors),
    { 0 },
};
