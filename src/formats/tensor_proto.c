/* TensorProto to tensor and back. */
#include "formats/tensor_proto.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/compiler.h"
#include "base/memory.h"
#include "tf_tensor.pb-c.h"

enum { FIELD_DTYPE = 1, FIELD_SHAPE = 2, FIELD_CONTENT = 4, FIELD_STRINGS = 8 };
enum { LAST_DTYPE = 31 }; /* the youngest type number of TensorFlow that we have heard of */

/* Which typed field holds the values of a type, and in what units. */
typedef struct ValueField {
    uint32_t number;
    IoptWireType type;
    size_t unit_bytes; /* a complex number is two units */
} ValueField;

static const ValueField value_fields[] = {
    [IOPT_F32] = { 5, IOPT_WIRE_FIXED32, 4 },   [IOPT_F64] = { 6, IOPT_WIRE_FIXED64, 8 },
    [IOPT_I32] = { 7, IOPT_WIRE_VARINT, 4 },    [IOPT_U8] = { 7, IOPT_WIRE_VARINT, 1 },
    [IOPT_I16] = { 7, IOPT_WIRE_VARINT, 2 },    [IOPT_I8] = { 7, IOPT_WIRE_VARINT, 1 },
    [IOPT_C64] = { 9, IOPT_WIRE_FIXED32, 4 },   [IOPT_I64] = { 10, IOPT_WIRE_VARINT, 8 },
    [IOPT_BOOL] = { 11, IOPT_WIRE_VARINT, 1 },  [IOPT_QI8] = { 7, IOPT_WIRE_VARINT, 1 },
    [IOPT_QU8] = { 7, IOPT_WIRE_VARINT, 1 },    [IOPT_QI32] = { 7, IOPT_WIRE_VARINT, 4 },
    [IOPT_BF16] = { 13, IOPT_WIRE_VARINT, 2 },  [IOPT_QI16] = { 7, IOPT_WIRE_VARINT, 2 },
    [IOPT_QU16] = { 7, IOPT_WIRE_VARINT, 2 },   [IOPT_U16] = { 7, IOPT_WIRE_VARINT, 2 },
    [IOPT_C128] = { 12, IOPT_WIRE_FIXED64, 8 }, [IOPT_F16] = { 13, IOPT_WIRE_VARINT, 2 },
    [IOPT_U32] = { 16, IOPT_WIRE_VARINT, 4 },   [IOPT_U64] = { 17, IOPT_WIRE_VARINT, 8 },
};

/* protobuf-c makes an object per dimension: count them before it does. */
static IoptStatus check_rank(IoptBytes message, IoptError *err)
{
    IoptWire wire = iopt_wire(message);
    IoptWireField field;
    size_t rank = 0;

    while (iopt_wire_next(&wire, &field))
        rank += iopt_wire_is(&field, 2, IOPT_WIRE_LENGTH);
    if (wire.broken)
        return iopt_fail(err, IOPT_BAD_MODEL, "broken bytes in a shape");
    if (rank > IOPT_PROTO_MAX_RANK)
        return iopt_fail(err, IOPT_BAD_MODEL, "a shape of %zu dimensions; at most %d are possible",
                         rank, IOPT_PROTO_MAX_RANK);
    return IOPT_OK;
}

IoptStatus iopt_shape_decode(IoptBytes message, IoptShape *out, bool *fits, IoptError *err)
{
    IoptStatus status = IOPT_OK;

    *out = iopt_shape_unknown();
    *fits = true;
    IOPT_TRY(check_rank(message, err));
    Iopt__Tf__TensorShapeProto *const shape =
        iopt__tf__tensor_shape_proto__unpack(NULL, message.size, (const uint8_t *)message.data);
    if (!shape)
        return iopt_fail(err, IOPT_BAD_MODEL, "broken bytes in a shape");
    if (shape->unknown_rank)
        goto done;
    *fits = shape->n_dim <= IOPT_MAX_RANK;
    if (*fits)
        *out = iopt_shape_scalar();
    for (size_t i = 0; i < shape->n_dim; i++) {
        if (shape->dim[i]->size < -1) {
            status = iopt_fail(err, IOPT_BAD_MODEL, "a shape has dimension %lld",
                               (long long)shape->dim[i]->size);
            goto done;
        }
        if (*fits)
            iopt_shape_push(out, shape->dim[i]->size);
    }
done:
    iopt__tf__tensor_shape_proto__free_unpacked(shape, NULL);
    return status;
}

/* What a TensorProto says of itself, before its values are read. */
typedef struct Parts {
    IoptBytes message;
    uint64_t dtype;
    IoptShape shape;
    bool fits;
    IoptBytes content;
} Parts;

static IoptStatus read_parts(IoptBytes message, Parts *parts, IoptError *err)
{
    IoptWire wire = iopt_wire(message);
    IoptWireField field;

    *parts = (Parts){ .message = message, .shape = iopt_shape_scalar(), .fits = true };
    while (iopt_wire_next(&wire, &field)) {
        if (iopt_wire_is(&field, FIELD_DTYPE, IOPT_WIRE_VARINT))
            parts->dtype = field.value;
        else if (iopt_wire_is(&field, FIELD_SHAPE, IOPT_WIRE_LENGTH))
            IOPT_TRY(iopt_shape_decode(field.bytes, &parts->shape, &parts->fits, err));
        else if (iopt_wire_is(&field, FIELD_CONTENT, IOPT_WIRE_LENGTH))
            parts->content = field.bytes;
    }
    if (wire.broken)
        return iopt_fail(err, IOPT_BAD_MODEL, "broken bytes in a tensor");
    if (parts->dtype == 0 || parts->dtype > LAST_DTYPE)
        return iopt_fail(err, IOPT_BAD_MODEL, "a tensor of type number %llu, which is not known",
                         (unsigned long long)parts->dtype);
    if (parts->shape.rank < 0 && parts->fits)
        parts->shape = iopt_shape_scalar(); /* "unknown rank" counts as a scalar */
    for (int i = 0; i < parts->shape.rank; i++)
        if (parts->shape.dim[i] < 0)
            return iopt_fail(err, IOPT_BAD_MODEL, "a tensor has dimension %lld",
                             (long long)parts->shape.dim[i]);
    return IOPT_OK;
}

/* Counts what a tensor takes beyond what the file holds. */
static IoptStatus charge(const Parts *parts, size_t bytes, size_t *repeated, IoptError *err)
{
    const size_t most_per_byte = 8; /* a varint of one byte may stand for eight */

    if (bytes / most_per_byte <= parts->message.size)
        return IOPT_OK;
    if (bytes > IOPT_MAX_REPEATED_BYTES - *repeated)
        return iopt_fail(err, IOPT_BAD_MODEL,
                         "%s%s of %zu bytes, but the file holds %zu; values may be repeated up to "
                         "%s in one graph",
                         iopt_dtype_name((IoptDType)parts->dtype), iopt_shape_text(&parts->shape).s,
                         bytes, parts->message.size,
                         iopt_bytes_text((double)IOPT_MAX_REPEATED_BYTES).s);
    *repeated += bytes;
    return IOPT_OK;
}

static IoptStatus view_content(const Parts *parts, size_t bytes, IoptBuffer *owner,
                               IoptTensor **out, IoptError *err)
{
    union {
        const char *in;
        void *out;
    } content = { .in = parts->content.data }; /* tensors of files are only ever read */

    if (parts->content.size != bytes)
        return iopt_fail(err, IOPT_BAD_MODEL, "tensor_content has %zu bytes, %s%s wants %zu",
                         parts->content.size, iopt_dtype_name((IoptDType)parts->dtype),
                         iopt_shape_text(&parts->shape).s, bytes);
    if ((IoptDType)parts->dtype == IOPT_BOOL)
        for (size_t i = 0; i < bytes; i++)
            if ((uint8_t)parts->content.data[i] > 1)
                return iopt_fail(err, IOPT_BAD_MODEL, "a bool of value %u",
                                 (unsigned)(uint8_t)parts->content.data[i]);
    return iopt_tensor_view((IoptDType)parts->dtype, &parts->shape, owner, content.out, out, err);
}

typedef struct Filler {
    char *at, *end;
    size_t unit_bytes;
    bool is_bool;
} Filler;

static void fill_unit(Filler *filler, uint64_t value)
{
    if (filler->at == filler->end)
        return; /* values beyond the shape are ignored */
    if (filler->is_bool)
        value = value != 0;
    memcpy(filler->at, &value, filler->unit_bytes); /* little endian, as every CPU we know */
    filler->at += filler->unit_bytes;
}

static bool fill_packed(Filler *filler, IoptBytes bytes, IoptWireType type)
{
    IoptWire wire = iopt_wire(bytes);
    uint64_t value;

    if (type == IOPT_WIRE_VARINT) {
        while (iopt_wire_varint(&wire, &value))
            fill_unit(filler, value);
        return !wire.broken;
    }
    const size_t step = type == IOPT_WIRE_FIXED32 ? 4 : 8;
    for (size_t i = 0; i + step <= bytes.size; i += step) {
        value = 0;
        memcpy(&value, bytes.data + i, step);
        fill_unit(filler, value);
    }
    return bytes.size % step == 0;
}

static IoptStatus read_values(const Parts *parts, IoptTensor *tensor, IoptError *err)
{
    const ValueField *const from = &value_fields[tensor->dtype];
    const size_t elem_bytes = iopt_dtype_bytes(tensor->dtype);
    char *const first = tensor->data;
    Filler filler = { first, first + tensor->bytes, from->unit_bytes, tensor->dtype == IOPT_BOOL };
    IoptWire wire = iopt_wire(parts->message);
    IoptWireField field;
    bool good = true;

    while (good && iopt_wire_next(&wire, &field)) {
        if (iopt_wire_is(&field, from->number, from->type))
            fill_unit(&filler, field.value);
        else if (iopt_wire_is(&field, from->number, IOPT_WIRE_LENGTH))
            good = fill_packed(&filler, field.bytes, from->type);
    }
    if (!good)
        return iopt_fail(err, IOPT_BAD_MODEL, "broken bytes in the values of a tensor");
    /* Half a complex number does not count. */
    char *at = filler.at - (size_t)(filler.at - first) % elem_bytes;
    if (at > first)
        for (; at < filler.end; at += elem_bytes)
            memcpy(at, at - elem_bytes, elem_bytes);
    return IOPT_OK;
}

/* Strings of the raw content: all lengths first, then all bytes. */
static IoptStatus split_strings(IoptBytes content, IoptBytes *elems, size_t count, IoptError *err)
{
    IoptWire wire = iopt_wire(content);
    uint64_t size;

    for (size_t i = 0; i < count; i++) {
        if (!iopt_wire_varint(&wire, &size) || size > content.size)
            return iopt_fail(err, IOPT_BAD_MODEL, "tensor_content lacks lengths for %zu strings",
                             count);
        elems[i].size = (size_t)size;
    }
    for (size_t i = 0; i < count; i++) {
        if (elems[i].size > (size_t)(wire.end - wire.at))
            return iopt_fail(err, IOPT_BAD_MODEL, "tensor_content ends within string %zu of %zu", i,
                             count);
        elems[i].data = wire.at;
        wire.at += elems[i].size;
    }
    if (wire.at != wire.end)
        return iopt_fail(err, IOPT_BAD_MODEL, "tensor_content has %zu bytes behind its %zu strings",
                         (size_t)(wire.end - wire.at), count);
    return IOPT_OK;
}

/* The strings that are there; tells the last one, which stands for the rest. */
static size_t find_strings(IoptBytes message, IoptBytes *elems, size_t count, IoptBytes *last)
{
    IoptWire wire = iopt_wire(message);
    IoptWireField field;
    size_t n = 0;

    *last = (IoptBytes){ "", 0 };
    while (n < count && iopt_wire_next(&wire, &field))
        if (iopt_wire_is(&field, FIELD_STRINGS, IOPT_WIRE_LENGTH)) {
            *last = field.bytes;
            if (elems)
                elems[n] = field.bytes;
            n++;
        }
    return n;
}

static IoptStatus read_strings(const Parts *parts, size_t count, size_t *repeated, IoptTensor **out,
                               IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptBytes last = { 0 };
    size_t n = 0, each, bytes;
    void *block;

    if (parts->content.size == 0)
        n = find_strings(parts->message, NULL, count, &last);
    if (!iopt_add_size(sizeof(IoptBytes), n < count ? last.size : 0, &each) ||
        !iopt_mul_size(count, each, &bytes))
        return iopt_fail_memory(err, SIZE_MAX);
    IOPT_TRY(charge(parts, bytes, repeated, err));
    IOPT_TRY(iopt_alloc(&block, count, sizeof(IoptBytes), err));
    IoptBytes *const elems = block;
    if (parts->content.size) {
        IOPT_DO(split_strings(parts->content, elems, count, err));
    } else {
        n = find_strings(parts->message, elems, count, &last);
        for (; n < count; n++)
            elems[n] = last;
    }
    IOPT_DO(iopt_tensor_strings(&parts->shape, elems, count, out, err));
done:
    free(block);
    return status;
}

IoptStatus iopt_tensor_decode(IoptBytes message, IoptBuffer *owner, size_t *repeated,
                              IoptTensor **out, IoptError *err)
{
    Parts parts;
    size_t elems, bytes;

    *out = NULL;
    IOPT_TRY(read_parts(message, &parts, err));
    const IoptDType dtype = (IoptDType)parts.dtype;
    if (!parts.fits || iopt_dtype_bytes(dtype) == 0)
        return IOPT_OK;
    if (!iopt_shape_elems(&parts.shape, &elems) ||
        !iopt_mul_size(elems, iopt_dtype_bytes(dtype), &bytes))
        return iopt_fail(err, IOPT_BAD_MODEL, "%s%s is larger than any memory",
                         iopt_dtype_name(dtype), iopt_shape_text(&parts.shape).s);
    if (dtype == IOPT_STRING)
        return read_strings(&parts, elems, repeated, out, err);
    if (parts.content.size)
        return view_content(&parts, bytes, owner, out, err);
    IOPT_TRY(charge(&parts, bytes, repeated, err));
    IOPT_TRY(iopt_tensor_create(dtype, &parts.shape, out, err));
    const IoptStatus status = read_values(&parts, *out, err);
    if (status != IOPT_OK) {
        iopt_tensor_destroy(*out);
        *out = NULL;
    }
    return status;
}

void iopt_shape_encode(const IoptShape *shape, IoptText *out)
{
    if (shape->rank < 0)
        iopt_wire_put_int(out, 3, 1);
    for (int i = 0; i < shape->rank; i++) {
        const uint64_t size = (uint64_t)shape->dim[i];
        iopt_wire_put_tag(out, 2, IOPT_WIRE_LENGTH);
        if (size == 0) {
            iopt_wire_put_varint(out, 0); /* a zero is not written, so the dimension is empty */
            continue;
        }
        iopt_wire_put_varint(out, 1 + iopt_wire_varint_bytes(size));
        iopt_wire_put_int(out, 1, size);
    }
}

IoptStatus iopt_tensor_encode(const IoptTensor *tensor, IoptText *head, IoptBytes *tail,
                              IoptError *err)
{
    IoptText shape = { 0 };

    *tail = (IoptBytes){ 0 };
    iopt_shape_encode(&tensor->shape, &shape);
    iopt_wire_put_int(head, FIELD_DTYPE, (uint64_t)tensor->dtype);
    iopt_wire_put_bytes(head, FIELD_SHAPE, shape.s, shape.size);
    if (tensor->dtype == IOPT_STRING) {
        const IoptBytes *const strings = tensor->data;
        for (size_t i = 0; i < iopt_elems(tensor); i++)
            iopt_wire_put_bytes(head, FIELD_STRINGS, strings[i].data, strings[i].size);
    } else if (tensor->bytes) {
        iopt_wire_put_tag(head, FIELD_CONTENT, IOPT_WIRE_LENGTH);
        iopt_wire_put_varint(head, tensor->bytes);
        *tail = (IoptBytes){ tensor->data, tensor->bytes };
    }
    const bool failed = head->failed || shape.failed;
    iopt_text_free(&shape);
    return failed ? iopt_fail_memory(err, tensor->bytes) : IOPT_OK;
}
