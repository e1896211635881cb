/* The index is a table of LevelDB: blocks of keys that share prefixes, a block that tells where the
 * blocks are, and a footer that tells where that block is.  All offsets are checked. */
#include "formats/tensor_bundle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "formats/tensor_proto.h"
#include "formats/wire.h"
#include "platform/file.h"

enum { FOOTER_BYTES = 48, MAGIC_BYTES = 8, TRAILER_BYTES = 5 };

struct IoptBundle {
    char *prefix;
    IoptBuffer *index;
    uint64_t n_shards;
};

static IoptStatus fail(const IoptBundle *bundle, const char *what, IoptError *err)
{
    return iopt_fail(err, IOPT_BAD_DATA, "'%s.index' is no checkpoint's index: %s", bundle->prefix,
                     what);
}

/* A block by its handle "offset, size" (varints); what stands behind it tells its compression. */
static IoptStatus read_block(const IoptBundle *bundle, IoptWire *handle, IoptBytes *out,
                             IoptError *err)
{
    const IoptBytes file = { iopt_buffer_data(bundle->index), iopt_buffer_bytes(bundle->index) };
    uint64_t offset, size;

    if (!iopt_wire_varint(handle, &offset) || !iopt_wire_varint(handle, &size) ||
        offset > file.size || size > file.size - offset ||
        file.size - offset - size < TRAILER_BYTES)
        return fail(bundle, "a block lies outside of the file", err);
    if (file.data[offset + size] != 0)
        return iopt_fail(err, IOPT_UNSUPPORTED, "'%s.index' is compressed", bundle->prefix);
    *out = (IoptBytes){ file.data + offset, size };
    return IOPT_OK;
}

/* Walks over a block's entries; the restart points at its end are not needed. */
typedef struct Entries {
    IoptWire wire;
    IoptText key;
    IoptBytes value;
    bool broken;
} Entries;

static Entries entries_of(IoptBytes block)
{
    uint32_t restarts = 0;
    Entries entries = { .broken = block.size < sizeof restarts };

    if (entries.broken)
        return entries;
    memcpy(&restarts, block.data + block.size - sizeof restarts, sizeof restarts);
    const uint64_t tail = ((uint64_t)restarts + 1) * sizeof restarts;
    entries.broken = tail > block.size;
    if (!entries.broken)
        entries.wire = iopt_wire((IoptBytes){ block.data, block.size - (size_t)tail });
    return entries;
}

static bool next_entry(Entries *entries)
{
    IoptWire *const wire = &entries->wire;
    uint64_t shared, own, value;

    if (entries->broken || wire->at == wire->end)
        return false;
    entries->broken = !iopt_wire_varint(wire, &shared) || !iopt_wire_varint(wire, &own) ||
                      !iopt_wire_varint(wire, &value) || shared > entries->key.size ||
                      own > (uint64_t)(wire->end - wire->at) ||
                      value > (uint64_t)(wire->end - wire->at) - own;
    if (entries->broken)
        return false;
    entries->key.size = (size_t)shared;
    iopt_text_append(&entries->key, wire->at, (size_t)own);
    entries->value = (IoptBytes){ wire->at + own, (size_t)value };
    wire->at += own + value;
    entries->broken = entries->key.failed;
    return !entries->broken;
}

/* Looks for a key in one block; value->data stays NULL if it is not there. */
static IoptStatus find_in_block(const IoptBundle *bundle, IoptBytes block, const char *name,
                                IoptBytes *value, IoptError *err)
{
    Entries entries = entries_of(block);
    const size_t size = strlen(name);

    while (!value->data && next_entry(&entries))
        if (entries.key.size == size && (size == 0 || memcmp(entries.key.s, name, size) == 0))
            *value = entries.value;
    iopt_text_free(&entries.key);
    return entries.broken ? fail(bundle, "its entries make no sense", err) : IOPT_OK;
}

static IoptStatus find(const IoptBundle *bundle, const char *name, IoptBytes *value, IoptError *err)
{
    const char *const file = iopt_buffer_data(bundle->index);
    const size_t size = iopt_buffer_bytes(bundle->index);
    IoptWire footer =
        iopt_wire((IoptBytes){ file + size - FOOTER_BYTES, FOOTER_BYTES - MAGIC_BYTES });
    IoptStatus status = IOPT_OK;
    IoptBytes index, block;
    uint64_t skipped;

    *value = (IoptBytes){ 0 };
    if (!iopt_wire_varint(&footer, &skipped) || !iopt_wire_varint(&footer, &skipped))
        return fail(bundle, "its end makes no sense", err);
    IOPT_TRY(read_block(bundle, &footer, &index, err));
    Entries blocks = entries_of(index);
    while (status == IOPT_OK && !value->data && next_entry(&blocks)) {
        IoptWire handle = iopt_wire(blocks.value);
        status = read_block(bundle, &handle, &block, err);
        if (status == IOPT_OK)
            status = find_in_block(bundle, block, name, value, err);
    }
    iopt_text_free(&blocks.key);
    if (status == IOPT_OK && blocks.broken)
        return fail(bundle, "its list of blocks makes no sense", err);
    return status;
}

/* The header is the entry without a name. */
static IoptStatus read_header(IoptBundle *bundle, IoptError *err)
{
    static const char magic[] = "\x57\xfb\x80\x8b\x24\x75\x47\xdb";
    enum { NUM_SHARDS = 1, ENDIANNESS = 2 };
    const char *const file = iopt_buffer_data(bundle->index);
    const size_t size = iopt_buffer_bytes(bundle->index);
    IoptBytes header;
    IoptWireField field;

    if (size < FOOTER_BYTES || memcmp(file + size - MAGIC_BYTES, magic, MAGIC_BYTES) != 0)
        return fail(bundle, "it does not end as one", err);
    IOPT_TRY(find(bundle, "", &header, err));
    if (!header.data)
        return fail(bundle, "it has no header", err);
    IoptWire wire = iopt_wire(header);
    while (iopt_wire_next(&wire, &field)) {
        if (iopt_wire_is(&field, NUM_SHARDS, IOPT_WIRE_VARINT))
            bundle->n_shards = field.value;
        if (iopt_wire_is(&field, ENDIANNESS, IOPT_WIRE_VARINT) && field.value != 0)
            return iopt_fail(err, IOPT_UNSUPPORTED, "'%s' is a big-endian checkpoint",
                             bundle->prefix);
    }
    return IOPT_OK;
}

IoptStatus iopt_bundle_open(const char *prefix, IoptBundle **out, IoptError *err)
{
    char path[1024];
    void *block;

    *out = NULL;
    (void)snprintf(path, sizeof path, "%s.index", prefix);
    if (iopt_path_kind(path) == IOPT_PATH_ABSENT)
        return iopt_fail(err, IOPT_NOT_FOUND, "%s; No such file or directory", path);
    IOPT_TRY(iopt_alloc(&block, 1, sizeof(IoptBundle) + strlen(prefix) + 1, err));
    IoptBundle *const bundle = block;
    bundle->prefix = strcpy((char *)(bundle + 1), prefix);
    IoptStatus status = iopt_file_map(path, &bundle->index, err);
    if (status == IOPT_OK)
        status = read_header(bundle, err);
    if (status == IOPT_OK)
        *out = bundle;
    else
        iopt_bundle_close(bundle);
    return status;
}

void iopt_bundle_close(IoptBundle *bundle)
{
    if (!bundle)
        return;
    iopt_buffer_unref(bundle->index);
    free(bundle);
}

/* --- tensors ------------------------------------------------------------------------------- */

typedef struct Entry {
    IoptDType dtype;
    IoptBytes shape;
    uint64_t shard, offset, size;
    bool is_sliced;
} Entry;

static Entry read_entry(IoptBytes message)
{
    enum { DTYPE = 1, SHAPE, SHARD, OFFSET, SIZE, CRC, SLICES };
    IoptWire wire = iopt_wire(message);
    IoptWireField field;
    Entry entry = { .shape = { "", 0 } };

    while (iopt_wire_next(&wire, &field)) {
        switch (field.number) {
        case DTYPE: entry.dtype = (IoptDType)(field.value & 0xff); break;
        case SHAPE: entry.shape = field.bytes; break;
        case SHARD: entry.shard = field.value; break;
        case OFFSET: entry.offset = field.value; break;
        case SIZE: entry.size = field.value; break;
        case SLICES: entry.is_sliced = true; break;
        default: break;
        }
    }
    return entry;
}

static IoptStatus copy_values(const IoptBundle *bundle, const char *name, const Entry *entry,
                              IoptTensor *tensor, IoptError *err)
{
    char path[1100];
    IoptBuffer *file;
    IoptStatus status = IOPT_OK;

    (void)snprintf(path, sizeof path, "%.1000s.data-%05llu-of-%05llu", bundle->prefix,
                   (unsigned long long)entry->shard, (unsigned long long)bundle->n_shards);
    IOPT_TRY(iopt_file_map(path, &file, err));
    const size_t bytes = iopt_buffer_bytes(file);
    if (entry->size != tensor->bytes || entry->offset > bytes ||
        entry->size > bytes - entry->offset)
        status = iopt_fail(err, IOPT_BAD_DATA, "'%s' does not hold all of '%s'", path, name);
    else if (entry->size)
        memcpy(tensor->data, (const char *)iopt_buffer_data(file) + entry->offset, tensor->bytes);
    iopt_buffer_unref(file);
    return status;
}

IoptStatus iopt_bundle_read(const IoptBundle *bundle, const char *name, IoptTensor **out,
                            IoptError *err)
{
    IoptBytes value;
    IoptShape shape;
    bool fits;

    *out = NULL;
    IOPT_TRY(find(bundle, name, &value, err));
    if (!value.data || !*name)
        return iopt_fail(err, IOPT_NOT_FOUND, "Key %s not found in checkpoint", name);
    const Entry entry = read_entry(value);
    IOPT_TRY(iopt_shape_decode(entry.shape, &shape, &fits, err));
    if (entry.is_sliced || !fits || iopt_dtype_bytes(entry.dtype) == 0)
        return iopt_fail(err, IOPT_UNSUPPORTED,
                         "'%s' in checkpoint '%s' is %s, which cannot be read", name,
                         bundle->prefix, entry.is_sliced ? "stored in slices" : "of another type");
    IOPT_TRY(iopt_tensor_create(entry.dtype, &shape, out, err));
    const IoptStatus status = copy_values(bundle, name, &entry, *out, err);
    if (status != IOPT_OK) {
        iopt_tensor_destroy(*out);
        *out = NULL;
    }
    return status;
}
