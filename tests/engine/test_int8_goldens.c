/* Quantized graphs against TensorFlow's own values (tests/data/int8, tests/data/make/make_int8.py):
 * layer by layer, each fed what TensorFlow fed it, and whole nets.  Both engines. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "engine/t_engine.h"
#include "formats/graphdef.h"
#include "formats/npz.h"
#include "platform/file.h"

/* Layers whose sums or ties round otherwise: at most one value in a thousand, by one step.  What
 * leaves no quantizer is off by what rounding biases costs.  Over a whole net single steps add up;
 * one step of a logit is a twentieth of a probability. */
static const double most_steps = 0.001, float_tolerance = 1e-4, net_tolerance = 0.05;

enum { MOST_FEEDS = 8 };

typedef struct Case {
    const char *name;
    char folder[1024];
    cJSON *json;
    IoptNpz *values;
} Case;

typedef struct Count {
    size_t layers, values, steps; /* values that are a step away */
} Count;

static Case open_case(Test *t, const char *name)
{
    Case c = { .name = name };
    IoptBuffer *text;

    (void)snprintf(c.folder, sizeof c.folder, "%s/%s", t_path(t_data_dir(), "int8"), name);
    T_OK(t, iopt_file_map(t_path(c.folder, "case.json"), &text, &t->err));
    c.json = cJSON_ParseWithLength(iopt_buffer_data(text), iopt_buffer_bytes(text));
    iopt_buffer_unref(text);
    T_CHECK(t, c.json != NULL);
    T_OK(t, iopt_npz_open(t_path(c.folder, "values.npz"), &c.values, &t->err));
    return c;
}

static void close_case(Case *c)
{
    iopt_npz_close(c->values);
    cJSON_Delete(c->json);
}

static IoptTensor *read_values(Test *t, const Case *c, const char *name)
{
    const size_t index = iopt_npz_find(c->values, name);
    IoptTensor *tensor;

    T_CHECK(t, index != SIZE_MAX);
    T_OK(t, iopt_npz_read(c->values, index, IOPT_F32, &tensor, &t->err));
    return tensor;
}

/* --- running --------------------------------------------------------------------------------- */

typedef IoptStatus Engine(IoptGraph *graph, const TFeed *feeds, size_t n_feeds,
                          const IoptValue *wanted, size_t n_wanted, IoptTensor **out,
                          IoptError *err);

/* One value of the case's graph from an object of feeds: { "value": "name of its numbers" }. */
static IoptTensor *compute(Test *t, const Case *c, Engine *engine, const cJSON *fed,
                           const char *wanted)
{
    TFeed feeds[MOST_FEEDS];
    IoptTensor *tensors[MOST_FEEDS], *out;
    IoptValue value;
    IoptGraph *graph;
    const cJSON *item;
    size_t n = 0;

    T_OK(t, iopt_graphdef_load(t_path(c->folder, "graph.pb"), &graph, &t->err));
    cJSON_ArrayForEach(item, fed)
    {
        T_CHECK(t, n < MOST_FEEDS);
        feeds[n].tensor = tensors[n] = read_values(t, c, item->valuestring);
        T_OK(t, iopt_graph_find_value(graph, item->string, &feeds[n++].value, &t->err));
    }
    T_OK(t, iopt_graph_find_value(graph, wanted, &value, &t->err));
    T_OK(t, engine(graph, feeds, n, &value, 1, &out, &t->err));
    while (n > 0)
        iopt_tensor_destroy(tensors[--n]);
    iopt_graph_destroy(graph);
    return out;
}

static double largest(const IoptTensor *x)
{
    double most = 0;

    for (size_t i = 0; i < iopt_elems(x); i++)
        most = fmax(most, fabs(iopt_tensor_get_f64(x, i)));
    return most;
}

/* Counts the values that are a step away; fails on any that is more than that. */
static void compare(Test *t, const Case *c, const char *value, const IoptTensor *got,
                    const IoptTensor *want, double step, Count *count)
{
    const double rounding = step > 0 ? step / 100 : float_tolerance * largest(want);

    T_SAME_TEXT(t, iopt_tensor_text(got).s, iopt_tensor_text(want).s);
    for (size_t i = 0; i < iopt_elems(want); i++) {
        const double x = iopt_tensor_get_f64(got, i), y = iopt_tensor_get_f64(want, i);
        const double off = fabs(x - y);
        if (off <= rounding)
            continue;
        if (!(off <= step + rounding))
            T_FAIL(t, "%s, %s, element %zu: want %.9g, got %.9g; a step is %g", c->name, value, i,
                   y, x, step);
        count->steps++;
    }
    count->values += iopt_elems(want);
    count->layers++;
}

static void check_layers(Test *t, const Case *c, Engine *engine, Count *count)
{
    const cJSON *layer;

    cJSON_ArrayForEach(layer, cJSON_GetObjectItem(c->json, "layers"))
    {
        const char *const value = cJSON_GetObjectItem(layer, "value")->valuestring;
        IoptTensor *want = read_values(t, c, cJSON_GetObjectItem(layer, "want")->valuestring);
        IoptTensor *got = compute(t, c, engine, cJSON_GetObjectItem(layer, "feed"), value);
        compare(t, c, value, got, want, cJSON_GetObjectItem(layer, "step")->valuedouble, count);
        iopt_tensor_destroy(got);
        iopt_tensor_destroy(want);
    }
}

static void check_net(Test *t, const Case *c, Engine *engine)
{
    const cJSON *const outputs = cJSON_GetObjectItem(c->json, "outputs");
    cJSON *fed = cJSON_CreateObject();
    const cJSON *item;

    (void)cJSON_AddStringToObject(fed, cJSON_GetObjectItem(c->json, "input")->valuestring, "x");
    cJSON_ArrayForEach(item, outputs)
    {
        IoptTensor *want = read_values(t, c, item->valuestring);
        IoptTensor *got = compute(t, c, engine, fed, item->string);
        double worst = 0;
        for (size_t i = 0; i < iopt_elems(want); i++)
            worst = fmax(worst, fabs(iopt_tensor_get_f64(got, i) - iopt_tensor_get_f64(want, i)));
        if (!(worst <= net_tolerance * largest(want)))
            T_FAIL(t, "%s, %s: differs by %g, the largest is %g", c->name, item->string, worst,
                   largest(want));
        iopt_tensor_destroy(got);
        iopt_tensor_destroy(want);
    }
    cJSON_Delete(fed);
}

static void check_cases(Test *t, Engine *engine)
{
    char **names;
    size_t n;
    Count all = { 0 };

    T_OK(t, iopt_directory_list(t_path(t_data_dir(), "int8"), &names, &n, &t->err));
    T_CHECK(t, n > 10);
    for (size_t i = 0; i < n; i++) {
        Case c = open_case(t, names[i]);
        check_layers(t, &c, engine, &all);
        check_net(t, &c, engine);
        close_case(&c);
    }
    iopt_names_free(names, n);
    printf("int8 goldens: %zu of %zu values in %zu layers are a step away\n", all.steps, all.values,
           all.layers);
    T_CHECK(t, (double)all.steps <= most_steps * (double)all.values);
}

static void integers_are_tensorflows_values(Test *t)
{
    check_cases(t, t_engine_fast);
}

/* What is compared are integers: no layer that could be is in floats. */
static void all_layers_are_integers(Test *t)
{
    const IoptPlanOptions options = { .threads = 1, .batch = 1 };
    char **names;
    size_t n, layers = 0;

    T_OK(t, iopt_directory_list(t_path(t_data_dir(), "int8"), &names, &n, &t->err));
    for (size_t i = 0; i < n; i++) {
        const char *const folder = t_path(t_path(t_data_dir(), "int8"), names[i]);
        IoptGraph *graph;
        IoptValue output;
        IoptPlan *plan;

        T_OK(t, iopt_graphdef_load(t_path(folder, "graph.pb"), &graph, &t->err));
        T_OK(t, iopt_graph_find_value(graph, "y", &output, &t->err));
        T_OK(t, iopt_graph_set_outputs(graph, &output, 1, &t->err));
        T_OK(t, iopt_plan_create(graph, &options, &plan, &t->err));
        const IoptPlanInt8 int8 = iopt_plan_int8(plan);
        if (int8.in_floats > 0)
            T_FAIL(t, "%s: '%s' is in floats: %s", names[i], int8.node, int8.why);
        layers += int8.layers;
        iopt_plan_destroy(plan);
        iopt_graph_destroy(graph);
    }
    T_SAME_INT(t, layers, 72);
    iopt_names_free(names, n);
}

static void reference_gives_tensorflows_values(Test *t)
{
    check_cases(t, t_interpret);
}

const TestCase tests_int8_goldens[] = {
    TEST(integers_are_tensorflows_values),
    TEST(all_layers_are_integers),
    TEST(reference_gives_tensorflows_values),
    { 0 },
};
