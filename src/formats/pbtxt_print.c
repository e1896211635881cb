/* Wire bytes to text format, as protobuf's own printer lays it out. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "formats/message_depth.h"
#include "formats/pbtxt.h"

enum { INDENT = 2 };

typedef struct Printer {
    IoptText *out;
    IoptError *err;
} Printer;

static void put(IoptText *out, const char *text)
{
    iopt_text_append(out, text, strlen(text));
}

static void put_indent(IoptText *out, size_t indent)
{
    static const char blanks[] = "                                ";
    const size_t chunk = sizeof blanks - 1;

    for (; indent > chunk; indent -= chunk)
        iopt_text_append(out, blanks, chunk);
    iopt_text_append(out, blanks, indent);
}

/* --- scalars ------------------------------------------------------------------------------- */

void iopt_pbtxt_quote(IoptText *out, IoptBytes bytes)
{
    static const char special[] = "\n\r\t\"'\\", letters[] = "nrt\"'\\";

    iopt_text_append(out, "\"", 1);
    for (size_t i = 0; i < bytes.size; i++) {
        const unsigned char c = (unsigned char)bytes.data[i];
        const char *const found = c ? strchr(special, c) : NULL;
        char escape[4] = { '\\' };
        size_t size = 2;
        if (found) {
            escape[1] = letters[found - special];
        } else if (c < ' ' || c >= 0x7f) {
            escape[1] = (char)('0' + (c >> 6));
            escape[2] = (char)('0' + (c >> 3 & 7));
            escape[3] = (char)('0' + (c & 7));
            size = 4;
        } else {
            escape[0] = (char)c;
            size = 1;
        }
        iopt_text_append(out, escape, size);
    }
    iopt_text_append(out, "\"", 1);
}

/* The fewest digits, from `least` on, that read back as the same number: "d.ddde+xx". */
static void shortest(double value, bool single, char *text, size_t size)
{
    const int least = single ? 6 : 1, most = single ? 9 : 17;

    for (int digits = least; digits <= most; digits++) {
        (void)snprintf(text, size, "%.*e", digits - 1, value);
        const double back = strtod(text, NULL);
        if (single ? (float)back == (float)value : back == value)
            break;
    }
}

/* "0.001", "1.0", "1e-05", "1e+16": plain digits for exponents from -4 to 15. */
static void put_real(IoptText *out, double value, bool single)
{
    char text[40], digits[24];
    size_t n = 0;

    if (isnan(value) || isinf(value)) {
        put(out, isnan(value) ? "nan" : value < 0 ? "-inf" : "inf");
        return;
    }
    shortest(value, single, text, sizeof text);
    const char *at = text;
    if (*at == '-')
        put(out, (at++, "-"));
    for (; *at && *at != 'e'; at++)
        if (*at != '.')
            digits[n++] = *at;
    const int exponent = atoi(at + 1);
    while (n > 1 && digits[n - 1] == '0')
        n--;
    if (exponent < -4 || exponent > 15) {
        iopt_text_printf(out, "%c%s%.*se%+03d", digits[0], n > 1 ? "." : "", (int)n - 1, digits + 1,
                         exponent);
        return;
    }
    if (exponent < 0)
        iopt_text_printf(out, "0.%.*s%.*s", -exponent - 1, "0000", (int)n, digits);
    else if ((int)n <= exponent + 1)
        iopt_text_printf(out, "%.*s%.*s.0", (int)n, digits, exponent + 1 - (int)n,
                         "000000000000000");
    else
        iopt_text_printf(out, "%.*s.%.*s", exponent + 1, digits, (int)n - exponent - 1,
                         digits + exponent + 1);
}

static void put_float_bits(IoptText *out, uint64_t value, bool single)
{
    const uint32_t bits = (uint32_t)value;
    float narrow;
    double wide;

    if (single) {
        memcpy(&narrow, &bits, sizeof narrow);
        wide = (double)narrow;
    } else {
        memcpy(&wide, &value, sizeof wide);
    }
    put_real(out, wide, single);
}

static void put_enum(IoptText *out, const ProtobufCEnumDescriptor *type, int32_t value)
{
    const ProtobufCEnumValue *const known = protobuf_c_enum_descriptor_get_value(type, value);

    if (known)
        put(out, known->name);
    else
        iopt_text_printf(out, "%d", (int)value);
}

static void put_number(IoptText *out, const ProtobufCFieldDescriptor *field, uint64_t value)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32: iopt_text_printf(out, "%d", (int)(int32_t)value); break;
    case PROTOBUF_C_TYPE_INT64: iopt_text_printf(out, "%lld", (long long)value); break;
    case PROTOBUF_C_TYPE_UINT32: iopt_text_printf(out, "%u", (unsigned)(uint32_t)value); break;
    case PROTOBUF_C_TYPE_BOOL: put(out, value ? "true" : "false"); break;
    case PROTOBUF_C_TYPE_ENUM: put_enum(out, field->descriptor, (int32_t)value); break;
    case PROTOBUF_C_TYPE_FLOAT: put_float_bits(out, value, true); break;
    case PROTOBUF_C_TYPE_DOUBLE: put_float_bits(out, value, false); break;
    default: iopt_text_printf(out, "%llu", (unsigned long long)value); break;
    }
}

/* --- fields -------------------------------------------------------------------------------- */

static IoptWireType wire_type(const ProtobufCFieldDescriptor *field)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_FIXED32: return IOPT_WIRE_FIXED32;
    case PROTOBUF_C_TYPE_DOUBLE:
    case PROTOBUF_C_TYPE_FIXED64: return IOPT_WIRE_FIXED64;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE: return IOPT_WIRE_LENGTH;
    default: return IOPT_WIRE_VARINT;
    }
}

static void put_name(Printer *printer, const ProtobufCFieldDescriptor *field, size_t indent)
{
    put_indent(printer->out, indent);
    put(printer->out, field->name);
}

static void put_scalar(Printer *printer, const ProtobufCFieldDescriptor *field, size_t indent,
                       const IoptWireField *value)
{
    put_name(printer, field, indent);
    put(printer->out, ": ");
    if (value->type == IOPT_WIRE_LENGTH)
        iopt_pbtxt_quote(printer->out, value->bytes);
    else
        put_number(printer->out, field, value->value);
    put(printer->out, "\n");
}

/* The values of a packed list, a line each. */
static void put_packed(Printer *printer, const ProtobufCFieldDescriptor *field, size_t indent,
                       IoptBytes packed)
{
    IoptWire wire = iopt_wire(packed);
    IoptWireField value = { .type = wire_type(field) };

    if (value.type == IOPT_WIRE_VARINT) {
        while (iopt_wire_varint(&wire, &value.value))
            put_scalar(printer, field, indent, &value);
        return;
    }
    const size_t step = value.type == IOPT_WIRE_FIXED32 ? 4 : 8;
    for (size_t i = 0; i + step <= packed.size; i += step) {
        value.value = 0;
        memcpy(&value.value, packed.data + i, step);
        put_scalar(printer, field, indent, &value);
    }
}

/* A message's depth was checked before printing began, so that this recursion is bounded. */
static IoptStatus put_message(Printer *printer, const ProtobufCMessageDescriptor *type,
                              IoptBytes message, size_t indent);

static IoptStatus put_submessage(Printer *printer, const ProtobufCFieldDescriptor *field,
                                 IoptBytes message, size_t indent)
{
    put_name(printer, field, indent);
    put(printer->out, " {\n");
    IOPT_TRY(put_message(printer, field->descriptor, message, indent + INDENT));
    put_indent(printer->out, indent);
    put(printer->out, "}\n");
    return IOPT_OK;
}

typedef struct MapEntry {
    IoptBytes key, whole;
    uint64_t number; /* of maps whose keys are numbers */
} MapEntry;

static int compare_entries(const void *a, const void *b)
{
    const MapEntry *const x = a, *const y = b;
    const size_t common = x->key.size < y->key.size ? x->key.size : y->key.size;
    const int order = common ? memcmp(x->key.data, y->key.data, common) : 0;

    if (order)
        return order;
    if (x->key.size != y->key.size)
        return x->key.size < y->key.size ? -1 : 1;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return x->whole.data < y->whole.data ? -1 : x->whole.data > y->whole.data;
}

static MapEntry read_entry(IoptBytes message)
{
    IoptWire wire = iopt_wire(message);
    IoptWireField field;
    MapEntry entry = { .whole = message };

    while (iopt_wire_next(&wire, &field)) {
        if (iopt_wire_is(&field, 1, IOPT_WIRE_LENGTH))
            entry.key = field.bytes;
        else if (iopt_wire_is(&field, 1, IOPT_WIRE_VARINT))
            entry.number = field.value;
    }
    return entry;
}

/* Entries of a map in the order of their keys. */
static IoptStatus put_map(Printer *printer, const ProtobufCFieldDescriptor *field,
                          IoptBytes message, size_t indent)
{
    IoptStatus status = IOPT_OK;
    IoptWire wire = iopt_wire(message);
    IoptWireField part;
    void *entries = NULL;
    size_t count = 0, capacity = 0;

    while (iopt_wire_next(&wire, &part)) {
        if (!iopt_wire_is(&part, field->id, IOPT_WIRE_LENGTH))
            continue;
        IOPT_DO(iopt_grow(&entries, &capacity, count + 1, sizeof(MapEntry), printer->err));
        ((MapEntry *)entries)[count++] = read_entry(part.bytes);
    }
    if (count)
        qsort(entries, count, sizeof(MapEntry), compare_entries);
    for (size_t i = 0; i < count; i++)
        IOPT_DO(put_submessage(printer, field, ((MapEntry *)entries)[i].whole, indent));
done:
    free(entries);
    return status;
}

/* Whether a value that equals the default is printed all the same. */
static bool is_shown(const ProtobufCMessageDescriptor *type, const ProtobufCFieldDescriptor *field,
                     const IoptWireField *value)
{
    if (field->label == PROTOBUF_C_LABEL_REPEATED ||
        (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0 ||
        iopt_has_suffix(type->short_name, "Entry"))
        return true;
    return value->type == IOPT_WIRE_LENGTH ? value->bytes.size != 0 : value->value != 0;
}

/* A message that may occur once but came in parts: the parts are one when joined. */
static IoptStatus put_joined(Printer *printer, const ProtobufCFieldDescriptor *field,
                             IoptBytes message, size_t indent)
{
    IoptWire wire = iopt_wire(message);
    IoptWireField part;
    IoptText joined = { 0 };

    while (iopt_wire_next(&wire, &part))
        if (iopt_wire_is(&part, field->id, IOPT_WIRE_LENGTH))
            iopt_text_append(&joined, part.bytes.data, part.bytes.size);
    const IoptStatus status =
        joined.failed
            ? iopt_fail_memory(printer->err, message.size)
            : put_submessage(printer, field, (IoptBytes){ joined.s, joined.size }, indent);
    iopt_text_free(&joined);
    return status;
}

static IoptStatus put_repeated(Printer *printer, const ProtobufCFieldDescriptor *field,
                               const IoptWireField *part, size_t indent)
{
    const IoptWireType wanted = wire_type(field);

    if (part->type == IOPT_WIRE_LENGTH && wanted != IOPT_WIRE_LENGTH)
        put_packed(printer, field, indent, part->bytes);
    else if (part->type == wanted && field->type == PROTOBUF_C_TYPE_MESSAGE)
        return put_submessage(printer, field, part->bytes, indent);
    else if (part->type == wanted)
        put_scalar(printer, field, indent, part);
    return IOPT_OK;
}

/* All values of one field; of a singular scalar the last one. */
static IoptStatus put_field(Printer *printer, const ProtobufCMessageDescriptor *type,
                            const ProtobufCFieldDescriptor *field, IoptBytes message, size_t indent)
{
    IoptWire wire = iopt_wire(message);
    IoptWireField part, last = { 0 };
    size_t count = 0;

    while (iopt_wire_next(&wire, &part)) {
        if (part.number != field->id)
            continue;
        if (field->label == PROTOBUF_C_LABEL_REPEATED) {
            IOPT_TRY(put_repeated(printer, field, &part, indent));
        } else if (part.type == wire_type(field)) {
            last = part;
            count++;
        }
    }
    if (count == 0)
        return IOPT_OK;
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return count == 1 ? put_submessage(printer, field, last.bytes, indent)
                          : put_joined(printer, field, message, indent);
    if (is_shown(type, field, &last))
        put_scalar(printer, field, indent, &last);
    return IOPT_OK;
}

static bool is_map(const ProtobufCFieldDescriptor *field)
{
    return field->type == PROTOBUF_C_TYPE_MESSAGE && field->label == PROTOBUF_C_LABEL_REPEATED &&
           iopt_has_suffix(((const ProtobufCMessageDescriptor *)field->descriptor)->short_name,
                           "Entry");
}

/* Which fields occur, by index; the last one of a oneof hides the others. */
static uint64_t find_fields(Printer *printer, const ProtobufCMessageDescriptor *type,
                            IoptBytes message, size_t indent)
{
    IoptWire wire = iopt_wire(message);
    IoptWireField part;
    uint64_t found = 0, oneof = 0;

    while (iopt_wire_next(&wire, &part)) {
        const ProtobufCFieldDescriptor *const field =
            protobuf_c_message_descriptor_get_field(type, part.number);
        if (!field) {
            put_indent(printer->out, indent);
            iopt_text_printf(printer->out, "# field %u of %zu bytes is not known\n", part.number,
                             part.bytes.size);
            continue;
        }
        const uint64_t bit = (uint64_t)1 << (field - type->fields);
        if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
            oneof = bit;
        else
            found |= bit;
    }
    return found | oneof;
}

static IoptStatus put_message(Printer *printer, const ProtobufCMessageDescriptor *type,
                              IoptBytes message, size_t indent)
{
    const uint64_t found = find_fields(printer, type, message, indent);

    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *const field = &type->fields[i];
        if (!(found >> i & 1))
            continue;
        if (is_map(field))
            IOPT_TRY(put_map(printer, field, message, indent));
        else
            IOPT_TRY(put_field(printer, type, field, message, indent));
    }
    return IOPT_OK;
}

IoptStatus iopt_wire_to_pbtxt(const ProtobufCMessageDescriptor *type, IoptBytes message,
                              size_t indent, IoptText *out, IoptError *err)
{
    Printer printer = { out, err };

    IOPT_TRY(iopt_message_check(type, message, 0, err));
    IOPT_TRY(put_message(&printer, type, message, indent));
    return out->failed ? iopt_fail_memory(err, out->size) : IOPT_OK;
}
