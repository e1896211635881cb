/* Calibrations as JSON, to be read and edited by people.
 *
 *     { "format": "inference-optimizer calibration", "version": 2,
 *       "model": "net.pb", "input": "x float[?,28,28,3]",
 *       "data": ..., "preprocessing": ..., "images": 300,
 *       "values": {
 *         "net/conv/Relu6": {
 *           "min": 0, "max": 6, "bits": 8, "method": "mse",
 *           "seen": { "min": 0, "max": 6, "count": 1e7, "zeros": 4e6, "nans": 0, "infinities": 0,
 *                     "mean": 0.4, "power": 0.9, "sqnr_db": 41.2, "cut": 0 } } },
 *       "input_means": { "net/conv": [ 0.1, 0.2 ] },
 *       "channel_factors": { "net/conv": [ 0.5, 1, 1.25 ] } }
 *
 * "min", "max" and "bits" count; without "bits" it is 8; "seen" may be left out.  Factors are what
 * the channels of layers were divided by; without any the graph was not equalized.
 */
#include <cjson/cJSON.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "measure/calibration.h"
#include "platform/file.h"

enum { VERSION = 2 };
static const char format_name[] = "inference-optimizer calibration";

/* Fields of "seen". */
static const struct {
    const char *name;
    size_t offset;
    bool is_float;
} seen_fields[] = {
    { "min", offsetof(IoptValueRange, seen_min), true },
    { "max", offsetof(IoptValueRange, seen_max), true },
    { "count", offsetof(IoptValueRange, count), false },
    { "zeros", offsetof(IoptValueRange, zeros), false },
    { "nans", offsetof(IoptValueRange, nans), false },
    { "infinities", offsetof(IoptValueRange, infinities), false },
    { "mean", offsetof(IoptValueRange, mean), false },
    { "power", offsetof(IoptValueRange, power), false },
    { "sqnr_db", offsetof(IoptValueRange, sqnr_db), false },
    { "cut", offsetof(IoptValueRange, cut), false },
};

/* --- writing ---------------------------------------------------------------------------------- */

/* null for what is no number */
static void add_number(cJSON *object, const char *key, double value, int digits)
{
    char text[40];

    (void)snprintf(text, sizeof text, "%.*g", digits, value);
    if (isfinite(value))
        (void)cJSON_AddRawToObject(object, key, text);
    else
        (void)cJSON_AddNullToObject(object, key);
}

/* The shortest digits that read back as the same float. */
static cJSON *float_item(float value)
{
    char text[40] = "";

    for (int digits = 6; digits <= 9; digits++) {
        (void)snprintf(text, sizeof text, "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value)
            break;
    }
    return cJSON_CreateRaw(text);
}

static void add_float(cJSON *object, const char *key, float value)
{
    (void)cJSON_AddItemToObject(object, key, float_item(value));
}

static void add_text(cJSON *object, const char *key, const char *text)
{
    if (text)
        (void)cJSON_AddStringToObject(object, key, text);
}

static void add_range(cJSON *values, const IoptValueRange *range)
{
    cJSON *const object = cJSON_AddObjectToObject(values, range->value);

    add_float(object, "min", range->min);
    add_float(object, "max", range->max);
    add_number(object, "bits", range->bits, 9);
    add_text(object, "method", range->method);
    cJSON *const seen = cJSON_AddObjectToObject(object, "seen");
    for (size_t i = 0; i < IOPT_COUNT(seen_fields); i++) {
        const char *const field = (const char *)range + seen_fields[i].offset;
        if (seen_fields[i].is_float)
            add_float(seen, seen_fields[i].name, *(const float *)(const void *)field);
        else
            add_number(seen, seen_fields[i].name, *(const double *)(const void *)field, 7);
    }
}

static void add_numbers(cJSON *object, const char *key, const IoptChannelNumbers *numbers,
                        size_t count)
{
    cJSON *const layers = cJSON_AddObjectToObject(object, key);

    for (size_t i = 0; i < count; i++) {
        cJSON *const array = cJSON_AddArrayToObject(layers, numbers[i].layer);
        for (size_t c = 0; c < numbers[i].channels; c++)
            (void)cJSON_AddItemToArray(array, float_item(numbers[i].numbers[c]));
    }
}

static char *print(const IoptCalibration *calibration)
{
    cJSON *const object = cJSON_CreateObject();

    add_text(object, "format", format_name);
    add_number(object, "version", VERSION, 9);
    add_text(object, "model", calibration->model);
    add_text(object, "input", calibration->input);
    add_text(object, "data", calibration->data);
    add_text(object, "preprocessing", calibration->preprocessing);
    add_number(object, "images", (double)calibration->images, 15);
    cJSON *const values = cJSON_AddObjectToObject(object, "values");
    for (size_t i = 0; i < calibration->n_ranges; i++)
        add_range(values, &calibration->ranges[i]);
    add_numbers(object, "input_means", calibration->means, calibration->n_means);
    add_numbers(object, "channel_factors", calibration->factors, calibration->n_factors);
    char *const text = cJSON_Print(object);
    cJSON_Delete(object);
    return text;
}

static IoptStatus write_text(const char *path, const char *text, IoptError *err)
{
    IoptOutput *output;

    IOPT_TRY(iopt_output_open(path, &output, err));
    IoptStatus status = iopt_output_write(output, text, strlen(text), err);
    if (status == IOPT_OK)
        status = iopt_output_write(output, "\n", 1, err);
    if (status == IOPT_OK)
        return iopt_output_commit(output, err);
    iopt_output_abandon(output);
    return status;
}

IoptStatus iopt_calibration_save(const IoptCalibration *calibration, const char *path,
                                 IoptError *err)
{
    char *const text = print(calibration);

    if (!text)
        return iopt_fail_memory(err, calibration->n_ranges * 256);
    const IoptStatus status = write_text(path, text, err);
    cJSON_free(text);
    return status;
}

/* --- reading ---------------------------------------------------------------------------------- */

static IoptStatus syntax_error(const char *text, const char *at, IoptError *err)
{
    size_t line = 1, column = 1;

    for (; text < at; text++, column++)
        if (*text == '\n') {
            line++;
            column = 0;
        }
    return iopt_fail(err, IOPT_BAD_DATA, "line %zu, column %zu: this is no JSON", line, column);
}

/* A finite number that a float can hold. */
static IoptStatus read_number(const cJSON *object, const char *what, const char *name,
                              const char *field, double *out, IoptError *err)
{
    const cJSON *const item = cJSON_GetObjectItemCaseSensitive(object, field);

    if (!item)
        return iopt_fail(err, IOPT_BAD_DATA, "%s '%s' has no \"%s\"", what, name, field);
    if (!cJSON_IsNumber(item) || !(fabs(item->valuedouble) <= (double)FLT_MAX))
        return iopt_fail(err, IOPT_BAD_DATA, "%s '%s': \"%s\" is no number that a float can hold",
                         what, name, field);
    *out = item->valuedouble;
    return IOPT_OK;
}

static const char *read_text(const IoptCalibration *calibration, const cJSON *object,
                             const char *field)
{
    const char *const text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, field));

    return text ? iopt_arena_text(calibration->arena, text) : NULL;
}

/* What was seen is for the reader; what is not there, or no number, is not known. */
static void read_seen(const cJSON *object, IoptValueRange *range)
{
    const cJSON *const seen = cJSON_GetObjectItemCaseSensitive(object, "seen");

    range->sqnr_db = (double)INFINITY;
    for (size_t i = 0; i < IOPT_COUNT(seen_fields); i++) {
        const cJSON *const item = cJSON_GetObjectItemCaseSensitive(seen, seen_fields[i].name);
        char *const field = (char *)range + seen_fields[i].offset;
        if (!cJSON_IsNumber(item) || !(fabs(item->valuedouble) <= (double)FLT_MAX))
            continue;
        if (seen_fields[i].is_float)
            *(float *)(void *)field = (float)item->valuedouble;
        else
            *(double *)(void *)field = item->valuedouble;
    }
}

static IoptStatus read_range(IoptCalibration *calibration, const cJSON *object, IoptError *err)
{
    static const char what[] = "value";
    const char *const name = object->string;
    IoptValueRange range = { .value = iopt_arena_text(calibration->arena, name) };
    double min, max, bits = 8;

    if (!range.value)
        return iopt_fail_memory(err, strlen(name));
    if (!cJSON_IsObject(object))
        return iopt_fail(err, IOPT_BAD_DATA, "value '%s' is no object with \"min\" and \"max\"",
                         name);
    IOPT_TRY(read_number(object, what, name, "min", &min, err));
    IOPT_TRY(read_number(object, what, name, "max", &max, err));
    if (cJSON_GetObjectItemCaseSensitive(object, "bits"))
        IOPT_TRY(read_number(object, what, name, "bits", &bits, err));
    if (min > max)
        return iopt_fail(err, IOPT_BAD_DATA, "value '%s': \"max\" is %g, below \"min\" %g", name,
                         max, min);
    if (bits != floor(bits) || bits < 8 || bits > 16)
        return iopt_fail(err, IOPT_BAD_DATA, "value '%s': \"bits\" is %g; want 8 .. 16", name,
                         bits);
    read_seen(object, &range);
    range.min = (float)min;
    range.max = (float)max;
    range.bits = (int)bits;
    range.method = read_text(calibration, object, "method");
    range.method = range.method ? range.method : "given";
    calibration->ranges[calibration->n_ranges++] = range;
    return IOPT_OK;
}

/* Layers' arrays under a key, which may be missing. */
static IoptStatus read_numbers(IoptArena *arena, const cJSON *object, const char *key,
                               IoptChannelNumbers **out, size_t *n_out, IoptError *err)
{
    const cJSON *const layers = cJSON_GetObjectItemCaseSensitive(object, key);
    const cJSON *array, *item;

    if (layers && !cJSON_IsObject(layers))
        return iopt_fail(err, IOPT_BAD_DATA, "\"%s\" is no object with a list per layer", key);
    *out = iopt_arena_alloc(arena, (size_t)cJSON_GetArraySize(layers), sizeof **out);
    if (!*out)
        return iopt_fail_memory(err, 0);
    cJSON_ArrayForEach(array, layers)
    {
        const size_t count = (size_t)cJSON_GetArraySize(array);
        const char *const layer = iopt_arena_text(arena, array->string ? array->string : "");
        float *const numbers = iopt_arena_alloc(arena, count, sizeof *numbers);
        size_t c = 0;
        if (!layer || !numbers)
            return iopt_fail_memory(err, count * sizeof *numbers);
        if (!cJSON_IsArray(array))
            return iopt_fail(err, IOPT_BAD_DATA, "%s '%s' is no array of numbers", key, layer);
        cJSON_ArrayForEach(item, array)
        {
            if (!cJSON_IsNumber(item) || !(fabs(item->valuedouble) <= (double)FLT_MAX))
                return iopt_fail(err, IOPT_BAD_DATA,
                                 "%s '%s': channel %zu is no number that a float can hold", key,
                                 layer, c);
            numbers[c++] = (float)item->valuedouble;
        }
        (*out)[(*n_out)++] = (IoptChannelNumbers){ layer, c, numbers };
    }
    return IOPT_OK;
}

static IoptStatus check_header(const cJSON *object, IoptError *err)
{
    const char *const name =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, "format"));
    const cJSON *const version = cJSON_GetObjectItemCaseSensitive(object, "version");

    if (!name || strcmp(name, format_name) != 0)
        return iopt_fail(err, IOPT_BAD_DATA, "\"format\" is not \"%s\"", format_name);
    if (!cJSON_IsNumber(version) || version->valuedouble != VERSION)
        return iopt_fail(err, IOPT_BAD_DATA, "\"version\": this program reads version %d", VERSION);
    if (!cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(object, "values")))
        return iopt_fail(err, IOPT_BAD_DATA, "\"values\" is no object with a range per value");
    return IOPT_OK;
}

static IoptStatus read_all(const cJSON *object, IoptCalibration *out, IoptError *err)
{
    const cJSON *const values = cJSON_GetObjectItemCaseSensitive(object, "values");
    const cJSON *const images = cJSON_GetObjectItemCaseSensitive(object, "images");
    const size_t n_values = (size_t)cJSON_GetArraySize(values);
    const cJSON *item;

    out->ranges = iopt_arena_alloc(out->arena, n_values, sizeof *out->ranges);
    if (!out->ranges)
        return iopt_fail_memory(err, n_values * sizeof *out->ranges);
    cJSON_ArrayForEach(item, values) IOPT_TRY(read_range(out, item, err));
    IOPT_TRY(read_numbers(out->arena, object, "input_means", &out->means, &out->n_means, err));
    IOPT_TRY(
        read_numbers(out->arena, object, "channel_factors", &out->factors, &out->n_factors, err));
    out->model = read_text(out, object, "model");
    out->input = read_text(out, object, "input");
    out->data = read_text(out, object, "data");
    out->preprocessing = read_text(out, object, "preprocessing");
    if (cJSON_IsNumber(images) && images->valuedouble >= 0 && images->valuedouble < 1e15)
        out->images = (size_t)images->valuedouble;
    return IOPT_OK;
}

static IoptStatus parse(const char *text, size_t size, IoptCalibration *out, IoptError *err)
{
    const char *end = text;
    cJSON *const object = cJSON_ParseWithLengthOpts(text, size, &end, false);

    if (!object)
        return syntax_error(text, end && end <= text + size ? end : text, err);
    while (end < text + size && *end && strchr(" \t\r\n", *end))
        end++;
    IoptStatus status =
        end < text + size ? syntax_error(text, end, err) : check_header(object, err);
    if (status == IOPT_OK)
        status = read_all(object, out, err);
    cJSON_Delete(object);
    return status;
}

IoptStatus iopt_calibration_load(const char *path, IoptCalibration *out, IoptError *err)
{
    IoptBuffer *file;

    *out = (IoptCalibration){ 0 };
    IOPT_TRY(iopt_arena_create(&out->arena, err));
    IOPT_TRY(iopt_file_map(path, &file, err));
    const IoptStatus status = parse(iopt_buffer_data(file), iopt_buffer_bytes(file), out, err);
    iopt_buffer_unref(file);
    return iopt_while(err, status, "calibration '%s'", path);
}
