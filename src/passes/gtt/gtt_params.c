/* Parameters: texts to numbers, as strictly and as loosely as TensorFlow reads them. */
#include "passes/gtt/gtt_params.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#include "base/checked.h"

const IoptGttParam *iopt_gtt_param(const IoptTransformContext *context, const char *name)
{
    for (size_t i = 0; context->params && i < context->params->n; i++)
        if (strcmp(context->params->at[i].name, name) == 0)
            return &context->params->at[i];
    return NULL;
}

size_t iopt_gtt_param_count(const IoptTransformContext *context, const char *name)
{
    const IoptGttParam *const param = iopt_gtt_param(context, name);

    return param ? param->n_values : 0;
}

IoptStatus iopt_gtt_param_text(const IoptTransformContext *context, const char *name,
                               const char *fallback, const char **out, IoptError *err)
{
    const IoptGttParam *const param = iopt_gtt_param(context, name);

    *out = fallback;
    if (!param || param->n_values == 0)
        return IOPT_OK;
    if (param->n_values != 1)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "Expected a single '%s' parameter, but found %zu occurrences", name,
                         param->n_values);
    *out = param->values[0];
    return IOPT_OK;
}

/* The texts of numbers may have blanks around them; *size is without them. */
static const char *trim(const char *text, size_t *size)
{
    while (isspace((unsigned char)*text))
        text++;
    *size = strlen(text);
    while (*size && isspace((unsigned char)text[*size - 1]))
        --*size;
    return text;
}

bool iopt_gtt_read_int64(const char *text, int64_t low, int64_t high, int64_t *out)
{
    size_t size, at = 0;
    uint64_t value = 0;

    text = trim(text, &size);
    const bool negative = size && text[0] == '-';
    at += negative;
    if (at == size)
        return false;
    const uint64_t limit = negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;
    for (; at < size; at++) {
        if (!isdigit((unsigned char)text[at]))
            return false;
        const uint64_t digit = (uint64_t)(text[at] - '0');
        if (value > (limit - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out = negative ? (value == (uint64_t)INT64_MAX + 1 ? INT64_MIN : -(int64_t)value)
                    : (int64_t)value;
    return *out >= low && *out <= high;
}

static size_t skip_digits(const char *text, size_t at, size_t size)
{
    while (at < size && isdigit((unsigned char)text[at]))
        at++;
    return at;
}

/* Digits with an optional point and an optional exponent, all of text[at .. size). */
static bool is_decimal(const char *text, size_t at, size_t size)
{
    size_t stop = skip_digits(text, at, size), digits = stop - at;

    if (stop < size && text[stop] == '.') {
        at = stop + 1;
        stop = skip_digits(text, at, size);
        digits += stop - at;
    }
    if (digits == 0)
        return false;
    if (stop < size && (text[stop] == 'e' || text[stop] == 'E')) {
        at = stop + 1;
        at += at < size && (text[at] == '+' || text[at] == '-');
        stop = skip_digits(text, at, size);
        if (stop == at)
            return false;
    }
    return stop == size;
}

static bool is_hexadecimal(const char *text, size_t at, size_t size)
{
    if (size - at < 3 || text[at] != '0' || (text[at + 1] != 'x' && text[at + 1] != 'X'))
        return false;
    for (at += 2; at < size; at++)
        if (!isxdigit((unsigned char)text[at]))
            return false;
    return true;
}

bool iopt_gtt_read_float(const char *text, float *out)
{
    size_t size;

    text = trim(text, &size);
    const size_t at = size && (*text == '-' || *text == '+') ? 1 : 0;
    const bool is_word = size - at == 3 && (strncasecmp(text + at, "inf", 3) == 0 ||
                                            strncasecmp(text + at, "nan", 3) == 0);
    if (!is_word && !is_decimal(text, at, size) && !is_hexadecimal(text, at, size))
        return false;
    *out = strtof(text, NULL); /* stops at the blanks behind */
    return true;
}

static IoptStatus read_int(const IoptTransformContext *context, const char *name, int64_t fallback,
                           int64_t low, int64_t high, int64_t *out, IoptError *err)
{
    const char *text;

    *out = fallback;
    IOPT_TRY(iopt_gtt_param_text(context, name, NULL, &text, err));
    if (text && !iopt_gtt_read_int64(text, low, high, out))
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "Couldn't interpret the %s argument as a number:%s", name, text);
    return IOPT_OK;
}

IoptStatus iopt_gtt_param_int32(const IoptTransformContext *context, const char *name,
                                int32_t fallback, int32_t *out, IoptError *err)
{
    int64_t value;

    IOPT_TRY(read_int(context, name, fallback, INT32_MIN, INT32_MAX, &value, err));
    *out = (int32_t)value;
    return IOPT_OK;
}

IoptStatus iopt_gtt_param_int64(const IoptTransformContext *context, const char *name,
                                int64_t fallback, int64_t *out, IoptError *err)
{
    return read_int(context, name, fallback, INT64_MIN, INT64_MAX, out, err);
}

IoptStatus iopt_gtt_param_float(const IoptTransformContext *context, const char *name,
                                float fallback, float *out, IoptError *err)
{
    const char *text;

    *out = fallback;
    IOPT_TRY(iopt_gtt_param_text(context, name, NULL, &text, err));
    if (text && !iopt_gtt_read_float(text, out))
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "Couldn't interpret the %s argument as a float number:%s", name, text);
    return IOPT_OK;
}

IoptStatus iopt_gtt_param_bool(const IoptTransformContext *context, const char *name, bool fallback,
                               bool *out, IoptError *err)
{
    const char *text;

    *out = fallback;
    IOPT_TRY(iopt_gtt_param_text(context, name, NULL, &text, err));
    if (!text)
        return IOPT_OK;
    *out = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
    if (!*out && strcmp(text, "false") != 0 && strcmp(text, "0") != 0)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "Couldn't interpret the %s argument as a boolean:%s (expected true, "
                         "false, 0 or 1)",
                         name, text);
    return IOPT_OK;
}

/* --- shapes -------------------------------------------------------------------------------- */

static IoptStatus check_dims(const IoptShape *shape, const char *text, IoptError *err)
{
    size_t product = 1;
    bool fits = true;

    for (int i = 0; i < shape->rank; i++) {
        if (shape->dim[i] < 0)
            return iopt_fail(err, IOPT_INVALID_ARGUMENT, "the shape '%s' has a negative dimension",
                             text);
        fits =
            fits && iopt_mul_size(product, (size_t)shape->dim[i], &product) && product <= INT64_MAX;
    }
    if (!fits)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "the dimensions of the shape '%s' have a product beyond 64 bits", text);
    return IOPT_OK;
}

IoptStatus iopt_gtt_read_shape(const char *text, IoptShape *out, IoptError *err)
{
    char piece[32];

    *out = (IoptShape){ 0 };
    if (!*text)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "Specificed shape is empty.");
    for (const char *at = text; at;) {
        const char *const comma = strchr(at, ',');
        const size_t size = comma ? (size_t)(comma - at) : strlen(at);
        int64_t dim = 0;
        const bool fits = size < sizeof piece;
        if (fits) {
            memcpy(piece, at, size);
            piece[size] = 0;
        }
        if (!fits || !iopt_gtt_read_int64(piece, INT64_MIN, INT64_MAX, &dim))
            return iopt_fail(err, IOPT_INVALID_ARGUMENT, "Could parse as shape: '%s'", text);
        if (out->rank == IOPT_MAX_RANK)
            return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                             "the shape '%s' has more than %d dimensions", text, IOPT_MAX_RANK);
        out->dim[out->rank++] = dim;
        at = comma ? comma + 1 : NULL;
    }
    return check_dims(out, text, err);
}

/* --- building ------------------------------------------------------------------------------ */

static IoptStatus copy_text(IoptBytes text, const char **out, IoptError *err)
{
    void *block;

    IOPT_TRY(iopt_alloc(&block, text.size + 1, 1, err));
    if (text.size)
        memcpy(block, text.data, text.size);
    *out = block;
    return IOPT_OK;
}

static IoptStatus find_or_add(IoptGttParams *params, const char *name, IoptGttParam **out,
                              IoptError *err)
{
    void *at = params->at;

    for (size_t i = 0; i < params->n; i++)
        if (strcmp(params->at[i].name, name) == 0) {
            *out = &params->at[i];
            return IOPT_OK;
        }
    IOPT_TRY(iopt_grow(&at, &params->capacity, params->n + 1, sizeof(IoptGttParam), err));
    params->at = at;
    *out = &params->at[params->n];
    IOPT_TRY(copy_text((IoptBytes){ name, strlen(name) }, &(*out)->name, err));
    params->n++;
    return IOPT_OK;
}

IoptStatus iopt_gtt_params_add(IoptGttParams *params, const char *name, IoptBytes value,
                               IoptError *err)
{
    IoptGttParam *param;

    IOPT_TRY(find_or_add(params, name, &param, err));
    void *values = param->values;
    IOPT_TRY(iopt_grow(&values, &param->values_capacity, param->n_values + 1, sizeof(char *), err));
    param->values = values;
    IOPT_TRY(copy_text(value, &param->values[param->n_values], err));
    param->n_values++;
    return IOPT_OK;
}

void iopt_gtt_params_free(IoptGttParams *params)
{
    for (size_t i = 0; i < params->n; i++) {
        for (size_t k = 0; k < params->at[i].n_values; k++)
            free((void *)(uintptr_t)params->at[i].values[k]);
        free((void *)params->at[i].values);
        free((void *)(uintptr_t)params->at[i].name);
    }
    free(params->at);
    *params = (IoptGttParams){ 0 };
}
