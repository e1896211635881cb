/* Running one golden case: load, feed, interpret, compare. */
#include "t_golden.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "formats/graphdef.h"
#include "formats/npy.h"
#include "platform/file.h"
#include "t_interpret.h"

enum { MAX_VALUES = 32 }; /* fed or wanted by one case */

typedef struct Case {
    const char *folder;
    cJSON *json;
    IoptGraph *graph;
    IoptTensor *fed[MAX_VALUES], *got[MAX_VALUES];
    TFeed feeds[MAX_VALUES];
    IoptValue wanted[MAX_VALUES];
    size_t n_feeds, n_wanted;
} Case;

static bool has_tag(const Case *c, const char *tag)
{
    const cJSON *item;

    cJSON_ArrayForEach(item,
                       cJSON_GetObjectItem(c->json, "tags")) if (strcmp(item->valuestring, tag) ==
                                                                 0) return true;
    return false;
}

static bool wants_error(const Case *c)
{
    return cJSON_GetObjectItem(c->json, "error") != NULL;
}

static IoptDType dtype_of(const Case *c, const char *value)
{
    const cJSON *const name =
        cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItem(c->json, "dtypes"), value);
    return name ? iopt_dtype_from_name(name->valuestring) : IOPT_DTYPE_NONE;
}

static IoptStatus read_array(const Case *c, const cJSON *item, IoptTensor **out, IoptError *err)
{
    char path[1024];

    (void)snprintf(path, sizeof path, "%s/%s", c->folder, item->valuestring);
    return iopt_npy_read(path, dtype_of(c, item->string), out, err);
}

static IoptStatus read_json(Case *c, IoptError *err)
{
    char path[1024];
    IoptBuffer *text;

    (void)snprintf(path, sizeof path, "%s/case.json", c->folder);
    IOPT_TRY(iopt_file_map(path, &text, err));
    c->json = cJSON_ParseWithLength(iopt_buffer_data(text), iopt_buffer_bytes(text));
    iopt_buffer_unref(text);
    return c->json ? IOPT_OK : iopt_fail(err, IOPT_BAD_DATA, "%s is not JSON", path);
}

/* Loads the graph, reads the inputs and finds the outputs. */
static IoptStatus prepare(Case *c, IoptError *err)
{
    char path[1024];
    const cJSON *item;

    (void)snprintf(path, sizeof path, "%s/graph.pb", c->folder);
    IOPT_TRY(iopt_graphdef_load(path, &c->graph, err));
    cJSON_ArrayForEach(item, cJSON_GetObjectItem(c->json, "inputs"))
    {
        if (c->n_feeds == MAX_VALUES)
            return iopt_fail(err, IOPT_BAD_DATA, "more than %d inputs", MAX_VALUES);
        const size_t i = c->n_feeds;
        IOPT_TRY(read_array(c, item, &c->fed[i], err));
        c->n_feeds++;
        c->feeds[i].tensor = c->fed[i];
        IOPT_TRY(iopt_graph_find_value(c->graph, item->string, &c->feeds[i].value, err));
    }
    cJSON_ArrayForEach(item, cJSON_GetObjectItem(c->json, "outputs"))
    {
        if (c->n_wanted == MAX_VALUES)
            return iopt_fail(err, IOPT_BAD_DATA, "more than %d outputs", MAX_VALUES);
        IOPT_TRY(iopt_graph_find_value(c->graph, item->string, &c->wanted[c->n_wanted], err));
        c->n_wanted++;
    }
    return IOPT_OK;
}

/* --- comparing ------------------------------------------------------------------------------- */

typedef struct Tolerance {
    bool bits, exact;
    double codes, rtol, atol;
} Tolerance;

static double number(const cJSON *object, const char *name)
{
    const cJSON *const item = cJSON_GetObjectItem(object, name);
    return item ? item->valuedouble : 0;
}

static Tolerance tolerance_of(const Case *c)
{
    const cJSON *const t = cJSON_GetObjectItem(c->json, "tolerance");

    return (Tolerance){ .bits = cJSON_IsTrue(cJSON_GetObjectItem(t, "bits")),
                        .exact = cJSON_IsTrue(cJSON_GetObjectItem(t, "exact")),
                        .codes = number(t, "codes"),
                        .rtol = number(t, "rtol"),
                        .atol = number(t, "atol") };
}

/* TensorFlow 1.15's vector code leaves IEEE in some places, where both answers are right: the
 * roots and Softsign of infinity, the root of the largest float, the sign of NaN, the reciprocal
 * root of -0 and of a denormal. */
static bool is_known_quirk(const char *op, double got, double want)
{
    if (strcmp(op, "Sign") == 0)
        return isnan(got) && want == 0;
    if (strcmp(op, "Rsqrt") == 0 && isinf(want))
        return isinf(got) || got > 9e18;
    if (strcmp(op, "Sqrt") == 0 && want > 1e19)
        return got > 1e19;
    if (strcmp(op, "Sqrt") == 0 || strcmp(op, "Rsqrt") == 0 || strcmp(op, "Softsign") == 0)
        return isnan(want) && (isinf(got) || got == 0 || fabs(got) == 1);
    return false;
}

/* Whether element `i` came from a denormal, which TensorFlow's threads take for zero. */
static bool is_from_denormal(const Case *c, const IoptTensor *want, size_t i)
{
    for (size_t k = 0; k < c->n_feeds; k++) {
        const IoptTensor *const x = c->fed[k];
        if (x->dtype != IOPT_F32 || !iopt_shape_equal(&x->shape, &want->shape))
            continue;
        const double value = fabs(iopt_tensor_get_f64(x, i));
        if (value > 0 && value < 0x1p-126)
            return true;
    }
    return false;
}

static bool floats_agree(const Tolerance *t, double got, double want)
{
    const double tiny = 0x1p-126; /* TensorFlow flushes what is smaller to zero */

    if (isnan(got) || isnan(want))
        return isnan(got) && isnan(want);
    if (got == want || (fabs(got) < tiny && fabs(want) < tiny))
        return true;
    if (t->exact || isinf(got) || isinf(want))
        return false;
    return fabs(got - want) <= t->atol + t->rtol * fabs(want);
}

static bool same_bytes(const IoptTensor *a, const IoptTensor *b, size_t i)
{
    const size_t n = iopt_dtype_bytes(a->dtype);
    return memcmp((const char *)a->data + i * n, (const char *)b->data + i * n, n) == 0;
}

static bool same_strings(const IoptTensor *a, const IoptTensor *b, size_t i)
{
    const IoptBytes x = ((const IoptBytes *)a->data)[i], y = ((const IoptBytes *)b->data)[i];
    return x.size == y.size && (x.size == 0 || memcmp(x.data, y.data, x.size) == 0);
}

static bool elements_agree(const Tolerance *t, const IoptTensor *got, const IoptTensor *want,
                           size_t i, const char *op)
{
    if (got->dtype == IOPT_STRING)
        return same_strings(got, want, i);
    if (got->dtype == IOPT_C64 || got->dtype == IOPT_C128)
        return same_bytes(got, want, i);
    if (!iopt_dtype_is_float(got->dtype)) {
        const int64_t a = iopt_tensor_get_i64(got, i), b = iopt_tensor_get_i64(want, i);
        return a == b || fabs((double)a - (double)b) <= t->codes;
    }
    const double a = iopt_tensor_get_f64(got, i), b = iopt_tensor_get_f64(want, i);
    if (t->bits)
        return same_bytes(got, want, i) || (isnan(a) && isnan(b));
    return floats_agree(t, a, b) || is_known_quirk(op, a, b);
}

static int compare_numbers(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* TopK without `sorted` may give each row in any order. */
static IoptStatus sort_rows(IoptTensor *tensor, IoptError *err)
{
    const size_t n = iopt_elems(tensor);
    const int rank = tensor->shape.rank;
    const size_t length = rank > 0 ? (size_t)tensor->shape.dim[rank - 1] : 1;
    void *block;

    IOPT_TRY(iopt_alloc(&block, length, sizeof(double), err));
    double *const row = block;
    for (size_t at = 0; at < n; at += length) {
        for (size_t i = 0; i < length; i++)
            row[i] = iopt_tensor_get_f64(tensor, at + i);
        qsort(row, length, sizeof row[0], compare_numbers);
        for (size_t i = 0; i < length; i++)
            iopt_tensor_set_f64(tensor, at + i, row[i]);
    }
    free(block);
    return IOPT_OK;
}

static IoptStatus compare(const Case *c, const char *name, const IoptTensor *got,
                          const IoptTensor *want, IoptError *err)
{
    const Tolerance t = tolerance_of(c);
    const char *const op = cJSON_GetObjectItem(c->json, "op")->valuestring;
    size_t differ = 0, first = 0;

    if (got->dtype != want->dtype || !iopt_shape_equal(&got->shape, &want->shape))
        return iopt_fail(err, IOPT_BOUND_MISSED, "%s: want %s, got %s", name,
                         iopt_tensor_text(want).s, iopt_tensor_text(got).s);
    const size_t n = iopt_elems(got);
    for (size_t i = n; i-- > 0;)
        if (!elements_agree(&t, got, want, i, op) && !is_from_denormal(c, want, i)) {
            differ++;
            first = i;
        }
    if (differ == 0)
        return IOPT_OK;
    return iopt_fail(err, IOPT_BOUND_MISSED,
                     "%s: %zu of %zu differ, first at %zu: want %.9g, got %.9g", name, differ, n,
                     first, iopt_tensor_get_f64(want, first), iopt_tensor_get_f64(got, first));
}

static IoptStatus compare_all(const Case *c, IoptError *err)
{
    const char *const name = cJSON_GetObjectItem(c->json, "case")->valuestring;
    const bool is_unordered = strncmp(name, "unsorted", 8) == 0;
    const cJSON *item;
    size_t i = 0;

    cJSON_ArrayForEach(item, cJSON_GetObjectItem(c->json, "outputs"))
    {
        IoptTensor *want = NULL;
        IOPT_TRY(read_array(c, item, &want, err));
        IoptTensor *const got = c->got[i++];
        IoptStatus status = IOPT_OK;
        if (is_unordered) {
            status = sort_rows(want, err);
            if (status == IOPT_OK)
                status = sort_rows(got, err);
        }
        if (status == IOPT_OK)
            status = compare(c, item->string, got, want, err);
        iopt_tensor_destroy(want);
        IOPT_TRY(status);
    }
    return IOPT_OK;
}

/* --- the whole case -------------------------------------------------------------------------- */

static IoptStatus run(Case *c, IoptError *err)
{
    IOPT_TRY(prepare(c, err));
    IOPT_TRY(t_interpret(c->graph, c->feeds, c->n_feeds, c->wanted, c->n_wanted, c->got, err));
    return wants_error(c) || has_tag(c, "nan-order") ? IOPT_OK : compare_all(c, err);
}

static void judge(const Case *c, IoptStatus status, const IoptError *err, TGoldenResult *result)
{
    const bool missing = status == IOPT_UNSUPPORTED && strncmp(err->text, "no op ", 6) == 0;
    const bool broken = status == IOPT_BOUND_MISSED || status == IOPT_NO_MEMORY;

    (void)snprintf(result->text, sizeof result->text, "%s", missing ? err->text + 6 : err->text);
    if (missing) {
        result->outcome = T_GOLDEN_MISSING;
    } else if (has_tag(c, "tf-limit") || has_tag(c, "nan-order")) {
        result->outcome = broken ? T_GOLDEN_FAILED : T_GOLDEN_FREE;
    } else if (wants_error(c)) {
        result->outcome = status == IOPT_OK || broken ? T_GOLDEN_FAILED : T_GOLDEN_PASSED;
        if (status == IOPT_OK)
            (void)snprintf(result->text, sizeof result->text, "not refused");
    } else {
        result->outcome = status == IOPT_OK ? T_GOLDEN_PASSED : T_GOLDEN_FAILED;
    }
}

void t_golden_run(const char *folder, TGoldenResult *result)
{
    Case c = { .folder = folder };
    IoptError err = { 0 };

    IoptStatus status = read_json(&c, &err);
    if (status != IOPT_OK) {
        result->outcome = T_GOLDEN_FAILED;
        (void)snprintf(result->text, sizeof result->text, "%s", err.text);
        return;
    }
    status = run(&c, &err);
    judge(&c, status, &err, result);
    for (size_t i = 0; i < MAX_VALUES; i++) {
        iopt_tensor_destroy(c.fed[i]);
        iopt_tensor_destroy(c.got[i]);
    }
    iopt_graph_destroy(c.graph);
    cJSON_Delete(c.json);
}
