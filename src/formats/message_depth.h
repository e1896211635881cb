/* Guards protobuf's recursion: bytes are looked over before anything unpacks or prints them. */
#ifndef IOPT_FORMATS_MESSAGE_DEPTH_H
#define IOPT_FORMATS_MESSAGE_DEPTH_H

#include <protobuf-c/protobuf-c.h>

#include "base/status.h"
#include "iopt/tensor.h"

/* How deep messages may be nested, as in protobuf itself. */
enum { IOPT_MAX_MESSAGE_DEPTH = 100 };

/* Fails with IOPT_BAD_MODEL if the bytes are no well-formed message of this type, or one that is
 * nested too deep; `depth` messages are around it already. */
IoptStatus iopt_message_check(const ProtobufCMessageDescriptor *type, IoptBytes message,
                              size_t depth, IoptError *err);

#endif
