/* Zip archives of .npy files.
 *
 *   source  PKWARE's APPNOTE 6.3; read from the central directory at the end of the file
 */
#include "formats/npz.h"

#include <stdlib.h>
#include <string.h>

#define ZLIB_CONST
#include <zlib.h>

#include "base/memory.h"
#include "formats/npy.h"
#include "platform/file.h"

enum {
    LOCAL_BYTES = 30,
    ENTRY_BYTES = 46,
    END_BYTES = 22,
    END64_BYTES = 56,
    LOCATOR_BYTES = 20,
    MAX_COMMENT = 65535,
    STORED = 0,
    DEFLATED = 8,
    /* deflate's best ratio; what claims more is a lie about the size */
    MAX_RATIO = 1032
};

typedef struct Member {
    char *name;
    uint16_t method;
    uint32_t crc;
    uint64_t packed, unpacked, local; /* sizes; offset of the local header */
} Member;

struct IoptNpz {
    char *path;
    IoptBuffer *file;
    const unsigned char *bytes;
    size_t size;
    Member *members;
    size_t count;
};

static uint64_t load_le(const unsigned char *p, int count)
{
    uint64_t value = 0;

    for (int i = count; i > 0; i--)
        value = value << 8 | p[i - 1];
    return value;
}

static IoptStatus fail_zip(const IoptNpz *npz, const char *cause, IoptError *err)
{
    return iopt_fail(err, IOPT_BAD_DATA, "'%s': broken .npz archive: %s", npz->path, cause);
}

/* Bytes [offset, offset + size) of the file, or NULL. */
static const unsigned char *part(const IoptNpz *npz, uint64_t offset, uint64_t size)
{
    return offset <= npz->size && size <= npz->size - offset ? npz->bytes + offset : NULL;
}

static const unsigned char *signed_part(const IoptNpz *npz, uint64_t offset, uint64_t size,
                                        const char *signature)
{
    const unsigned char *const p = part(npz, offset, size);
    return p && memcmp(p, signature, 4) == 0 ? p : NULL;
}

/* Finds the directory: the record at the very end (a comment may follow), or zip64's. */
static IoptStatus find_directory(const IoptNpz *npz, uint64_t *offset, uint64_t *count,
                                 IoptError *err)
{
    const unsigned char *end = NULL;
    uint64_t at = npz->size;

    for (uint64_t back = END_BYTES; !end && back <= END_BYTES + MAX_COMMENT; back++) {
        if (back > npz->size)
            break;
        at = npz->size - back;
        end = signed_part(npz, at, END_BYTES, "PK\x05\x06");
    }
    if (!end)
        return fail_zip(npz, "truncated, or not a zip file: there is no directory", err);
    *count = load_le(end + 10, 2);
    *offset = load_le(end + 16, 4);
    if (*count != 0xffff && *offset != 0xffffffff)
        return IOPT_OK;
    const unsigned char *const locator =
        at >= LOCATOR_BYTES ? signed_part(npz, at - LOCATOR_BYTES, LOCATOR_BYTES, "PK\x06\x07")
                            : NULL;
    if (!locator)
        return IOPT_OK; /* 65535 members and no zip64 */
    end = signed_part(npz, load_le(locator + 8, 8), END64_BYTES, "PK\x06\x06");
    if (!end)
        return fail_zip(npz, "its zip64 directory is missing", err);
    *count = load_le(end + 32, 8);
    *offset = load_le(end + 48, 8);
    return IOPT_OK;
}

/* zip64 puts values that do not fit in 32 bits into an extra field, in this order. */
static bool read_zip64(Member *member, const unsigned char *extra, size_t size)
{
    uint64_t *const values[3] = { &member->unpacked, &member->packed, &member->local };
    bool missing = false;

    for (int i = 0; i < 3; i++)
        missing = missing || *values[i] == 0xffffffff;
    if (!missing)
        return true;
    while (size >= 4) {
        const size_t id = load_le(extra, 2), length = load_le(extra + 2, 2);
        if (length > size - 4)
            return false;
        const unsigned char *p = extra + 4, *const last = p + length;
        if (id == 1) {
            for (int i = 0; i < 3; i++)
                if (*values[i] == 0xffffffff) {
                    if (last - p < 8)
                        return false;
                    *values[i] = load_le(p, 8);
                    p += 8;
                }
            return true;
        }
        extra += 4 + length;
        size -= 4 + length;
    }
    return false;
}

static IoptStatus read_entry(IoptNpz *npz, uint64_t *at, Member *member, IoptError *err)
{
    const unsigned char *const p = signed_part(npz, *at, ENTRY_BYTES, "PK\x01\x02");
    if (!p)
        return fail_zip(npz, "its directory is truncated", err);
    const uint64_t name = load_le(p + 28, 2), extra = load_le(p + 30, 2);
    const unsigned char *const tail = part(npz, *at + ENTRY_BYTES, name + extra);
    if (!tail)
        return fail_zip(npz, "its directory is truncated", err);
    if (load_le(p + 8, 2) & 1)
        return fail_zip(npz, "a member is encrypted", err);
    member->method = (uint16_t)load_le(p + 10, 2);
    member->crc = (uint32_t)load_le(p + 16, 4);
    member->packed = load_le(p + 20, 4);
    member->unpacked = load_le(p + 24, 4);
    member->local = load_le(p + 42, 4);
    if (!read_zip64(member, tail + name, extra))
        return fail_zip(npz, "a broken zip64 field", err);
    const bool npy = name > 4 && memcmp(tail + name - 4, ".npy", 4) == 0;
    member->name = strndup((const char *)tail, npy ? name - 4 : name);
    if (!member->name)
        return iopt_fail_memory(err, name);
    *at += ENTRY_BYTES + name + extra + load_le(p + 32, 2);
    return IOPT_OK;
}

static IoptStatus read_directory(IoptNpz *npz, IoptError *err)
{
    uint64_t at = 0, count = 0;
    void *block;

    IOPT_TRY(find_directory(npz, &at, &count, err));
    if (count > npz->size / ENTRY_BYTES)
        return fail_zip(npz, "its directory is truncated", err);
    IOPT_TRY(iopt_alloc(&block, (size_t)count, sizeof(Member), err));
    npz->members = block;
    for (; npz->count < count; npz->count++)
        IOPT_TRY(read_entry(npz, &at, &npz->members[npz->count], err));
    return IOPT_OK;
}

IoptStatus iopt_npz_open(const char *path, IoptNpz **out, IoptError *err)
{
    IoptStatus status;
    void *block;

    *out = NULL;
    IOPT_TRY(iopt_alloc(&block, 1, sizeof(IoptNpz), err));
    IoptNpz *const npz = block;
    npz->path = strdup(path);
    if (!npz->path) {
        status = iopt_fail_memory(err, strlen(path));
        goto done;
    }
    IOPT_DO(iopt_file_map(path, &npz->file, err));
    npz->bytes = iopt_buffer_data(npz->file);
    npz->size = iopt_buffer_bytes(npz->file);
    IOPT_DO(read_directory(npz, err));
    *out = npz;
    return IOPT_OK;
done:
    iopt_npz_close(npz);
    return status;
}

void iopt_npz_close(IoptNpz *npz)
{
    if (!npz)
        return;
    for (size_t i = 0; i < npz->count; i++)
        free(npz->members[i].name);
    free(npz->members);
    iopt_buffer_unref(npz->file);
    free(npz->path);
    free(npz);
}

size_t iopt_npz_count(const IoptNpz *npz)
{
    return npz->count;
}

const char *iopt_npz_name(const IoptNpz *npz, size_t index)
{
    return npz->members[index].name;
}

size_t iopt_npz_find(const IoptNpz *npz, const char *name)
{
    for (size_t i = 0; i < npz->count; i++)
        if (strcmp(npz->members[i].name, name) == 0)
            return i;
    return SIZE_MAX;
}

static bool unpack(const unsigned char *packed, size_t packed_size, unsigned char *to, size_t size)
{
    z_stream stream = { .next_in = packed, .next_out = to };
    size_t in = packed_size, out = size;
    int result = Z_OK;

    if (inflateInit2(&stream, -15) != Z_OK) /* a bare deflate stream */
        return false;
    while (result == Z_OK) { /* zlib counts in 32 bits */
        const uInt step_in = in < (1u << 30) ? (uInt)in : 1u << 30;
        const uInt step_out = out < (1u << 30) ? (uInt)out : 1u << 30;
        stream.avail_in = step_in;
        stream.avail_out = step_out;
        result = inflate(&stream, Z_NO_FLUSH);
        in -= step_in - stream.avail_in;
        out -= step_out - stream.avail_out;
    }
    (void)inflateEnd(&stream);
    return result == Z_STREAM_END && out == 0;
}

static bool crc_holds(const unsigned char *bytes, size_t size, uint32_t want)
{
    return (uint32_t)crc32_z(crc32_z(0, NULL, 0), bytes, size) == want;
}

static IoptStatus unpack_member(const IoptNpz *npz, const Member *member,
                                const unsigned char *packed, IoptBuffer **out, IoptError *err)
{
    if (member->unpacked / MAX_RATIO > member->packed + 1)
        return fail_zip(npz, "a member claims an impossible size", err);
    IOPT_TRY(iopt_buffer_create((size_t)member->unpacked, out, err));
    if (unpack(packed, (size_t)member->packed, iopt_buffer_data(*out), (size_t)member->unpacked))
        return IOPT_OK;
    iopt_buffer_unref(*out);
    *out = NULL;
    return fail_zip(npz, "a member cannot be unpacked", err);
}

/* A stored member's bytes keep the mapping alive through the archive's file. */
static void release_nothing(void *data, size_t bytes)
{
    (void)data, (void)bytes;
}

static IoptStatus open_member(const IoptNpz *npz, const Member *member, IoptBuffer **out,
                              IoptError *err)
{
    const unsigned char *const local = signed_part(npz, member->local, LOCAL_BYTES, "PK\x03\x04");
    if (!local)
        return fail_zip(npz, "a member is missing", err);
    const uint64_t start =
        member->local + LOCAL_BYTES + load_le(local + 26, 2) + load_le(local + 28, 2);
    const unsigned char *const packed = part(npz, start, member->packed);
    if (!packed)
        return fail_zip(npz, "a member is truncated", err);
    if (member->method == DEFLATED)
        return unpack_member(npz, member, packed, out, err);
    if (member->method != STORED)
        return iopt_fail(err, IOPT_UNSUPPORTED,
                         "'%s': compression method %d; want stored or "
                         "deflated",
                         npz->path, member->method);
    if (member->packed != member->unpacked)
        return fail_zip(npz, "a stored member has two sizes", err);
    return iopt_buffer_wrap((unsigned char *)(uintptr_t)packed, (size_t)member->packed,
                            release_nothing, out, err);
}

IoptStatus iopt_npz_bytes(const IoptNpz *npz, size_t index, IoptBuffer **out, IoptError *err)
{
    const Member *const member = &npz->members[index];

    *out = NULL;
    IOPT_TRY(iopt_while(err, open_member(npz, member, out, err), "array '%s'", member->name));
    if (crc_holds(iopt_buffer_data(*out), iopt_buffer_bytes(*out), member->crc))
        return IOPT_OK;
    iopt_buffer_unref(*out);
    *out = NULL;
    return iopt_while(err, fail_zip(npz, "wrong checksum", err), "array '%s'", member->name);
}

IoptStatus iopt_npz_read(const IoptNpz *npz, size_t index, IoptDType want, IoptTensor **out,
                         IoptError *err)
{
    IoptBuffer *bytes;

    *out = NULL;
    IOPT_TRY(iopt_npz_bytes(npz, index, &bytes, err));
    const IoptStatus status =
        iopt_npy_parse(iopt_buffer_data(bytes), iopt_buffer_bytes(bytes), want, out, err);
    iopt_buffer_unref(bytes);
    return iopt_while(err, status, "'%s': array '%s'", npz->path, npz->members[index].name);
}
