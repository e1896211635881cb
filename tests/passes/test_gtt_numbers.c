/* What transformed graphs compute: golden cases of graph transforms, transformed by us, run by both
 * engines, and compared with what TensorFlow 1.15 computed from its own result.  IOPT_GTT chooses
 * cases as it does for gtt_golden. */
#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/t_engine.h"
#include "formats/npy.h"
#include "platform/file.h"
#include "t_gtt_case.h"
#include "tensor/tensor.h"

enum { MAX_VALUES = 16 };

/* Relative to the largest element.  Where codes follow sums of floats, whose last bits are
 * everybody's own, a code may become its neighbour, and random networks make much of that:
 * TensorFlow 2.15 is up to 0.008 away from 1.15 on some of them. */
static const double tolerance = 2e-5, tolerance_of_coded_nets = 0.1;

typedef struct Count {
    const char *engine_name;
    IoptEngine engine;
    size_t passed, failed, not_binding;
    size_t finite;     /* TensorFlow has NaN and we have numbers */
    size_t with_loops; /* while loops are not for this engine */
} Count;

typedef struct Values {
    size_t n_fed, n_wanted;
    IoptTensor *fed[MAX_VALUES], *got[MAX_VALUES];
    TFeed feeds[MAX_VALUES];
    IoptValue wanted[MAX_VALUES];
} Values;

static bool is_chosen(const char *shown)
{
    const char *const filter = getenv("IOPT_GTT");
    char group[128];

    (void)snprintf(group, sizeof group, "%.*s", (int)strcspn(shown, "/"), shown);
    return !filter || fnmatch(filter, group, 0) == 0 || fnmatch(filter, shown, 0) == 0;
}

/* numpy has no quint8: what is fed has the type of what takes it. */
static IoptStatus read_feed(const char *folder, const char *file, const IoptNode *node,
                            IoptTensor **out, IoptError *err)
{
    return iopt_npy_read(t_path(folder, file), iopt_attr_type(node, "dtype", IOPT_DTYPE_NONE), out,
                         err);
}

static IoptStatus find_values(const TGttCase *c, IoptGraph *graph, Values *values, IoptError *err)
{
    const cJSON *feeds = cJSON_GetObjectItem(c->json, "feeds_after"), *item;

    if (!feeds)
        feeds = cJSON_GetObjectItem(c->json, "feeds");
    cJSON_ArrayForEach(item, feeds)
    {
        TFeed *const feed = &values->feeds[values->n_fed];
        if (values->n_fed == MAX_VALUES)
            return iopt_fail(err, IOPT_BAD_DATA, "more than %d inputs", MAX_VALUES);
        /* What is fed may have become unused, and is gone then. */
        if (iopt_graph_find_value(graph, item->string, &feed->value, err) != IOPT_OK)
            continue;
        IOPT_TRY(read_feed(c->folder, item->valuestring, feed->value.node,
                           &values->fed[values->n_fed], err));
        feed->tensor = values->fed[values->n_fed++];
    }
    cJSON_ArrayForEach(item, cJSON_GetObjectItem(c->json, "fetches"))
    {
        if (values->n_wanted == MAX_VALUES)
            return iopt_fail(err, IOPT_BAD_DATA, "more than %d outputs", MAX_VALUES);
        IOPT_TRY(iopt_graph_find_value(graph, item->valuestring, &values->wanted[values->n_wanted],
                                       err));
        values->n_wanted++;
    }
    return IOPT_OK;
}

/* All of `want` is NaN and nothing of `got`: a range that is one denormal wide, which TensorFlow
 * takes for zero and divides by. */
static bool is_better(const IoptTensor *got, const IoptTensor *want)
{
    bool better = iopt_elems(want) > 0;

    for (size_t i = 0; i < iopt_elems(want); i++)
        better =
            better && isnan(iopt_tensor_get_f64(want, i)) && isfinite(iopt_tensor_get_f64(got, i));
    return better;
}

static IoptStatus compare(const IoptTensor *got, const IoptTensor *want, double bound, bool *better,
                          IoptError *err)
{
    double largest = 1, worst = 0;

    if (got->dtype != want->dtype || !iopt_shape_equal(&got->shape, &want->shape))
        return iopt_fail(err, IOPT_BOUND_MISSED, "want %s, got %s", iopt_tensor_text(want).s,
                         iopt_tensor_text(got).s);
    if (got->dtype == IOPT_STRING)
        return iopt_tensor_equal(got, want) ? IOPT_OK
                                            : iopt_fail(err, IOPT_BOUND_MISSED, "other strings");
    for (size_t i = 0; i < iopt_elems(want); i++) {
        const double x = iopt_tensor_get_f64(got, i), y = iopt_tensor_get_f64(want, i);
        if (x == y || (isnan(x) && isnan(y)))
            continue;
        largest = fmax(largest, isfinite(y) ? fabs(y) : 0);
        worst = isfinite(x) && isfinite(y) ? fmax(worst, fabs(x - y)) : INFINITY;
    }
    if (worst <= bound * largest || (*better = is_better(got, want)))
        return IOPT_OK;
    return iopt_fail(err, IOPT_BOUND_MISSED, "differs by %g, the largest is %g", worst, largest);
}

static IoptStatus compare_all(const TGttCase *c, const Values *values, bool *better, IoptError *err)
{
    const bool coded_net = strstr(c->folder, "/nets/") && strstr(c->transforms, "quantize_nodes");
    const double bound = coded_net ? tolerance_of_coded_nets : tolerance;

    for (size_t i = 0; i < values->n_wanted; i++) {
        char file[32];
        IoptTensor *want;

        (void)snprintf(file, sizeof file, "after_%zu.npy", i);
        IOPT_TRY(iopt_npy_read(t_path(c->folder, file), values->got[i]->dtype, &want, err));
        const IoptStatus status = compare(values->got[i], want, bound, better, err);
        iopt_tensor_destroy(want);
        IOPT_TRY(iopt_while(err, status, "output %zu", i));
    }
    return IOPT_OK;
}

static IoptStatus run_graph(const TGttCase *c, IoptGraph *graph, const Count *count, bool *better,
                            IoptError *err)
{
    const IoptPlanOptions options = { .engine = count->engine, .threads = 1 };
    Values values = { 0 };

    IoptStatus status = find_values(c, graph, &values, err);
    if (status == IOPT_OK)
        status = t_engine_run(graph, &options, values.feeds, values.n_fed, values.wanted,
                              values.n_wanted, values.got, err);
    if (status == IOPT_OK) {
        status = compare_all(c, &values, better, err);
        for (size_t i = 0; i < values.n_wanted; i++)
            iopt_tensor_destroy(values.got[i]);
    }
    for (size_t i = 0; i < values.n_fed; i++)
        iopt_tensor_destroy(values.fed[i]);
    return status;
}

static void run_case(const char *folder, const char *shown, void *user)
{
    Count *const count = user;
    TGttCase c = { .folder = folder };
    IoptGttCalls calls = { 0 };
    IoptGraph *graph = NULL;
    bool better = false;

    if (!is_chosen(shown) || iopt_path_kind(t_path(folder, "after_0.npy")) != IOPT_PATH_FILE)
        return;
    if (t_gtt_case_load(&c)) {
        c.status = iopt_gtt_parse(c.transforms, &calls, &c.err);
        if (c.status == IOPT_OK)
            t_gtt_case_run(&c, &calls);
        if (c.status == IOPT_OK)
            c.status = iopt_list_link(c.out, &graph, &c.err);
        if (c.status == IOPT_OK)
            c.status = run_graph(&c, graph, count, &better, &c.err);
    }
    if (c.status == IOPT_OK) {
        count->passed++;
        count->finite += better;
    } else if (c.status == IOPT_UNSUPPORTED && strstr(c.err.text, "op 'Enter'")) {
        count->with_loops++;
    } else if (c.json && strstr(t_gtt_case_text(&c, "note"), "undefined upstream")) {
        count->not_binding++;
    } else {
        count->failed++;
        printf("gtt numbers %s, %s: %s\n", shown, count->engine_name, c.err.text);
    }
    iopt_graph_destroy(graph);
    iopt_gtt_calls_free(&calls);
    t_gtt_case_free(&c);
}

static size_t run_cases(Test *t, const char *root, IoptEngine engine, const char *engine_name)
{
    Count count = { .engine = engine, .engine_name = engine_name };
    char **groups;
    size_t n;

    T_OK(t, iopt_directory_list(root, &groups, &n, &t->err));
    for (size_t i = 0; i < n; i++)
        t_gtt_each_case(t, root, groups[i], run_case, &count);
    iopt_names_free(groups, n);
    printf("gtt numbers, %s: %zu passed (%zu finite where TensorFlow has NaN), %zu failed, "
           "%zu undefined upstream, %zu with loops\n",
           engine_name, count.passed, count.finite, count.failed, count.not_binding,
           count.with_loops);
    return count.failed;
}

static void run_engines(Test *t, const char *folder)
{
    char root[1024];

    (void)snprintf(root, sizeof root, "%s", folder); /* its buffer is used again and again */
    size_t failed = run_cases(t, root, IOPT_ENGINE_FAST, "fast");
    failed += run_cases(t, root, IOPT_ENGINE_REFERENCE, "reference");
    if (failed)
        T_FAIL(t, "%zu cases compute something else", failed);
}

static void committed_cases_compute_the_same(Test *t)
{
    run_engines(t, t_path(t_data_dir(), "gtt"));
}

static void shared_cases_compute_the_same(Test *t)
{
    if (t_shared_dir())
        run_engines(t, t_path(t_path(t_shared_dir(), "golden"), "gtt"));
}

const TestCase tests_gtt_numbers[] = {
    TEST(committed_cases_compute_the_same),
    TEST(shared_cases_compute_the_same),
    { 0 },
};
