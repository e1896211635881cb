/* Numbers, types, shapes and tensors as TensorFlow prints them. */
#include "formats/tensor_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/pbtxt.h"
#include "formats/tensor_proto.h"

enum { REF_TYPES = 100 }; /* the number of a reference type is that of its type plus this */

static void put(IoptText *out, const char *text)
{
    iopt_text_append(out, text, strlen(text));
}

/* --- numbers ------------------------------------------------------------------------------- */

void iopt_real_text(double value, bool single, IoptText *out)
{
    char text[40];

    if (isnan(value)) {
        put(out, "nan");
        return;
    }
    (void)snprintf(text, sizeof text, "%.*g", single ? 6 : 15, value);
    const double back = single ? (double)strtof(text, NULL) : strtod(text, NULL);
    if (back < value || back > value)
        (void)snprintf(text, sizeof text, "%.*g", single ? 9 : 17, value);
    put(out, text);
}

void iopt_count_text(int64_t count, IoptText *out)
{
    static const char units[] = "kMBT";
    uint64_t value = (uint64_t)count;
    size_t unit = 0;

    if (count < 0) {
        put(out, "-");
        value = 0 - value;
    }
    if (value < 1000) {
        iopt_text_printf(out, "%u", (unsigned)value);
        return;
    }
    if (value >= UINT64_C(1000000000000000)) {
        iopt_text_printf(out, "%0.3G", (double)value);
        return;
    }
    for (; value >= 1000000; unit++)
        value /= 1000;
    iopt_text_printf(out, "%.2f%c", (double)value / 1000.0, units[unit]);
}

void iopt_dtype_text(uint64_t number, IoptText *out)
{
    const bool is_ref = number > REF_TYPES;
    const uint64_t plain = is_ref ? number - REF_TYPES : number;

    if (number == 0)
        put(out, "INVALID");
    else if (plain < REF_TYPES && iopt_dtype_known((IoptDType)plain))
        iopt_text_printf(out, "%s%s", iopt_dtype_name((IoptDType)plain), is_ref ? "_ref" : "");
    else
        iopt_text_printf(out, "unknown dtype enum (%lld)", (long long)number);
}

/* --- shapes -------------------------------------------------------------------------------- */

/* The size of a dimension: its field 1. */
static int64_t dim_size(IoptBytes dim)
{
    uint64_t size;

    (void)iopt_wire_last(dim, 1, &size);
    return (int64_t)size;
}

bool iopt_shape_message_text(IoptBytes message, IoptText *out)
{
    IoptWire wire = iopt_wire(message);
    IoptWireField field;
    IoptText dims = { 0 };
    size_t rank = 0;
    bool is_negative = false;
    uint64_t is_unknown;

    (void)iopt_wire_last(message, 3, &is_unknown);
    while (iopt_wire_next(&wire, &field)) {
        if (!iopt_wire_is(&field, 2, IOPT_WIRE_LENGTH))
            continue;
        const int64_t size = dim_size(field.bytes);
        is_negative = is_negative || size < -1;
        if (size < 0)
            iopt_text_printf(&dims, "%s?", rank ? "," : "");
        else
            iopt_text_printf(&dims, "%s%lld", rank ? "," : "", (long long)size);
        rank++;
    }
    const char *const inner = dims.s ? dims.s : "";
    const bool is_valid =
        is_unknown ? rank == 0 : rank <= IOPT_PROTO_MAX_RANK && !is_negative && !wire.broken;
    if (is_unknown)
        put(out, rank ? "An unknown shape must not have any dimensions set." : "<unknown>");
    else if (rank > IOPT_PROTO_MAX_RANK)
        iopt_text_printf(out, "Shape [%s] has too many dimensions", inner);
    else if (is_negative)
        iopt_text_printf(
            out, "Shape [%s] has dimensions with values below -1 (where -1 means unknown)", inner);
    else
        iopt_text_printf(out, "[%s]", inner);
    out->failed = out->failed || dims.failed;
    iopt_text_free(&dims);
    return is_valid;
}

/* --- tensors ------------------------------------------------------------------------------- */

static void put_escaped(IoptText *out, IoptBytes bytes)
{
    IoptText quoted = { 0 };

    iopt_pbtxt_quote(&quoted, bytes);
    if (!quoted.failed)
        iopt_text_append(out, quoted.s + 1, quoted.size - 2);
    out->failed = out->failed || quoted.failed;
    iopt_text_free(&quoted);
}

/* One element, which may lie at any address. */
static void put_element(const IoptTensor *tensor, size_t i, IoptText *out)
{
    const size_t bytes = iopt_dtype_bytes(tensor->dtype);
    union {
        double f64;
        uint64_t bits;
        IoptBytes string;
    } value = { .bits = 0 };
    IoptTensor one = { .dtype = tensor->dtype, .data = &value, .bytes = bytes };

    if (bytes > sizeof value || iopt_dtype_bytes(tensor->dtype) == 0) {
        put(out, "?");
        return;
    }
    memcpy(&value, (const char *)tensor->data + i * bytes, bytes);
    switch (tensor->dtype) {
    case IOPT_STRING: put_escaped(out, value.string); break;
    case IOPT_F64: iopt_real_text(value.f64, false, out); break;
    case IOPT_F32:
    case IOPT_F16:
    case IOPT_BF16: iopt_real_text(iopt_tensor_get_f64(&one, 0), true, out); break;
    case IOPT_U64: iopt_text_printf(out, "%llu", (unsigned long long)value.bits); break;
    case IOPT_QI32:
    case IOPT_C64:
    case IOPT_C128:
    case IOPT_RESOURCE:
    case IOPT_VARIANT: put(out, "?"); break;
    default: iopt_text_printf(out, "%lld", (long long)iopt_tensor_get_i64(&one, 0)); break;
    }
}

/* Rows of the last dimension in brackets, broken off after `limit` values.  Outer dimensions open a
 * bracket each before their first row and close it behind the last one that is shown. */
static void put_rows(const IoptTensor *tensor, size_t limit, IoptText *out)
{
    const int rank = tensor->shape.rank;
    const size_t row = (size_t)tensor->shape.dim[rank - 1];

    for (size_t at = 0; at < limit; at += row) {
        size_t inside = at / row; /* rows before this one */
        int opened = 0, closed = 0;
        for (int i = rank - 2; i >= 0; inside /= (size_t)tensor->shape.dim[i--]) {
            opened++;
            if (inside % (size_t)tensor->shape.dim[i])
                break;
        }
        for (int i = 0; i < opened; i++)
            put(out, "[");
        for (size_t i = at; i < at + row && i < limit; i++) {
            put(out, i > at ? " " : "");
            put_element(tensor, i, out);
        }
        const bool is_last = at + row >= limit;
        if (at + row > limit && rank > 1)
            put(out, "...");
        inside = at / row + 1;
        for (int i = rank - 2; i >= 0; inside /= (size_t)tensor->shape.dim[i--]) {
            closed++;
            if (!is_last && inside % (size_t)tensor->shape.dim[i])
                break;
        }
        for (int i = 0; i < closed; i++)
            put(out, "]");
    }
}

void iopt_tensor_debug_text(const IoptTensor *tensor, size_t most, IoptText *out)
{
    const size_t count = iopt_elems(tensor), limit = count < most ? count : most;

    put(out, "Tensor<type: ");
    iopt_dtype_text((uint64_t)tensor->dtype, out);
    iopt_text_printf(out, " shape: %s values: ", iopt_shape_text(&tensor->shape).s);
    if (tensor->shape.rank > 0 && limit > 0)
        put_rows(tensor, limit, out);
    else if (limit > 0)
        put_element(tensor, 0, out);
    if (limit < count)
        put(out, "...");
    put(out, ">");
}
