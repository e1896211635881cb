/* Reference-counted bytes. */
#include "base/buffer.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct IoptBuffer {
    atomic_size_t refs;
    void *data;
    size_t bytes;
    void (*release)(void *data, size_t bytes);
};

static void release_block(void *data, size_t bytes)
{
    (void)bytes;
    free(data);
}

IoptStatus iopt_buffer_wrap(void *data, size_t bytes, void (*release)(void *data, size_t bytes),
                            IoptBuffer **out, IoptError *err)
{
    void *block;

    *out = NULL;
    IOPT_TRY(iopt_alloc(&block, 1, sizeof(IoptBuffer), err));
    IoptBuffer *buffer = block;
    atomic_init(&buffer->refs, 1);
    buffer->data = data;
    buffer->bytes = bytes;
    buffer->release = release;
    *out = buffer;
    return IOPT_OK;
}

IoptStatus iopt_buffer_create(size_t bytes, IoptBuffer **out, IoptError *err)
{
    void *data;

    *out = NULL;
    IOPT_TRY(iopt_alloc_aligned(&data, bytes, err));
    memset(data, 0, bytes);
    const IoptStatus status = iopt_buffer_wrap(data, bytes, release_block, out, err);
    if (status != IOPT_OK)
        free(data);
    return status;
}

IoptBuffer *iopt_buffer_ref(IoptBuffer *buffer)
{
    if (buffer)
        atomic_fetch_add_explicit(&buffer->refs, 1, memory_order_relaxed);
    return buffer;
}

void iopt_buffer_unref(IoptBuffer *buffer)
{
    if (!buffer || atomic_fetch_sub_explicit(&buffer->refs, 1, memory_order_acq_rel) != 1)
        return;
    if (buffer->release)
        buffer->release(buffer->data, buffer->bytes);
    free(buffer);
}

void *iopt_buffer_data(const IoptBuffer *buffer)
{
    return buffer->data;
}

size_t iopt_buffer_bytes(const IoptBuffer *buffer)
{
    return buffer->bytes;
}
