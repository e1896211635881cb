/* StringJoin, Substr, AsString: making strings;  DecodeRaw: strings as the bytes of numbers
 *
 *   in      StringJoin: N string tensors of one shape, or scalars among them
 *           Substr: strings; pos and len, int32 or int64, of the strings' shape or scalars
 *           AsString: numbers or bools;  DecodeRaw: strings of one length
 *   out     strings;  DecodeRaw [..., length / bytes of out_type]
 *   attr    separator;  precision, scientific, shortest, width, fill;  out_type, little_endian
 *   source  TensorFlow ops of these names (Substr counts bytes)
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ops/ints.h"

/* Gives `out` its strings: piece i ends at ends[i] of `text`. */
static IoptStatus set_strings(IoptTensor *out, const IoptText *text, const size_t *ends,
                              IoptError *err)
{
    const size_t n = iopt_elems(out);
    IoptBytes *const heads = out->data;
    IoptTensor *made;

    if (text->failed)
        return iopt_fail_memory(err, text->size);
    for (size_t i = 0, begin = 0; i < n; begin = ends[i++])
        heads[i] = (IoptBytes){ text->s ? text->s + begin : "", ends[i] - begin };
    IOPT_TRY(iopt_tensor_strings(&out->shape, heads, n, &made, err));
    const IoptTensor empty = *out;
    *out = *made; /* which copied the bytes */
    *made = empty;
    iopt_tensor_destroy(made);
    return IOPT_OK;
}

/* Makes each element of out[0] by `append`. */
static IoptStatus make_strings(const IoptNode *node, const IoptTensor *const *in, IoptTensor *out,
                               IoptStatus (*append)(const IoptNode *node,
                                                    const IoptTensor *const *in, size_t i,
                                                    IoptText *text, IoptError *err),
                               IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptText text = { 0 };
    void *ends;

    IOPT_TRY(iopt_alloc(&ends, iopt_elems(out), sizeof(size_t), err));
    for (size_t i = 0; i < iopt_elems(out); i++) {
        IOPT_DO(append(node, in, i, &text, err));
        ((size_t *)ends)[i] = text.size;
    }
    IOPT_DO(set_strings(out, &text, ends, err));
done:
    iopt_text_free(&text);
    free(ends);
    return status;
}

/* Element i, or the only one. */
static IoptBytes string_at(const IoptTensor *x, size_t i)
{
    return ((const IoptBytes *)x->data)[iopt_elems(x) == 1 ? 0 : i];
}

static IoptStatus infer_join(const IoptNode *node, const IoptFact *in, IoptFact *out,
                             IoptError *err)
{
    IoptShape y = iopt_shape_scalar();

    for (size_t i = 0; i < node->n_in; i++) {
        if (in[i].dtype && in[i].dtype != IOPT_STRING)
            return iopt_bad_inputs(node, in, err, "strings");
        if (in[i].shape.rank == 0)
            continue;
        if (y.rank != 0 && !iopt_shapes_agree(&y, &in[i].shape))
            return iopt_bad_inputs(node, in, err, "strings of one shape, or scalars");
        y = y.rank == 0 ? in[i].shape : iopt_shape_merge(&y, &in[i].shape);
    }
    out[0] = iopt_fact(IOPT_STRING, y);
    return IOPT_OK;
}

static IoptStatus append_joined(const IoptNode *node, const IoptTensor *const *in, size_t i,
                                IoptText *text, IoptError *err)
{
    const char *const separator = iopt_attr_string(node, "separator", "");

    (void)err;
    for (size_t k = 0; k < node->n_in; k++) {
        const IoptBytes part = string_at(in[k], i);
        if (k > 0)
            iopt_text_append(text, separator, strlen(separator));
        iopt_text_append(text, part.data, part.size);
    }
    return IOPT_OK;
}

static IoptStatus eval_join(const IoptNode *node, const IoptTensor *const *in,
                            IoptTensor *const *out, IoptError *err)
{
    return make_strings(node, in, out[0], append_joined, err);
}

static IoptStatus infer_substr(const IoptNode *node, const IoptFact *in, IoptFact *out,
                               IoptError *err)
{
    if (strcmp(iopt_attr_string(node, "unit", "BYTE"), "BYTE") != 0)
        return iopt_fail(err, IOPT_UNSUPPORTED, "Substr '%s': want unit BYTE; got %s", node->name,
                         iopt_attr_string(node, "unit", ""));
    for (int i = 1; i < 3; i++)
        if ((in[i].shape.rank != 0 && !iopt_shapes_agree(&in[0].shape, &in[i].shape)) ||
            (in[i].dtype && in[i].dtype != IOPT_I32 && in[i].dtype != IOPT_I64))
            return iopt_bad_inputs(node, in, err, "integer pos and len, one or one per string");
    out[0] = iopt_fact(IOPT_STRING, in[0].shape);
    return IOPT_OK;
}

static IoptStatus append_substr(const IoptNode *node, const IoptTensor *const *in, size_t i,
                                IoptText *text, IoptError *err)
{
    const IoptBytes whole = ((const IoptBytes *)in[0]->data)[i];
    const int64_t size = (int64_t)whole.size;
    const int64_t pos = iopt_tensor_get_i64(in[1], iopt_elems(in[1]) == 1 ? 0 : i);
    const int64_t len = iopt_tensor_get_i64(in[2], iopt_elems(in[2]) == 1 ? 0 : i);

    if (pos > size || pos < -size)
        return iopt_fail(err, IOPT_BAD_DATA, "Substr '%s': position %lld of %lld bytes", node->name,
                         (long long)pos, (long long)size);
    const int64_t begin = pos < 0 ? pos + size : pos, rest = size - begin;
    const int64_t take = len < 0 ? 0 : len < rest ? len : rest;
    iopt_text_append(text, whole.data + begin, (size_t)take);
    return IOPT_OK;
}

static IoptStatus eval_substr(const IoptNode *node, const IoptTensor *const *in,
                              IoptTensor *const *out, IoptError *err)
{
    return make_strings(node, in, out[0], append_substr, err);
}

static IoptStatus infer_as_string(const IoptNode *node, const IoptFact *in, IoptFact *out,
                                  IoptError *err)
{
    if (strlen(iopt_attr_string(node, "fill", "")) > 1)
        return iopt_fail(err, IOPT_BAD_MODEL, "AsString '%s': want fill of one character",
                         node->name);
    out[0] = iopt_fact(IOPT_STRING, in[0].shape);
    return IOPT_OK;
}

/* printf's format for the attributes: "%010.3e" and the like. */
static IoptStatus number_format(const IoptNode *node, bool is_float, char format[32],
                                IoptError *err)
{
    const char *const flag = iopt_attr_string(node, "fill", "");
    const int64_t width = iopt_attr_int(node, "width", -1);
    const int64_t precision = iopt_attr_int(node, "precision", -1);
    const char *const letter = !is_float                                   ? PRId64
                               : iopt_attr_bool(node, "scientific", false) ? "e"
                               : iopt_attr_bool(node, "shortest", false)   ? "g"
                                                                           : "f";
    int n = snprintf(format, 32, "%%%s", flag);

    if (width > 300 || precision > 60 || (*flag && !strchr(" +-0#", *flag)))
        return iopt_fail(err, IOPT_UNSUPPORTED,
                         "AsString '%s': width %lld, precision %lld, fill '%s'", node->name,
                         (long long)width, (long long)precision, flag);
    if (width >= 0)
        n += snprintf(format + n, 32 - (size_t)n, "%d", (int)width);
    if (precision >= 0 && is_float)
        n += snprintf(format + n, 32 - (size_t)n, ".%d", (int)precision);
    (void)snprintf(format + n, 32 - (size_t)n, "%s", letter);
    return IOPT_OK;
}

static IoptStatus append_number(const IoptNode *node, const IoptTensor *const *in, size_t i,
                                IoptText *text, IoptError *err)
{
    const bool is_float = iopt_dtype_is_float(in[0]->dtype);
    char digits[400], format[32]; /* a double has 309 digits at most before the point */
    int n;

    IOPT_TRY(number_format(node, is_float, format, err));
    if (in[0]->dtype == IOPT_BOOL)
        n = snprintf(digits, sizeof digits, "%s", iopt_tensor_get_i64(in[0], i) ? "true" : "false");
    else if (is_float)
        n = snprintf(digits, sizeof digits, format, iopt_tensor_get_f64(in[0], i));
    else
        n = snprintf(digits, sizeof digits, format, iopt_tensor_get_i64(in[0], i));
    iopt_text_append(text, digits, n < 0 ? 0 : (size_t)n);
    return IOPT_OK;
}

static IoptStatus eval_as_string(const IoptNode *node, const IoptTensor *const *in,
                                 IoptTensor *const *out, IoptError *err)
{
    return make_strings(node, in, out[0], append_number, err);
}

/* The common length in elements of `type`; -1 while the strings are not known. */
static IoptStatus raw_length(const IoptNode *node, const IoptTensor *strings, IoptDType type,
                             int64_t *out, IoptError *err)
{
    const size_t elem_bytes = iopt_dtype_bytes(type);

    *out = -1;
    if (!strings)
        return IOPT_OK;
    const IoptBytes *const s = strings->data;
    for (size_t i = 0; i < iopt_elems(strings); i++)
        if (s[i].size != s[0].size || s[i].size % elem_bytes != 0)
            return iopt_fail(err, IOPT_BAD_DATA,
                             "DecodeRaw '%s': want strings of one length, a multiple of %zu; got "
                             "%zu and %zu bytes",
                             node->name, elem_bytes, s[0].size, s[i].size);
    *out = iopt_elems(strings) ? (int64_t)(s[0].size / elem_bytes) : 0;
    return IOPT_OK;
}

static IoptStatus infer_raw(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    IoptShape y = in[0].shape;
    IoptDType type;
    int64_t length;

    IOPT_TRY(iopt_need_type(node, "out_type", &type, err));
    if (type == IOPT_STRING || !iopt_dtype_bytes(type))
        return iopt_fail(err, IOPT_BAD_MODEL, "DecodeRaw '%s': cannot decode to %s", node->name,
                         iopt_dtype_name(type));
    if (y.rank == IOPT_MAX_RANK)
        return iopt_bad_inputs(node, in, err, "fewer than %d dimensions", IOPT_MAX_RANK);
    IOPT_TRY(raw_length(node, in[0].value, type, &length, err));
    if (y.rank >= 0)
        iopt_shape_push(&y, length);
    out[0] = iopt_fact(type, y);
    return IOPT_OK;
}

static IoptStatus eval_raw(const IoptNode *node, const IoptTensor *const *in,
                           IoptTensor *const *out, IoptError *err)
{
    const bool swaps = !iopt_attr_bool(node, "little_endian", true);
    const size_t elem_bytes = iopt_dtype_bytes(out[0]->dtype), n = iopt_elems(in[0]);
    const size_t part = n ? out[0]->bytes / n : 0;
    char *const y = out[0]->data;
    int64_t length;

    IOPT_TRY(raw_length(node, in[0], out[0]->dtype, &length, err));
    for (size_t i = 0; part && i < n; i++)
        memcpy(y + i * part, ((const IoptBytes *)in[0]->data)[i].data, part);
    for (size_t at = 0; swaps && at < out[0]->bytes; at += elem_bytes)
        for (size_t a = at, b = at + elem_bytes - 1; a < b; a++, b--) {
            const char kept = y[a];
            y[a] = y[b];
            y[b] = kept;
        }
    return IOPT_OK;
}

const IoptOp iopt_op_string_join = {
    .name = "StringJoin",
    .n_in = IOPT_VARIADIC,
    .n_out = 1,
    .dtypes = "string",
    .brief = "strings one behind the other",
    .infer = infer_join,
    .eval = eval_join,
};

const IoptOp iopt_op_substr = {
    .name = "Substr",
    .n_in = 3,
    .n_out = 1,
    .dtypes = "string",
    .flags = IOPT_OP_MAY_FAIL,
    .brief = "a part of each string",
    .infer = infer_substr,
    .eval = eval_substr,
};

const IoptOp iopt_op_as_string = {
    .name = "AsString",
    .n_in = 1,
    .n_out = 1,
    .dtypes = "float double int8 int16 int32 int64 uint8 uint16 bool",
    .brief = "numbers as text",
    .infer = infer_as_string,
    .eval = eval_as_string,
};

const IoptOp iopt_op_decode_raw = {
    .name = "DecodeRaw",
    .n_in = 1,
    .n_out = 1,
    .dtypes = "string",
    .flags = IOPT_OP_MAY_FAIL,
    .brief = "strings as the bytes of numbers",
    .infer = infer_raw,
    .eval = eval_raw,
};
