/* TFRecord files, plain (mapped) or compressed (unpacked record by record). */
#include "formats/tfrecord.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#define ZLIB_CONST
#include <zlib.h>

#include "base/memory.h"
#include "formats/crc32c.h"

enum {
    HEAD_BYTES = 12, /* length and its checksum */
    TAIL_BYTES = 4,  /* checksum of the data */
    UNPACK_BYTES = 1 << 20
};

/* A compressed file can unpack to a thousand times its size; no example is larger than this. */
static const uint64_t max_unpacked_record = UINT64_C(1) << 30;

struct IoptTfrecord {
    char *path;
    IoptBuffer *file;
    size_t at;       /* bytes of the file that were taken */
    uint64_t offset; /* of the next record in the unpacked stream */
    uint64_t count;  /* records read */
    bool compressed, inflating;
    z_stream stream;
    void *unpacked;
    size_t capacity;
};

static uint32_t load_le32(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t load_le64(const unsigned char *p)
{
    return (uint64_t)load_le32(p) | (uint64_t)load_le32(p + 4) << 32;
}

static void store_le32(unsigned char *p, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        p[i] = (unsigned char)(value >> 8 * i);
}

static bool checksum_holds(const unsigned char *bytes, size_t size, const unsigned char *stored)
{
    return iopt_crc32c_mask(iopt_crc32c(0, bytes, size)) == load_le32(stored);
}

static IoptStatus fail_record(const IoptTfrecord *reader, const char *cause, IoptError *err)
{
    return iopt_fail(
        err, IOPT_BAD_DATA,
        "'%s': corrupted TFRecord file: record %" PRIu64 " at %soffset %" PRIu64 ": %s",
        reader->path, reader->count, reader->compressed ? "unpacked " : "", reader->offset, cause);
}

/* Unpacks up to `size` bytes to `to`; *got is less only at the end of the stream. */
static IoptStatus inflate_bytes(IoptTfrecord *reader, unsigned char *to, size_t size, size_t *got,
                                IoptError *err)
{
    z_stream *const stream = &reader->stream;
    const unsigned char *const file = iopt_buffer_data(reader->file);
    const size_t file_bytes = iopt_buffer_bytes(reader->file);

    *got = 0;
    while (*got < size && (reader->inflating || reader->at < file_bytes)) {
        const size_t left = file_bytes - reader->at, room = size - *got;
        stream->next_in = file + reader->at;
        stream->avail_in = left < UNPACK_BYTES ? (uInt)left : UNPACK_BYTES;
        stream->next_out = to + *got;
        stream->avail_out = room < UNPACK_BYTES ? (uInt)room : UNPACK_BYTES;
        const uInt in = stream->avail_in, out = stream->avail_out;
        reader->inflating = true;
        const int result = inflate(stream, Z_NO_FLUSH);
        reader->at += in - stream->avail_in;
        *got += out - stream->avail_out;
        if (result == Z_STREAM_END) { /* another gzip member may follow */
            reader->inflating = false;
            (void)inflateReset(stream);
        } else if (result == Z_BUF_ERROR && left == 0) {
            return fail_record(reader, "the compressed file is truncated", err);
        } else if (result == Z_MEM_ERROR) {
            return iopt_fail_memory(err, UNPACK_BYTES);
        } else if (result != Z_OK) {
            return fail_record(reader, stream->msg ? stream->msg : "the compression is broken",
                               err);
        }
    }
    return IOPT_OK;
}

/* Unpacks a record of `size` bytes; room is made as the data comes, not as the length claims. */
static IoptStatus inflate_record(IoptTfrecord *reader, size_t size, size_t *got, IoptError *err)
{
    *got = 0;
    while (*got < size) {
        const size_t piece = size - *got < UNPACK_BYTES ? size - *got : UNPACK_BYTES;
        size_t more;
        IOPT_TRY(iopt_grow(&reader->unpacked, &reader->capacity, *got + piece, 1, err));
        IOPT_TRY(
            inflate_bytes(reader, (unsigned char *)reader->unpacked + *got, piece, &more, err));
        *got += more;
        if (more < piece)
            break;
    }
    return IOPT_OK;
}

/* The next `size` bytes of the stream, borrowed until the next call. */
static IoptStatus take(IoptTfrecord *reader, size_t size, const unsigned char **out, size_t *got,
                       IoptError *err)
{
    if (reader->compressed) {
        IOPT_TRY(inflate_record(reader, size, got, err));
        *out = reader->unpacked;
        return IOPT_OK;
    }
    const size_t left = iopt_buffer_bytes(reader->file) - reader->at;
    *got = size < left ? size : left;
    *out = (const unsigned char *)iopt_buffer_data(reader->file) + reader->at;
    reader->at += *got;
    return IOPT_OK;
}

IoptStatus iopt_tfrecord_next(IoptTfrecord *reader, const void **data, size_t *size, IoptError *err)
{
    const unsigned char *bytes;
    size_t got;

    *data = NULL;
    *size = 0;
    IOPT_TRY(take(reader, HEAD_BYTES, &bytes, &got, err));
    if (got == 0)
        return IOPT_OK;
    if (got < HEAD_BYTES)
        return fail_record(reader, "the file ends within a record", err);
    if (!checksum_holds(bytes, 8, bytes + 8))
        return fail_record(reader, "wrong checksum of the length", err);
    const uint64_t length = load_le64(bytes);
    if (length > SIZE_MAX - TAIL_BYTES || (reader->compressed && length > max_unpacked_record))
        return fail_record(reader, "impossible length", err);
    IOPT_TRY(take(reader, (size_t)length + TAIL_BYTES, &bytes, &got, err));
    if (got < (size_t)length + TAIL_BYTES)
        return fail_record(reader, "the file ends within a record", err);
    if (!checksum_holds(bytes, (size_t)length, bytes + length))
        return fail_record(reader, "wrong checksum of the data", err);
    *data = bytes;
    *size = (size_t)length;
    reader->offset += HEAD_BYTES + length + TAIL_BYTES;
    reader->count++;
    return IOPT_OK;
}

uint64_t iopt_tfrecord_number(const IoptTfrecord *reader)
{
    return reader->count ? reader->count - 1 : 0;
}

static bool starts_with_record(const unsigned char *bytes, size_t size)
{
    return size >= HEAD_BYTES && checksum_holds(bytes, 8, bytes + 8);
}

static bool is_gzip_or_zlib(const unsigned char *bytes, size_t size)
{
    if (size < 2)
        return false;
    return (bytes[0] == 0x1f && bytes[1] == 0x8b) ||
           ((bytes[0] & 0x0f) == 8 && (bytes[0] << 8 | bytes[1]) % 31 == 0);
}

/* Unpacks the first bytes of a compressed file, and goes back to its start. */
static bool unpacks_to_record(IoptTfrecord *reader)
{
    unsigned char head[HEAD_BYTES];
    size_t got;

    if (inflate_bytes(reader, head, sizeof head, &got, NULL) != IOPT_OK)
        return false;
    reader->at = 0;
    reader->inflating = false;
    (void)inflateReset(&reader->stream);
    return got == 0 || starts_with_record(head, got);
}

static IoptStatus recognize(IoptTfrecord *reader, IoptError *err)
{
    const unsigned char *const bytes = iopt_buffer_data(reader->file);
    const size_t size = iopt_buffer_bytes(reader->file);

    if (size == 0 || starts_with_record(bytes, size))
        return IOPT_OK;
    if (is_gzip_or_zlib(bytes, size)) {
        if (inflateInit2(&reader->stream, 15 + 32) != Z_OK) /* 32: gzip or zlib by its header */
            return iopt_fail_memory(err, UNPACK_BYTES);
        reader->compressed = true;
        if (unpacks_to_record(reader))
            return IOPT_OK;
    }
    return iopt_fail(err, IOPT_BAD_DATA,
                     "'%s': not a TFRecord file, or its first record is corrupted", reader->path);
}

IoptStatus iopt_tfrecord_open(const char *path, IoptTfrecord **out, IoptError *err)
{
    IoptStatus status;
    void *block;

    *out = NULL;
    IOPT_TRY(iopt_alloc(&block, 1, sizeof(IoptTfrecord), err));
    IoptTfrecord *const reader = block;
    reader->path = strdup(path);
    if (!reader->path) {
        status = iopt_fail_memory(err, strlen(path));
        goto done;
    }
    IOPT_DO(iopt_file_map(path, &reader->file, err));
    IOPT_DO(recognize(reader, err));
    *out = reader;
    return IOPT_OK;
done:
    iopt_tfrecord_close(reader);
    return status;
}

void iopt_tfrecord_close(IoptTfrecord *reader)
{
    if (!reader)
        return;
    if (reader->compressed)
        (void)inflateEnd(&reader->stream);
    iopt_buffer_unref(reader->file);
    free(reader->unpacked);
    free(reader->path);
    free(reader);
}

bool iopt_tfrecord_recognize(const char *path)
{
    IoptTfrecord *reader;

    if (iopt_tfrecord_open(path, &reader, NULL) != IOPT_OK)
        return false;
    const bool empty = iopt_buffer_bytes(reader->file) == 0;
    iopt_tfrecord_close(reader);
    return !empty;
}

IoptStatus iopt_tfrecord_write(IoptOutput *output, const void *data, size_t size, IoptError *err)
{
    unsigned char head[HEAD_BYTES], tail[TAIL_BYTES];

    store_le32(head, (uint32_t)size);
    store_le32(head + 4, (uint32_t)((uint64_t)size >> 32));
    store_le32(head + 8, iopt_crc32c_mask(iopt_crc32c(0, head, 8)));
    store_le32(tail, iopt_crc32c_mask(iopt_crc32c(0, data, size)));
    IOPT_TRY(iopt_output_write(output, head, sizeof head, err));
    IOPT_TRY(iopt_output_write(output, data, size, err));
    return iopt_output_write(output, tail, sizeof tail, err);
}
