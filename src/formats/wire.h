/* The wire format of protocol buffers, read in place and never past its end.
 *
 * A cursor walks over the fields of one message without copying them: that is how weights stay
 * where the file mapping has them.  Whoever wants a whole small message unpacks it by protobuf-c.
 */
#ifndef IOPT_FORMATS_WIRE_H
#define IOPT_FORMATS_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "iopt/tensor.h"

typedef enum IoptWireType {
    IOPT_WIRE_VARINT = 0,
    IOPT_WIRE_FIXED64 = 1,
    IOPT_WIRE_LENGTH = 2, /* bytes, text or a message */
    IOPT_WIRE_GROUP = 3,  /* from its start to its end; only ever skipped */
    IOPT_WIRE_END_GROUP = 4,
    IOPT_WIRE_FIXED32 = 5
} IoptWireType;

typedef struct IoptWire {
    const char *at, *end;
    bool broken; /* set when the bytes are no message */
} IoptWire;

typedef struct IoptWireField {
    uint32_t number;
    IoptWireType type;
    uint64_t value;  /* of VARINT and FIXED */
    IoptBytes bytes; /* contents of LENGTH; the wire bytes of the value otherwise */
    IoptBytes whole; /* with the tag */
} IoptWireField;

IoptWire iopt_wire(IoptBytes message);

/* The next field; false at the end and on broken bytes (then wire->broken is set). */
bool iopt_wire_next(IoptWire *wire, IoptWireField *field);

/* The last field `number` of a message: its contents, and (unless NULL) its value.  Empty and 0
 * without one. */
IoptBytes iopt_wire_last(IoptBytes message, uint32_t number, uint64_t *value);

/* A bare varint (of a packed list); false at the end and on broken bytes. */
bool iopt_wire_varint(IoptWire *wire, uint64_t *value);

static inline bool iopt_wire_is(const IoptWireField *field, uint32_t number, IoptWireType type)
{
    return field->number == number && field->type == type;
}

/* Writing: everything is appended to a text, which remembers a failed allocation. */
size_t iopt_wire_varint_bytes(uint64_t value);
void iopt_wire_put_varint(IoptText *out, uint64_t value);
void iopt_wire_put_tag(IoptText *out, uint32_t number, IoptWireType type);
void iopt_wire_put_bytes(IoptText *out, uint32_t number, const void *bytes, size_t size);
void iopt_wire_put_int(IoptText *out, uint32_t number, uint64_t value);

/* Whether bytes are well-formed UTF-8 without a zero: what a name may consist of. */
bool iopt_is_name_text(IoptBytes bytes);

#endif
