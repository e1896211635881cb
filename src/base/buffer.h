/* Reference-counted bytes: tensor payloads are shared between graphs, plans and file mappings. */
#ifndef IOPT_BASE_BUFFER_H
#define IOPT_BASE_BUFFER_H

#include "base/status.h"

typedef struct IoptBuffer IoptBuffer;

/* `bytes` zeroed bytes aligned to IOPT_ALIGN_BYTES, with one reference, the caller's. */
IoptStatus iopt_buffer_create(size_t bytes, IoptBuffer **out, IoptError *err);

/* Bytes that somebody else made: `release(data, bytes)` runs when the last reference goes.  On
 * failure the bytes stay the caller's. */
IoptStatus iopt_buffer_wrap(void *data, size_t bytes, void (*release)(void *data, size_t bytes),
                            IoptBuffer **out, IoptError *err);

IoptBuffer *iopt_buffer_ref(IoptBuffer *buffer); /* NULL gives NULL */
void iopt_buffer_unref(IoptBuffer *buffer);      /* NULL is fine */

void *iopt_buffer_data(const IoptBuffer *buffer);
size_t iopt_buffer_bytes(const IoptBuffer *buffer);

#endif
