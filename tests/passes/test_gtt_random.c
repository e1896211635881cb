/* Random networks through random lists of graph transforms: the outputs stay what they are, within
 * what the transforms state, the result is a graph that can be run, and transforms that have done
 * their work find nothing more to do.  IOPT_RANDOM_GRAPHS=20000 tries so many networks, beginning
 * with number IOPT_RANDOM_FIRST. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/t_engine.h"
#include "passes/gtt/gtt_driver.h"
#include "t_graph.h"
#include "t_gtt.h"
#include "t_random_graph.h"

enum { GRAPHS = 80, MAX_STEPS = 5, OUTPUTS = 2 };

typedef enum Exactness { SAME_BITS, ROUNDING, LOSSY } Exactness;

typedef struct Choice {
    const char *text;
    Exactness exactness;
    bool again_nothing; /* its own result stays as it is; not where matches may not overlap, for
                         * then the rest is found the next time */
} Choice;

static const Choice choices[] = {
    { "add_default_attributes", SAME_BITS, true },
    { "backport_concatv2", SAME_BITS, true },
    { "flatten_atrous_conv(keep_ports=true)", ROUNDING, false },
    { "fold_batch_norms(protect_outputs=true)", ROUNDING, false },
    { "fold_constants", SAME_BITS, false },
    { "fold_constants(ignore_errors=true, drop_stale_colocations=true)", SAME_BITS, false },
    { "fold_old_batch_norms", ROUNDING, true },
    { "fold_old_batch_norms(all_versions=true, protect_outputs=true)", ROUNDING, true },
    { "fuse_pad_and_conv", ROUNDING, false },
    { "fuse_resize_and_conv", ROUNDING, false },
    { "fuse_resize_pad_and_conv", ROUNDING, false },
    { "merge_duplicate_nodes", SAME_BITS, true },
    { "obfuscate_names", SAME_BITS, true },
    { "quantize_nodes(extended=true)", LOSSY, false },
    { "quantize_weights(minimum_size=8, safe_ranges=true)", LOSSY, true },
    { "quantize_weights(minimum_size=40)", LOSSY, true },
    { "remove_attribute(attribute_name=_class)", SAME_BITS, true },
    { "remove_control_dependencies", SAME_BITS, true },
    { "remove_device", SAME_BITS, true },
    { "remove_nodes(op=Identity, op=StopGradient)", SAME_BITS, true },
    { "rename_attribute(old_attribute_name=foo, new_attribute_name=bar)", SAME_BITS, true },
    { "round_weights(num_steps=4096, safe_ranges=true)", LOSSY, false },
    { "set_device(device=\"/cpu:0\")", SAME_BITS, true },
    { "sort_by_execution_order", SAME_BITS, false },
    { "strip_unused_nodes", SAME_BITS, true },
};

typedef struct Trial {
    Test *t;
    unsigned seed;
    uint32_t state;
    char *network;
    const Choice *steps[MAX_STEPS];
    size_t n_steps;
    char transforms[1024]; /* as far as they have run */
    const char *output_names[OUTPUTS];
    int output_ports[OUTPUTS];
} Trial;

static unsigned roll(Trial *trial, unsigned sides)
{
    trial->state = trial->state * 1664525u + 1013904223u;
    return (trial->state >> 10) % sides;
}

#define FAIL(trial, ...)                                                                    \
    do {                                                                                    \
        printf("network %u: %s\n%s", (trial)->seed, (trial)->transforms, (trial)->network); \
        T_FAIL((trial)->t, __VA_ARGS__);                                                    \
    } while (0)

/* --- running ---------------------------------------------------------------------------------- */

static void set_outputs(Trial *trial, IoptGraph *graph)
{
    IoptValue outputs[OUTPUTS];

    for (size_t i = 0; i < OUTPUTS; i++) {
        outputs[i].node = iopt_graph_find(graph, trial->output_names[i]);
        outputs[i].port = trial->output_ports[i];
        if (!outputs[i].node)
            FAIL(trial, "output %s is gone", trial->output_names[i]);
    }
    T_OK(trial->t, iopt_graph_set_outputs(graph, outputs, OUTPUTS, &trial->t->err));
}

/* The results of a list of nodes. */
static void compute(Trial *trial, const IoptNodeList *list, IoptTensor **out)
{
    Test *const t = trial->t;
    IoptGraph *graph;

    if (iopt_list_link(list, &graph, &t->err) != IOPT_OK)
        FAIL(trial, "the result is no graph: %s", t->err.text);
    set_outputs(trial, graph);
    t_eval(t, graph, out);
    iopt_graph_destroy(graph);
}

static void compare(Trial *trial, const char *what, const IoptTensor *before,
                    const IoptTensor *after, Exactness exactness)
{
    static const double bounds[] = { [SAME_BITS] = 0, [ROUNDING] = 1e-4, [LOSSY] = 0.6 };
    double largest = 1e-2, worst = 0;

    if (!iopt_shape_equal(&before->shape, &after->shape))
        FAIL(trial, "%s became %s", iopt_tensor_text(before).s, iopt_tensor_text(after).s);
    for (size_t i = 0; i < iopt_elems(before); i++) {
        const double want = (double)iopt_f32(before)[i], got = (double)iopt_f32(after)[i];
        if (!isfinite(got))
            FAIL(trial, "%g became %g", want, got);
        largest = fmax(largest, fabs(want));
        worst = fmax(worst, fabs(want - got));
    }
    const double step = exactness == LOSSY ? 0.3 : 0; /* of known ranges, and amplified */
    if (worst > bounds[exactness] * largest + step)
        FAIL(trial, "%s differ by %g of %g", what, worst, largest);
}

/* Both engines run the result, and agree about it. */
static void run_engines(Trial *trial, const IoptNodeList *list, Exactness exactness)
{
    static const IoptEngine engines[] = { IOPT_ENGINE_REFERENCE, IOPT_ENGINE_FAST };
    const IoptShape shape = iopt_shape(4, (const int64_t[]){ 2, 6, 6, 2 });
    Test *const t = trial->t;
    IoptTensor *const x = t_random(t, IOPT_F32, &shape, trial->seed);
    const bool codes = exactness == LOSSY || strstr(trial->network, "FakeQuant");
    IoptTensor *got[2][OUTPUTS];

    for (size_t i = 0; i < 2; i++) {
        const IoptPlanOptions options = { .engine = engines[i], .threads = 1 };
        IoptGraph *graph;
        T_OK(t, iopt_list_link(list, &graph, &t->err));
        set_outputs(trial, graph);
        const TFeed feed = { { iopt_graph_find(graph, "v0"), 0 }, x };
        IoptValue wanted[OUTPUTS];
        memcpy(wanted, graph->outputs, sizeof wanted);
        if (t_engine_run(graph, &options, &feed, 1, wanted, OUTPUTS, got[i], &t->err) != IOPT_OK)
            FAIL(trial, "engine %zu: %s", i, t->err.text);
        iopt_graph_destroy(graph);
    }
    for (size_t k = 0; k < OUTPUTS; k++) {
        compare(trial, "engines", got[0][k], got[1][k], codes ? LOSSY : ROUNDING);
        iopt_tensor_destroy(got[0][k]);
        iopt_tensor_destroy(got[1][k]);
    }
    iopt_tensor_destroy(x);
}

/* --- transforming ----------------------------------------------------------------------------- */

static IoptNodeList *transform(Trial *trial, const IoptNodeList *list, const char *text)
{
    static const char *const inputs[] = { "v0" };
    const IoptTransformContext context = {
        .inputs = inputs, .n_inputs = 1, .outputs = trial->output_names, .n_outputs = OUTPUTS
    };
    IoptGttCalls calls;
    IoptNodeList *after;

    T_OK(trial->t, iopt_gtt_parse(text, &calls, &trial->t->err));
    if (iopt_gtt_run(list, &calls, &context, &after, &trial->t->err) != IOPT_OK)
        FAIL(trial, "%s: %s", text, trial->t->err.text);
    iopt_gtt_calls_free(&calls);
    return after;
}

static void expect_nothing_more(Trial *trial, const IoptNodeList *once, const char *text)
{
    const TGttCompare order = { .any_order = true };
    IoptNodeList *const twice = transform(trial, once, text);
    IoptText out = { 0 };

    t_gtt_compare(twice, once, &order, &out);
    if (out.size)
        FAIL(trial, "%s finds something to do in its own result:\n%s", text, out.s);
    iopt_list_destroy(twice);
}

static void run_step(Trial *trial, IoptNodeList **list, const Choice *step)
{
    const size_t size = strlen(trial->transforms);

    (void)snprintf(trial->transforms + size, sizeof trial->transforms - size, " %s", step->text);
    IoptNodeList *const after = transform(trial, *list, step->text);
    if (step->again_nothing)
        expect_nothing_more(trial, after, step->text);
    iopt_list_destroy(*list);
    *list = after;
}

static void try_network(Trial *trial)
{
    Test *const t = trial->t;
    IoptTensor *before[OUTPUTS], *after[OUTPUTS];
    Exactness exactness = SAME_BITS;
    IoptNodeList *list;

    IoptGraph *const graph = t_graph(t, trial->network);
    for (size_t i = 0; i < OUTPUTS; i++) {
        trial->output_names[i] = graph->outputs[i].node->name;
        trial->output_ports[i] = graph->outputs[i].port;
    }
    t_eval(t, graph, before);
    T_OK(t, iopt_list_from_graph(graph, &list, &t->err));
    for (size_t i = 0; i < trial->n_steps; i++) {
        run_step(trial, &list, trial->steps[i]);
        if (trial->steps[i]->exactness > exactness)
            exactness = trial->steps[i]->exactness;
        compute(trial, list, after);
        for (size_t k = 0; k < OUTPUTS; k++) {
            compare(trial, "before and after", before[k], after[k], exactness);
            iopt_tensor_destroy(after[k]);
        }
    }
    run_engines(trial, list, exactness);
    for (size_t k = 0; k < OUTPUTS; k++)
        iopt_tensor_destroy(before[k]);
    iopt_list_destroy(list);
    iopt_graph_destroy(graph);
}

static unsigned setting(const char *name, unsigned otherwise)
{
    const char *const text = getenv(name);

    return text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

static void random_transforms_keep_the_outputs(Test *t)
{
    const unsigned first = setting("IOPT_RANDOM_FIRST", 1);
    const unsigned count = setting("IOPT_RANDOM_GRAPHS", GRAPHS);

    for (unsigned seed = first; seed < first + count; seed++) {
        Trial trial = { .t = t, .seed = seed, .state = seed * 2654435761u };
        trial.n_steps = 1 + roll(&trial, MAX_STEPS);
        for (size_t i = 0; i < trial.n_steps; i++)
            trial.steps[i] = &choices[roll(&trial, IOPT_COUNT(choices))];
        trial.network = t_random_old_graph(t, seed * 7919u, 3 + (int)roll(&trial, 8));
        try_network(&trial);
        free(trial.network);
    }
}

const TestCase tests_gtt_random[] = {
    TEST(random_transforms_keep_the_outputs),
    { 0 },
};
