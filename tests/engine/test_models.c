/* Whole nets against TensorFlow 1.15's probabilities, where the shared models are.
 *
 * The large ones are made by models/materialize.py; IOPT_MODELS names the folder they are in.  What
 * is not there is skipped, and said so.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/t_engine.h"
#include "formats/graphdef.h"
#include "formats/npy.h"
#include "platform/file.h"

typedef struct Model {
    const char *name, *golden, *output;
    int size;
} Model;

static const Model models[] = {
    { "efficientnet_lite0", "efficientnet_lite0", "Softmax", 224 },
    { "nsfw_mobilenet_v2", "nsfw_mobilenet_v2", "dense_3/Softmax", 224 },
    { "inception_v3_quarter", "inception_v3_quarter", "InceptionV3/Predictions/Reshape_1", 299 },
    { "inception_v3_quarter_phase_default", "inception_v3_quarter", "output", 299 },
    { "inception_v3_quarter_unfused", "inception_v3_quarter", "InceptionV3/Predictions/Reshape_1",
      299 },
    { "pnasnet_mobile", "pnasnet_mobile", "final_layer/predictions", 224 },
    { "pnasnet_mobile_nchw", "pnasnet_mobile", "final_layer/predictions", 224 },
    { "nsfw_inception_v3", "nsfw_inception_v3", "dense_3/Softmax", 299 },
    { "inception_v3", "inception_v3", "InceptionV3/Predictions/Reshape_1", 299 },
    { "resnet_v2_152", "resnet_v2_152", "resnet_v2_152/predictions/Reshape_1", 299 },
    { "pnasnet5_large", "pnasnet5_large", "final_layer/predictions", 331 },
};

/* The file in $IOPT_MODELS or among the shared models; false if there is none. */
static bool find_model(const Model *model, char *path, size_t size)
{
    const char *const folder = getenv("IOPT_MODELS");

    (void)snprintf(path, size, "%s/%s.pb", folder ? folder : ".", model->name);
    if (folder && iopt_path_kind(path) == IOPT_PATH_FILE)
        return true;
    (void)snprintf(path, size, "%s/models/%s.pb", t_shared_dir(), model->name);
    return iopt_path_kind(path) == IOPT_PATH_FILE;
}

static IoptTensor *read_golden(Test *t, const char *name)
{
    char path[1024];
    IoptTensor *tensor;

    (void)snprintf(path, sizeof path, "%s/models/golden/%s.npy", t_shared_dir(), name);
    T_OK(t, iopt_npy_read(path, IOPT_F32, &tensor, &t->err));
    return tensor;
}

static IoptTensor *run_model(Test *t, const Model *model, const char *path, IoptTensor *input)
{
    IoptGraph *graph;
    TFeed feed = { .tensor = input };
    IoptValue wanted;
    IoptTensor *out;

    T_OK(t, iopt_graphdef_load(path, &graph, &t->err));
    T_OK(t, iopt_graph_find_value(graph, model->output, &wanted, &t->err));
    for (size_t i = 0; i < graph->n_nodes; i++)
        if (iopt_is_op(graph->nodes[i], "Placeholder"))
            feed.value = (IoptValue){ graph->nodes[i], 0 };
    T_OK(t, t_engine_fast(graph, &feed, 1, &wanted, 1, &out, &t->err));
    iopt_graph_destroy(graph);
    return out;
}

static double largest_difference(Test *t, const IoptTensor *got, const IoptTensor *want)
{
    double worst = 0;

    T_SAME_INT(t, iopt_elems(got), iopt_elems(want));
    for (size_t i = 0; i < iopt_elems(want); i++) {
        const double difference = fabs(iopt_tensor_get_f64(got, i) - iopt_tensor_get_f64(want, i));
        T_CHECK(t, !isnan(difference));
        worst = fmax(worst, difference);
    }
    return worst;
}

static void check_model(Test *t, const Model *model, const char *path)
{
    char name[128];

    (void)snprintf(name, sizeof name, "input_%d", model->size);
    IoptTensor *input = read_golden(t, name);
    (void)snprintf(name, sizeof name, "%s.probabilities", model->golden);
    IoptTensor *want = read_golden(t, name);
    IoptTensor *got = run_model(t, model, path, input);
    const double worst = largest_difference(t, got, want);
    printf("model %-36s largest difference of a probability %.2g\n", model->name, worst);
    T_CHECK(t, worst < 2e-5);
    iopt_tensor_destroy(input);
    iopt_tensor_destroy(want);
    iopt_tensor_destroy(got);
}

static void probabilities_are_tensorflows(Test *t)
{
    char path[1024];

    for (size_t i = 0; t_shared_dir() && i < IOPT_COUNT(models); i++)
        if (find_model(&models[i], path, sizeof path))
            check_model(t, &models[i], path);
        else
            printf("model %-36s SKIPPED: not in $IOPT_MODELS\n", models[i].name);
}

const TestCase tests_models[] = {
    TEST(probabilities_are_tensorflows),
    { 0 },
};
