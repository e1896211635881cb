/* Building nodes: constants in both of TensorFlow's storage forms, copied attributes. */
#include "passes/gtt/gtt_build.h"

#include <stdarg.h>
#include <stdio.h>

#include "formats/tensor_proto.h"
#include "formats/wire.h"

IoptStatus iopt_gtt_add_const(IoptNodeList *list, const char *name, IoptTensor *taken,
                              IoptListNode **out, IoptError *err)
{
    const IoptDType dtype = taken->dtype;
    const IoptStatus status = iopt_list_add(list, name, "Const", out, err);

    if (status != IOPT_OK) {
        iopt_tensor_destroy(taken);
        return status;
    }
    IOPT_TRY(iopt_node_set_tensor((*out)->node, "value", taken, err));
    return iopt_node_set_type((*out)->node, "dtype", dtype, err);
}

IoptStatus iopt_gtt_add_const_f32(IoptNodeList *list, const char *name, float value,
                                  IoptListNode **out, IoptError *err)
{
    IoptTensor *tensor;

    IOPT_TRY(iopt_tensor_scalar_f32(value, &tensor, err));
    return iopt_gtt_add_const(list, name, tensor, out, err);
}

/* --- field form ---------------------------------------------------------------------------- */

enum { TENSOR_DTYPE = 1, TENSOR_SHAPE, TENSOR_CONTENT = 4 };

/* The field of TensorProto that holds elements of a type. */
static uint32_t field_of(IoptDType dtype)
{
    switch (dtype) {
    case IOPT_F32: return 5;
    case IOPT_F64: return 6;
    case IOPT_STRING: return 8;
    case IOPT_C64: return 9;
    case IOPT_I64: return 10;
    case IOPT_BOOL: return 11;
    case IOPT_C128: return 12;
    case IOPT_F16:
    case IOPT_BF16: return 13;
    case IOPT_U32: return 16;
    case IOPT_U64: return 17;
    default: return 7;
    }
}

/* The one element as the packed list of its field. */
static void put_element(IoptText *out, const IoptTensor *tensor)
{
    const uint32_t field = field_of(tensor->dtype);
    IoptText packed = { 0 };

    switch (tensor->dtype) {
    case IOPT_STRING: {
        const IoptBytes *const s = tensor->data;
        iopt_wire_put_bytes(out, field, s->data, s->size);
        return;
    }
    case IOPT_F32:
    case IOPT_F64:
    case IOPT_C64:
    case IOPT_C128: iopt_text_append(&packed, tensor->data, tensor->bytes); break;
    case IOPT_F16:
    case IOPT_BF16: {
        uint16_t bits;
        memcpy(&bits, tensor->data, sizeof bits);
        iopt_wire_put_varint(&packed, bits);
        break;
    }
    case IOPT_U64: {
        uint64_t value;
        memcpy(&value, tensor->data, sizeof value);
        iopt_wire_put_varint(&packed, value);
        break;
    }
    default: iopt_wire_put_varint(&packed, (uint64_t)iopt_tensor_get_i64(tensor, 0)); break;
    }
    iopt_wire_put_bytes(out, field, packed.s, packed.size);
    out->failed = out->failed || packed.failed;
    iopt_text_free(&packed);
}

/* Several strings are content, too: their lengths, then their bytes. */
static void put_strings(IoptText *out, const IoptTensor *tensor)
{
    const IoptBytes *const strings = tensor->data;
    IoptText content = { 0 };

    for (size_t i = 0; i < iopt_elems(tensor); i++)
        iopt_wire_put_varint(&content, strings[i].size);
    for (size_t i = 0; i < iopt_elems(tensor); i++)
        iopt_text_append(&content, strings[i].data, strings[i].size);
    iopt_wire_put_bytes(out, TENSOR_CONTENT, content.s, content.size);
    out->failed = out->failed || content.failed;
    iopt_text_free(&content);
}

/* Wire bytes of an AttrValue with the tensor in field form. */
static void put_field_form(IoptText *out, const IoptTensor *tensor)
{
    enum { VALUE_TENSOR = 8 };
    IoptText message = { 0 }, shape = { 0 };

    iopt_shape_encode(&tensor->shape, &shape);
    iopt_wire_put_int(&message, TENSOR_DTYPE, (uint64_t)tensor->dtype);
    iopt_wire_put_bytes(&message, TENSOR_SHAPE, shape.s, shape.size);
    if (iopt_elems(tensor) == 1)
        put_element(&message, tensor);
    else if (iopt_elems(tensor) > 1)
        put_strings(&message, tensor);
    iopt_wire_put_bytes(out, VALUE_TENSOR, message.s, message.size);
    out->failed = out->failed || message.failed || shape.failed;
    iopt_text_free(&message);
    iopt_text_free(&shape);
}

IoptStatus iopt_gtt_add_const_field(IoptNodeList *list, const char *name, IoptTensor *taken,
                                    IoptListNode **out, IoptError *err)
{
    IoptText wire = { 0 };

    IOPT_TRY(iopt_gtt_add_const(list, name, taken, out, err));
    if (iopt_elems(taken) > 1 && taken->dtype != IOPT_STRING)
        return IOPT_OK; /* the same as content form */
    put_field_form(&wire, taken);
    IoptAttr value = *iopt_attr((*out)->node, "value");
    value.raw.size = wire.size;
    value.raw.data = wire.failed ? NULL : iopt_arena_copy(list->carrier->arena, wire.s, wire.size);
    iopt_text_free(&wire);
    if (!value.raw.data)
        return iopt_fail_memory(err, value.raw.size);
    return iopt_node_set_attr((*out)->node, &value, err);
}

/* --- attributes and inputs ----------------------------------------------------------------- */

IoptStatus iopt_gtt_copy_attr(const IoptListNode *from, const char *name, IoptListNode *to,
                              const char *as, IoptError *err)
{
    const IoptAttr *const attr = iopt_attr(from->node, name);

    if (!attr)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "%s '%s' has no attribute '%s'",
                         from->node->op, from->node->name, name);
    IoptAttr copy = *attr;
    copy.name = as;
    return iopt_node_set_attr(to->node, &copy, err);
}

IoptStatus iopt_gtt_value(const IoptListNode *node, const IoptTensor **out, IoptError *err)
{
    const IoptAttr *const attr = iopt_attr(node->node, "value");

    *out = NULL;
    if (!attr)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "No 'value' attribute for Const node %s",
                         node->node->name);
    if (attr->kind != IOPT_ATTR_TENSOR)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "Decoding Tensor failed for node%s",
                         node->node->name);
    *out = attr->u.tensor;
    return IOPT_OK;
}

IoptStatus iopt_gtt_add_inputf(IoptListNode *node, IoptError *err, const char *format, ...)
{
    char small[256];
    va_list args;

    va_start(args, format);
    const int size = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    if (size < 0)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "an input that is no text");
    if ((size_t)size < sizeof small)
        return iopt_list_add_input(node, small, err);
    char *const text = iopt_arena_alloc(node->node->graph->arena, (size_t)size + 1, 1);
    if (!text)
        return iopt_fail_memory(err, (size_t)size);
    va_start(args, format);
    (void)vsnprintf(text, (size_t)size + 1, format, args);
    va_end(args);
    return iopt_list_add_input(node, text, err);
}
