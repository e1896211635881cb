/* Attribute to AttrValue: raw bytes as they came, everything else packed by protobuf-c. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "formats/attr_value.h"
#include "formats/tensor_proto.h"
#include "tf_attr.pb-c.h"

static uint8_t *borrow(const void *bytes)
{
    union {
        const void *in;
        uint8_t *out;
    } pointer = { .in = bytes }; /* protobuf-c's structs have no const, its packing only reads */

    return pointer.out;
}

static IoptStatus pack(const Iopt__Tf__AttrValue *value, IoptText *head, IoptError *err)
{
    const size_t size = iopt__tf__attr_value__get_packed_size(value);
    void *block;

    IOPT_TRY(iopt_alloc(&block, size, 1, err));
    (void)iopt__tf__attr_value__pack(value, block);
    iopt_text_append(head, block, size);
    free(block);
    return IOPT_OK;
}

static IoptStatus put_message(uint32_t number, const IoptText *message, IoptText *head,
                              IoptError *err)
{
    iopt_wire_put_bytes(head, number, message->s, message->size);
    return message->failed ? iopt_fail_memory(err, message->size) : IOPT_OK;
}

static IoptStatus encode_shape(const IoptShape *shape, IoptText *head, IoptError *err)
{
    IoptText message = { 0 };

    iopt_shape_encode(shape, &message);
    const IoptStatus status = put_message(7, &message, head, err);
    iopt_text_free(&message);
    return status;
}

static IoptStatus encode_shapes(const IoptAttr *attr, IoptText *head, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptText list = { 0 }, shape = { 0 };

    for (size_t i = 0; i < attr->count && status == IOPT_OK; i++) {
        iopt_shape_encode(&attr->u.shapes[i], &shape);
        status = put_message(7, &shape, &list, err);
        iopt_text_free(&shape);
    }
    if (status == IOPT_OK)
        status = put_message(1, &list, head, err);
    iopt_text_free(&list);
    return status;
}

static IoptStatus encode_tensor(const IoptTensor *tensor, IoptText *head, IoptBytes *tail,
                                IoptError *err)
{
    IoptText message = { 0 };

    const IoptStatus status = iopt_tensor_encode(tensor, &message, tail, err);
    if (status == IOPT_OK) {
        iopt_wire_put_tag(head, 8, IOPT_WIRE_LENGTH);
        iopt_wire_put_varint(head, message.size + tail->size);
        iopt_text_append(head, message.s, message.size);
    }
    iopt_text_free(&message);
    return status;
}

/* Bools and types are ints to protobuf-c, strings are structs of its own. */
static IoptStatus encode_list(const IoptAttr *attr, IoptText *head, IoptError *err)
{
    Iopt__Tf__AttrListValue list = IOPT__TF__ATTR_LIST_VALUE__INIT;
    Iopt__Tf__AttrValue value = IOPT__TF__ATTR_VALUE__INIT;
    void *block = NULL;

    IOPT_TRY(iopt_alloc(&block, attr->count, sizeof(ProtobufCBinaryData), err));
    ProtobufCBinaryData *const strings = block;
    int *const ints = block;
    for (size_t i = 0; i < attr->count; i++) {
        if (attr->kind == IOPT_ATTR_STRINGS)
            strings[i] =
                (ProtobufCBinaryData){ attr->u.strings[i].size, borrow(attr->u.strings[i].data) };
        else if (attr->kind == IOPT_ATTR_BOOLS)
            ints[i] = attr->u.bools[i];
        else if (attr->kind == IOPT_ATTR_TYPES)
            ints[i] = (int)attr->u.types[i];
    }
    switch (attr->kind) {
    case IOPT_ATTR_STRINGS: list.n_s = attr->count, list.s = strings; break;
    case IOPT_ATTR_BOOLS: list.n_b = attr->count, list.b = block; break;
    case IOPT_ATTR_TYPES: list.n_type = attr->count, list.type = block; break;
    case IOPT_ATTR_INTS:
        list.n_i = attr->count, list.i = (int64_t *)(void *)borrow(attr->u.ints);
        break;
    case IOPT_ATTR_FLOATS:
        list.n_f = attr->count, list.f = (float *)(void *)borrow(attr->u.floats);
        break;
    default: break; /* a list without elements */
    }
    value.value_case = IOPT__TF__ATTR_VALUE__VALUE_LIST;
    value.list = &list;
    const IoptStatus status = pack(&value, head, err);
    free(block);
    return status;
}

static IoptStatus encode_func(const IoptBytes *name, IoptText *head, IoptError *err)
{
    IoptText message = { 0 };

    iopt_wire_put_bytes(&message, 1, name->data, name->size);
    const IoptStatus status = put_message(10, &message, head, err);
    iopt_text_free(&message);
    return status;
}

IoptStatus iopt_attr_encode(const IoptAttr *attr, IoptText *head, IoptBytes *tail, IoptError *err)
{
    Iopt__Tf__AttrValue value = IOPT__TF__ATTR_VALUE__INIT;

    *tail = (IoptBytes){ 0 };
    if (attr->raw.data) {
        *tail = attr->raw;
        return IOPT_OK;
    }
    switch (attr->kind) {
    case IOPT_ATTR_OPAQUE: return IOPT_OK; /* an AttrValue without a value */
    case IOPT_ATTR_STRING:
        value.value_case = IOPT__TF__ATTR_VALUE__VALUE_S;
        value.s = (ProtobufCBinaryData){ attr->u.s.size, borrow(attr->u.s.data) };
        return pack(&value, head, err);
    case IOPT_ATTR_INT:
        value.value_case = IOPT__TF__ATTR_VALUE__VALUE_I;
        value.i = attr->u.i;
        return pack(&value, head, err);
    case IOPT_ATTR_FLOAT:
        value.value_case = IOPT__TF__ATTR_VALUE__VALUE_F;
        value.f = attr->u.f;
        return pack(&value, head, err);
    case IOPT_ATTR_BOOL:
        value.value_case = IOPT__TF__ATTR_VALUE__VALUE_B;
        value.b = attr->u.b;
        return pack(&value, head, err);
    case IOPT_ATTR_TYPE:
        value.value_case = IOPT__TF__ATTR_VALUE__VALUE_TYPE;
        value.type = (Iopt__Tf__DataType)attr->u.type;
        return pack(&value, head, err);
    case IOPT_ATTR_SHAPE: return encode_shape(&attr->u.shape, head, err);
    case IOPT_ATTR_TENSOR: return encode_tensor(attr->u.tensor, head, tail, err);
    case IOPT_ATTR_FUNC: return encode_func(&attr->u.s, head, err);
    case IOPT_ATTR_SHAPES: return encode_shapes(attr, head, err);
    default: return encode_list(attr, head, err);
    }
}
