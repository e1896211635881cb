/* The demo model: what TensorFlow answered for its images, we answer too, before and after the
 * float recipe; and the recipe leaves nothing of what training left behind. */
#include <stdio.h>

#include "formats/graphdef.h"
#include "iopt/engine.h"
#include "measure/loader.h"
#include "passes/pipeline.h"
#include "t.h"

enum { IMAGES = 500, BATCH = 50, CLASSES = 10 };

static const char *demo_path(const char *name)
{
    return t_path(t_path(IOPT_TEST_MODELS, "demo"), name);
}

static IoptGraph *load_demo(Test *t)
{
    IoptGraph *graph;
    IoptValue softmax;

    T_OK(t, iopt_graphdef_load(demo_path("fashion.pb"), &graph, &t->err));
    T_OK(t, iopt_graph_find_value(graph, "softmax:0", &softmax, &t->err));
    T_OK(t, iopt_graph_set_outputs(graph, &softmax, 1, &t->err));
    return graph;
}

static void optimize(Test *t, IoptGraph **graph)
{
    const IoptRecipe *const recipe = iopt_recipe_find("float");
    const IoptPipelineOptions options = { 0 };
    IoptPassLog log = { 0 };

    T_CHECK(t, recipe != NULL);
    T_OK(t, iopt_pipeline_run(graph, recipe->passes, recipe->count, &options, &log, &t->err));
    for (size_t i = 0; i < log.count; i++)
        if (log.entries[i].outcome == IOPT_PASS_REVERTED)
            T_FAIL(t, "%s: %s", log.entries[i].pass, log.entries[i].note);
    iopt_pass_log_free(&log);
}

/* The caller closes *dataset behind the loader. */
static IoptLoader *open_images(Test *t, IoptDataset **dataset)
{
    const IoptDatasetOptions data = { .label_offset = IOPT_LABEL_OFFSET_AUTO,
                                      .classes = CLASSES,
                                      .limit = IMAGES,
                                      .labels_required = true };
    IoptLoaderOptions options = { .batch = BATCH,
                                  .preprocess = { .height = 28, .width = 28, .channels = 3 } };
    IoptLoader *loader;

    T_OK(t, iopt_preprocess_preset(&options.preprocess, "unit", &t->err));
    T_OK(t, iopt_dataset_open(demo_path("fashion-test.tfrecord"), &data, dataset, &t->err));
    T_OK(t, iopt_loader_create(*dataset, &options, &loader, &t->err));
    return loader;
}

static size_t greatest(const float *values, size_t count)
{
    size_t best = 0;

    for (size_t i = 1; i < count; i++)
        if (values[i] > values[best])
            best = i;
    return best;
}

/* Compares a batch with the next lines of top1.tsv: index, label, top-1, margin. */
static void compare_batch(Test *t, const IoptBatch *batch, const IoptTensor *probabilities,
                          FILE *answers)
{
    const float *const p = probabilities->data;

    for (size_t i = 0; i < batch->count; i++) {
        size_t index, label, top1;

        T_SAME_INT(t, fscanf(answers, "%zu %zu %zu %*s", &index, &label, &top1), 3);
        T_SAME_INT(t, batch->indices[i], index);
        T_SAME_INT(t, batch->targets[i], label);
        if (greatest(p + i * CLASSES, CLASSES) != top1)
            T_FAIL(t, "image %zu: TensorFlow says %zu, we say %zu", index, top1,
                   greatest(p + i * CLASSES, CLASSES));
    }
}

static void answers_as_tensorflow(Test *t, const IoptGraph *graph)
{
    const IoptPlanOptions options = { .threads = 2, .batch = BATCH };
    IoptPlan *plan;
    IoptRun *run;
    IoptDataset *dataset;
    IoptLoader *const loader = open_images(t, &dataset);
    FILE *const answers = fopen(demo_path("top1.tsv"), "r");
    const IoptBatch *batch;
    size_t images = 0;

    T_CHECK(t, answers && fscanf(answers, "%*[^\n]") == 0);
    T_OK(t, iopt_plan_create(graph, &options, &plan, &t->err));
    T_CHECK(t, iopt_plan_interpreted(plan) == NULL); /* its time is worth comparing */
    T_OK(t, iopt_run_create(plan, &run, &t->err));
    for (;;) {
        IoptTensor *probabilities;

        T_OK(t, iopt_loader_next(loader, &batch, &t->err));
        if (!batch)
            break;
        const IoptTensor *const in = &batch->images;
        T_OK(t, iopt_run_new(run, &in, &probabilities, &t->err));
        compare_batch(t, batch, probabilities, answers);
        iopt_tensor_destroy(probabilities);
        images += batch->count;
    }
    T_SAME_INT(t, images, IMAGES);
    (void)fclose(answers);
    iopt_loader_destroy(loader);
    iopt_dataset_close(dataset);
    iopt_run_destroy(run);
    iopt_plan_destroy(plan);
}

static void as_trained_it_answers_as_tensorflow(Test *t)
{
    IoptGraph *const graph = load_demo(t);

    answers_as_tensorflow(t, graph);
    iopt_graph_destroy(graph);
}

static void optimized_it_answers_as_tensorflow(Test *t)
{
    IoptGraph *graph = load_demo(t);

    optimize(t, &graph);
    answers_as_tensorflow(t, graph);
    iopt_graph_destroy(graph);
}

static void the_float_recipe_leaves_what_computes(Test *t)
{
    static const char computes[] = "Placeholder|Const|Conv2D|DepthwiseConv2dNative|BiasAdd|Relu|"
                                   "Relu6|Add|AddV2|MaxPool|Mean|MatMul|Softmax";
    IoptGraph *graph = load_demo(t);

    T_SAME_INT(t, graph->n_nodes, 302);
    optimize(t, &graph);
    for (size_t i = 0; i < graph->n_nodes; i++)
        if (!iopt_op_in(graph->nodes[i]->op, computes))
            T_FAIL(t, "%s '%s' is left", graph->nodes[i]->op, graph->nodes[i]->name);
    T_SAME_INT(t, graph->n_nodes, 50);
    iopt_graph_destroy(graph);
}

const TestCase tests_demo[] = {
    TEST(as_trained_it_answers_as_tensorflow),
    TEST(optimized_it_answers_as_tensorflow),
    TEST(the_float_recipe_leaves_what_computes),
    { 0 },
};
