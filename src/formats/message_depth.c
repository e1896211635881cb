/* Nesting of messages, found without recursion. */
#include "formats/message_depth.h"

#include "formats/wire.h"

IoptStatus iopt_message_check(const ProtobufCMessageDescriptor *type, IoptBytes message,
                              size_t depth, IoptError *err)
{
    struct {
        const ProtobufCMessageDescriptor *type;
        IoptWire wire;
    } open[IOPT_MAX_MESSAGE_DEPTH];
    size_t n = 0;
    IoptWireField field;

    open[n].type = type;
    open[n++].wire = iopt_wire(message);
    while (n) {
        IoptWire *const wire = &open[n - 1].wire;
        if (!iopt_wire_next(wire, &field)) {
            if (wire->broken)
                return iopt_fail(err, IOPT_BAD_MODEL, "broken bytes in a %s",
                                 open[n - 1].type->short_name);
            n--;
            continue;
        }
        const ProtobufCFieldDescriptor *const known =
            protobuf_c_message_descriptor_get_field(open[n - 1].type, field.number);
        if (!known || known->type != PROTOBUF_C_TYPE_MESSAGE || field.type != IOPT_WIRE_LENGTH)
            continue;
        if (depth + n >= IOPT_MAX_MESSAGE_DEPTH)
            return iopt_fail(err, IOPT_BAD_MODEL, "messages nested deeper than %d",
                             IOPT_MAX_MESSAGE_DEPTH);
        open[n].type = known->descriptor;
        open[n++].wire = iopt_wire(field.bytes);
    }
    return IOPT_OK;
}
