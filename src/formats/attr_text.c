/* TensorFlow's short texts of attributes (its SummarizeAttrValue and SummarizeNodeDef).
 *
 * A function among the attributes has attributes of its own, and so on: files were looked over for
 * their depth when they were read (message_depth.h), which bounds the recursion here.
 */
#include "formats/attr_text.h"

#include <stdlib.h>

#include "base/fingerprint.h"
#include "formats/message_depth.h"
#include "formats/pbtxt.h"
#include "formats/tensor_proto.h"
#include "formats/tensor_text.h"
#include "tf_attr.pb-c.h"

enum { LONG_STRING = 80, STRING_ENDS = 10, LONG_LIST = 30, LIST_ENDS = 5, TENSOR_VALUES = 3 };
/* AttrValue's fields; a list has the same ones, but for LIST. */
enum { LIST = 1, STRING, INT, FLOAT, BOOL, TYPE, SHAPE, TENSOR, PLACEHOLDER, FUNC };
enum { LIST_FUNC = 9 };
enum { FUNC_NAME = 1, FUNC_ATTR = 2, ENTRY_KEY = 1, ENTRY_VALUE = 2 };

typedef struct Writer {
    IoptText *out;
    IoptBuffer *file; /* what tensors lie in */
    IoptError *err;
} Writer;

static void put(IoptText *out, const char *text)
{
    iopt_text_append(out, text, strlen(text));
}

/* A message as one line of text format. */
static IoptStatus put_message(Writer *writer, const ProtobufCMessageDescriptor *type,
                              IoptBytes message)
{
    IoptText lines = { 0 };
    IoptStatus status = iopt_wire_to_pbtxt(type, message, 0, &lines, writer->err);

    for (size_t i = 0; i < lines.size && status == IOPT_OK; i++) {
        const char c = lines.s[i] == '\n' ? ' ' : lines.s[i];
        const bool follows_blank = i > 0 && (lines.s[i - 1] == ' ' || lines.s[i - 1] == '\n');
        if (c != ' ' || (!follows_blank && i + 1 < lines.size))
            iopt_text_append(writer->out, &c, 1);
    }
    iopt_text_free(&lines);
    return status;
}

static IoptStatus put_tensor(Writer *writer, IoptBytes message)
{
    IoptTensor *tensor = NULL;
    size_t repeated = 0;

    const IoptStatus status =
        iopt_tensor_decode(message, writer->file, &repeated, &tensor, writer->err);
    if (status == IOPT_NO_MEMORY)
        return status;
    if (status == IOPT_OK && tensor) {
        iopt_tensor_debug_text(tensor, TENSOR_VALUES, writer->out);
        iopt_tensor_destroy(tensor);
        return IOPT_OK;
    }
    put(writer->out, "<Invalid TensorProto: ");
    IOPT_TRY(put_message(writer, &iopt__tf__tensor_proto__descriptor, message));
    put(writer->out, ">");
    return IOPT_OK;
}

/* --- values -------------------------------------------------------------------------------- */

static void put_string(IoptText *out, IoptBytes bytes)
{
    IoptText quoted = { 0 };

    iopt_pbtxt_quote(&quoted, bytes);
    if (quoted.failed || quoted.size < LONG_STRING + 2) {
        iopt_text_append(out, quoted.s ? quoted.s : "", quoted.size);
    } else {
        iopt_text_append(out, quoted.s, 1 + STRING_ENDS);
        put(out, "...");
        iopt_text_append(out, quoted.s + quoted.size - 1 - STRING_ENDS, STRING_ENDS + 1);
    }
    out->failed = out->failed || quoted.failed;
    iopt_text_free(&quoted);
}

static void put_type(IoptText *out, uint64_t number)
{
    const ProtobufCEnumValue *const known =
        number <= INT32_MAX
            ? protobuf_c_enum_descriptor_get_value(&iopt__tf__data_type__descriptor, (int)number)
            : NULL;

    put(out, known ? known->name : "");
}

/* A number of a list or a single one, by its field. */
static void put_scalar(IoptText *out, uint32_t field, uint64_t value)
{
    const uint32_t bits = (uint32_t)value;
    float number;

    memcpy(&number, &bits, sizeof number);
    switch (field) {
    case INT: iopt_text_printf(out, "%lld", (long long)value); break;
    case FLOAT: iopt_real_text((double)number, true, out); break;
    case BOOL: put(out, value ? "true" : "false"); break;
    default: put_type(out, value); break;
    }
}

static IoptStatus put_value(Writer *writer, IoptBytes value, size_t depth);

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void free_texts(char **texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
    free(texts);
}

/* "name[a=1, b=2]", sorted. */
static IoptStatus put_func(Writer *writer, IoptBytes func, size_t depth)
{
    IoptStatus status = IOPT_OK;
    IoptWire wire = iopt_wire(func);
    IoptWireField field;
    IoptText entry = { 0 };
    Writer inner = { &entry, writer->file, writer->err };
    const IoptBytes name = iopt_wire_last(func, FUNC_NAME, NULL);
    void *block = NULL;
    size_t count = 0, capacity = 0;

    while (iopt_wire_next(&wire, &field)) {
        if (!iopt_wire_is(&field, FUNC_ATTR, IOPT_WIRE_LENGTH))
            continue;
        const IoptBytes key = iopt_wire_last(field.bytes, ENTRY_KEY, NULL);
        iopt_text_printf(&entry, "%.*s=", (int)key.size, key.data);
        IOPT_DO(put_value(&inner, iopt_wire_last(field.bytes, ENTRY_VALUE, NULL), depth + 1));
        IOPT_DO(iopt_grow(&block, &capacity, count + 1, sizeof(char *), writer->err));
        IOPT_DO(iopt_text_finish(&entry, &((char **)block)[count], writer->err));
        count++;
    }
    if (count)
        qsort(block, count, sizeof(char *), compare_texts);
    iopt_text_printf(writer->out, "%.*s[", (int)name.size, name.data);
    for (size_t i = 0; i < count; i++)
        iopt_text_printf(writer->out, "%s%s", i ? ", " : "", ((char **)block)[i]);
    put(writer->out, "]");
done:
    iopt_text_free(&entry);
    free_texts(block, count);
    return status;
}

static IoptStatus put_field(Writer *writer, const IoptWireField *field, uint32_t func, size_t depth)
{
    if (field->number == func)
        return put_func(writer, field->bytes, depth);
    switch (field->number) {
    case STRING: put_string(writer->out, field->bytes); return IOPT_OK;
    case SHAPE: (void)iopt_shape_message_text(field->bytes, writer->out); return IOPT_OK;
    case TENSOR: return put_tensor(writer, field->bytes);
    default: put_scalar(writer->out, field->number, field->value); return IOPT_OK;
    }
}

/* --- lists --------------------------------------------------------------------------------- */

typedef struct Pieces {
    char **texts;
    size_t count, capacity;
} Pieces;

static IoptStatus add_piece(Writer *writer, Pieces *pieces, const IoptWireField *field,
                            size_t depth)
{
    IoptText text = { 0 };
    Writer inner = { &text, writer->file, writer->err };
    void *texts = pieces->texts;

    IOPT_TRY(iopt_grow(&texts, &pieces->capacity, pieces->count + 1, sizeof(char *), writer->err));
    pieces->texts = texts;
    IoptStatus status = put_field(&inner, field, LIST_FUNC, depth);
    if (status == IOPT_OK)
        status = iopt_text_finish(&text, &pieces->texts[pieces->count], writer->err);
    pieces->count += status == IOPT_OK;
    iopt_text_free(&text);
    return status;
}

/* Numbers that lie packed in one field. */
static IoptStatus add_packed(Writer *writer, Pieces *pieces, const IoptWireField *packed)
{
    IoptWireField one = { .number = packed->number };
    IoptWire wire = iopt_wire(packed->bytes);

    if (packed->number != FLOAT) {
        while (iopt_wire_varint(&wire, &one.value))
            IOPT_TRY(add_piece(writer, pieces, &one, 0));
        return IOPT_OK;
    }
    for (size_t at = 0; at + 4 <= packed->bytes.size; at += 4) {
        uint32_t bits;
        memcpy(&bits, packed->bytes.data + at, sizeof bits);
        one.value = bits;
        IOPT_TRY(add_piece(writer, pieces, &one, 0));
    }
    return IOPT_OK;
}

static IoptStatus collect(Writer *writer, IoptBytes list, Pieces *pieces, size_t depth)
{
    IoptWire wire = iopt_wire(list);
    IoptWireField field;
    uint32_t kind = 0; /* a list has elements of one kind */

    while (iopt_wire_next(&wire, &field)) {
        const bool is_number = field.number >= INT && field.number <= TYPE;
        if (field.number < STRING || field.number > LIST_FUNC || (kind && field.number != kind))
            continue;
        kind = field.number;
        if (is_number && field.type == IOPT_WIRE_LENGTH)
            IOPT_TRY(add_packed(writer, pieces, &field));
        else
            IOPT_TRY(add_piece(writer, pieces, &field, depth));
    }
    return IOPT_OK;
}

/* What stands for the whole list when it is shortened. */
static uint64_t fingerprint(const Pieces *pieces, IoptText *out)
{
    IoptText joined = { 0 };

    for (size_t i = 0; i < pieces->count; i++)
        iopt_text_printf(&joined, "%s%s", i ? "," : "", pieces->texts[i]);
    const uint64_t print = iopt_fingerprint64(joined.s ? joined.s : "", joined.size);
    out->failed = out->failed || joined.failed;
    iopt_text_free(&joined);
    return print;
}

static IoptStatus put_list(Writer *writer, IoptBytes list, size_t depth)
{
    IoptText *const out = writer->out;
    Pieces pieces = { 0 };

    const IoptStatus status = collect(writer, list, &pieces, depth);
    const bool is_long = pieces.count >= LONG_LIST;
    put(out, "[");
    for (size_t i = 0; i < pieces.count; i++) {
        iopt_text_printf(out, "%s%s", i ? ", " : "", pieces.texts[i]);
        if (is_long && i + 1 == LIST_ENDS) {
            put(out, ", ...");
            i = pieces.count - LIST_ENDS - 1;
        }
    }
    put(out, "]");
    if (is_long)
        iopt_text_printf(out, "{attr_hash=%llu}", (unsigned long long)fingerprint(&pieces, out));
    free_texts(pieces.texts, pieces.count);
    return status;
}

/* --- all together -------------------------------------------------------------------------- */

static IoptStatus put_value(Writer *writer, IoptBytes value, size_t depth)
{
    IoptWire wire = iopt_wire(value);
    IoptWireField field, last = { 0 };

    if (depth > IOPT_MAX_MESSAGE_DEPTH)
        return iopt_fail(writer->err, IOPT_BAD_MODEL, "an attribute is nested too deep");
    while (iopt_wire_next(&wire, &field))
        if (field.number >= LIST && field.number <= FUNC)
            last = field;
    switch (last.number) {
    case 0: put(writer->out, "<Unknown AttrValue type>"); return IOPT_OK;
    case LIST: return put_list(writer, last.bytes, depth);
    case PLACEHOLDER:
        iopt_text_printf(writer->out, "$%.*s", (int)last.bytes.size, last.bytes.data);
        return IOPT_OK;
    default: return put_field(writer, &last, FUNC, depth);
    }
}

IoptStatus iopt_attr_text(const IoptAttr *attr, IoptBuffer *file, IoptText *out, IoptError *err)
{
    Writer writer = { out, file, err };

    IOPT_TRY(put_value(&writer, attr->raw, 0));
    return out->failed ? iopt_fail_memory(err, out->size) : IOPT_OK;
}

IoptStatus iopt_list_node_text(const IoptListNode *node, IoptBuffer *file, IoptText *out,
                               IoptError *err)
{
    const char *comma = "";

    iopt_text_printf(out, "{{node %s}} = %s[", node->node->name, node->node->op);
    for (size_t i = 0; i < node->node->n_attrs; i++, comma = ", ") {
        iopt_text_printf(out, "%s%s=", comma, node->node->attrs[i].name);
        IOPT_TRY(iopt_attr_text(&node->node->attrs[i], file, out, err));
    }
    if (*node->node->device)
        iopt_text_printf(out, "%s_device=\"%s\"", comma, node->node->device);
    put(out, "](");
    for (size_t i = 0; i < node->n_inputs; i++)
        iopt_text_printf(out, "%s%s", i ? ", " : "", node->inputs[i]);
    put(out, ")");
    return out->failed ? iopt_fail_memory(err, out->size) : IOPT_OK;
}

/* Tensors by their contents; everything else in its printed form, which has maps in order. */
IoptStatus iopt_attr_same(const IoptAttr *a, const IoptAttr *b, bool *same, IoptError *err)
{
    const ProtobufCMessageDescriptor *const type = &iopt__tf__attr_value__descriptor;
    IoptStatus status = IOPT_OK;
    IoptText left = { 0 }, right = { 0 };

    *same = a->raw.size == b->raw.size &&
            (a->raw.size == 0 || memcmp(a->raw.data, b->raw.data, a->raw.size) == 0);
    if (*same)
        return IOPT_OK;
    if (a->kind == IOPT_ATTR_TENSOR && b->kind == IOPT_ATTR_TENSOR) {
        *same = iopt_tensor_equal(a->u.tensor, b->u.tensor);
        return IOPT_OK;
    }
    IOPT_DO(iopt_wire_to_pbtxt(type, a->raw, 0, &left, err));
    IOPT_DO(iopt_wire_to_pbtxt(type, b->raw, 0, &right, err));
    if (left.failed || right.failed)
        status = iopt_fail_memory(err, a->raw.size + b->raw.size);
    *same = left.size == right.size && (left.size == 0 || memcmp(left.s, right.s, left.size) == 0);
done:
    iopt_text_free(&left);
    iopt_text_free(&right);
    return status;
}
