/* The wire format of protocol buffers. */
#include "formats/wire.h"

#include <string.h>

enum { MAX_VARINT_BYTES = 10, MAX_GROUP_DEPTH = 100 };

IoptWire iopt_wire(IoptBytes message)
{
    static const char nothing[1]; /* an empty message may come without an address */
    const char *const at = message.data ? message.data : nothing;

    return (IoptWire){ .at = at, .end = at + message.size };
}

static size_t left(const IoptWire *wire)
{
    return (size_t)(wire->end - wire->at);
}

static bool fail(IoptWire *wire)
{
    wire->broken = true;
    return false;
}

IoptBytes iopt_wire_last(IoptBytes message, uint32_t number, uint64_t *value)
{
    IoptWire wire = iopt_wire(message);
    IoptWireField field;
    IoptBytes found = { "", 0 };

    if (value)
        *value = 0;
    while (iopt_wire_next(&wire, &field)) {
        if (field.number != number)
            continue;
        found = field.bytes;
        if (value)
            *value = field.value;
    }
    return found;
}

bool iopt_wire_varint(IoptWire *wire, uint64_t *value)
{
    uint64_t bits = 0;

    if (wire->at == wire->end || wire->broken)
        return false;
    for (unsigned i = 0; i < MAX_VARINT_BYTES && wire->at < wire->end; i++) {
        const uint8_t byte = (uint8_t)*wire->at++;
        bits |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            *value = bits;
            return true;
        }
    }
    return fail(wire);
}

static bool read_fixed(IoptWire *wire, size_t bytes, uint64_t *value)
{
    if (left(wire) < bytes)
        return fail(wire);
    *value = 0;
    for (size_t i = 0; i < bytes; i++)
        *value |= (uint64_t)(uint8_t)wire->at[i] << (8 * i);
    wire->at += bytes;
    return true;
}

static bool read_length(IoptWire *wire, IoptBytes *bytes)
{
    uint64_t size;

    if (!iopt_wire_varint(wire, &size) || size > left(wire))
        return fail(wire);
    *bytes = (IoptBytes){ wire->at, (size_t)size };
    wire->at += size;
    return true;
}

/* Everything of a field but a group, behind its tag. */
static bool read_value(IoptWire *wire, IoptWireField *field)
{
    field->bytes.data = wire->at;
    switch (field->type) {
    case IOPT_WIRE_VARINT:
        if (!iopt_wire_varint(wire, &field->value))
            return fail(wire);
        break;
    case IOPT_WIRE_FIXED64:
        if (!read_fixed(wire, 8, &field->value))
            return false;
        break;
    case IOPT_WIRE_FIXED32:
        if (!read_fixed(wire, 4, &field->value))
            return false;
        break;
    case IOPT_WIRE_LENGTH: return read_length(wire, &field->bytes);
    default: return fail(wire);
    }
    field->bytes.size = (size_t)(wire->at - field->bytes.data);
    return true;
}

static bool read_tag(IoptWire *wire, IoptWireField *field)
{
    uint64_t tag;

    if (!iopt_wire_varint(wire, &tag) || tag > UINT32_MAX || tag >> 3 == 0)
        return fail(wire);
    field->number = (uint32_t)(tag >> 3);
    field->type = (IoptWireType)(tag & 7);
    return true;
}

/* A group ends with a tag of its own number; groups may contain groups. */
static bool skip_group(IoptWire *wire, uint32_t number)
{
    uint32_t open[MAX_GROUP_DEPTH];
    size_t depth = 0;

    open[depth++] = number;
    while (depth) {
        IoptWireField field;
        if (!read_tag(wire, &field))
            return false;
        if (field.type == IOPT_WIRE_GROUP) {
            if (depth == MAX_GROUP_DEPTH)
                return fail(wire);
            open[depth++] = field.number;
        } else if (field.type == IOPT_WIRE_END_GROUP) {
            if (open[--depth] != field.number)
                return fail(wire);
        } else if (!read_value(wire, &field)) {
            return false;
        }
    }
    return true;
}

bool iopt_wire_next(IoptWire *wire, IoptWireField *field)
{
    if (wire->at == wire->end || wire->broken)
        return false;
    *field = (IoptWireField){ .whole = { .data = wire->at } };
    if (!read_tag(wire, field))
        return false;
    if (field->type == IOPT_WIRE_GROUP) {
        field->bytes.data = wire->at;
        if (!skip_group(wire, field->number))
            return false;
        field->bytes.size = (size_t)(wire->at - field->bytes.data);
    } else if (!read_value(wire, field)) {
        return false;
    }
    field->whole.size = (size_t)(wire->at - field->whole.data);
    return true;
}

size_t iopt_wire_varint_bytes(uint64_t value)
{
    size_t bytes = 1;

    for (; value >= 0x80; value >>= 7)
        bytes++;
    return bytes;
}

void iopt_wire_put_varint(IoptText *out, uint64_t value)
{
    char bytes[MAX_VARINT_BYTES];
    size_t n = 0;

    for (; value >= 0x80; value >>= 7)
        bytes[n++] = (char)(value | 0x80);
    bytes[n++] = (char)value;
    iopt_text_append(out, bytes, n);
}

void iopt_wire_put_tag(IoptText *out, uint32_t number, IoptWireType type)
{
    iopt_wire_put_varint(out, (uint64_t)number << 3 | (uint64_t)type);
}

void iopt_wire_put_bytes(IoptText *out, uint32_t number, const void *bytes, size_t size)
{
    iopt_wire_put_tag(out, number, IOPT_WIRE_LENGTH);
    iopt_wire_put_varint(out, size);
    iopt_text_append(out, bytes, size);
}

void iopt_wire_put_int(IoptText *out, uint32_t number, uint64_t value)
{
    iopt_wire_put_tag(out, number, IOPT_WIRE_VARINT);
    iopt_wire_put_varint(out, value);
}

bool iopt_is_name_text(IoptBytes bytes)
{
    const uint8_t *at = (const uint8_t *)bytes.data, *const end = at + bytes.size;

    while (at < end) {
        const uint8_t lead = *at++;
        if (lead == 0)
            return false;
        if (lead < 0x80)
            continue;
        const int more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
        if (lead < 0xc2 || lead > 0xf4 || end - at < more)
            return false;
        /* Overlong forms, surrogates and values above U+10FFFF show in the second byte. */
        const uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
        const uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
        if (at[0] < low || at[0] > high)
            return false;
        for (int i = 1; i < more; i++)
            if ((at[i] & 0xc0) != 0x80)
                return false;
        at += more;
    }
    return true;
}
