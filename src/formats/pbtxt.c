/* Text format to wire bytes.
 *
 * Open messages are a stack of bounded depth, not a recursion.  All write into one text: a message
 * is written in place behind a byte kept free for its length, and moved when that needs more. */
#include "formats/pbtxt.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "formats/message_depth.h"
#include "formats/pbtxt_token.h"

typedef struct Open {
    const ProtobufCMessageDescriptor *type;
    const ProtobufCFieldDescriptor
        *field;       /* that this message is a value of; NULL: the outermost */
    size_t begin;     /* of its bytes in the output */
    uint64_t seen[2]; /* singular fields that have a value, by index */
    const ProtobufCFieldDescriptor *packed; /* a packed list that may still grow */
    size_t packed_begin;
    bool oneof_taken;
    bool in_list; /* an element of [ {...}, {...} ] */
    char closer;  /* '}' or '>' */
} Open;

typedef struct Parser {
    IoptBytes text;
    const char *at, *end;
    IoptToken token; /* the one being looked at */
    Open open[IOPT_MAX_MESSAGE_DEPTH];
    size_t depth;
    const char *field; /* nearest field's name, for messages */
    IoptText *out;
    IoptText string; /* scratch */
    IoptError *err;
} Parser;

static void advance(Parser *parser)
{
    parser->token = iopt_token_next(&parser->at, parser->end);
}

static IoptStatus fail(const Parser *parser, const char *what, const char *hint)
{
    const IoptToken *const token = &parser->token;
    const int shown = token->text.size < 60 ? (int)token->text.size : 60;

    if (token->kind == IOPT_TOKEN_END)
        return iopt_fail(parser->err, IOPT_BAD_MODEL, "%s: the text ends within '%s': %s%s",
                         iopt_place(parser->text, parser->end).s, parser->field, what, hint);
    return iopt_fail(parser->err, IOPT_BAD_MODEL, "%s: %s%s near '%s', but here is '%.*s'",
                     iopt_place(parser->text, token->text.data).s, what, hint, parser->field, shown,
                     token->text.data);
}

/* --- messages and lists in the output ------------------------------------------------------ */

/* Puts the length in front of what was written since `begin`; one byte is free there. */
static void put_length(IoptText *out, size_t begin)
{
    static const char spare[10] = { 0 };
    char length[10];
    size_t n = 0;

    if (out->failed)
        return;
    const size_t size = out->size - begin;
    uint64_t value = size;
    for (; value >= 0x80; value >>= 7)
        length[n++] = (char)(value | 0x80);
    length[n++] = (char)value;
    iopt_text_append(out, spare, n - 1);
    if (out->failed)
        return;
    memmove(out->s + begin + n - 1, out->s + begin, size);
    memcpy(out->s + begin - 1, length, n);
}

static void begin_length(IoptText *out, uint32_t number, size_t *begin)
{
    iopt_wire_put_tag(out, number, IOPT_WIRE_LENGTH);
    iopt_text_append(out, "", 1);
    *begin = out->size;
}

static void close_packed(Parser *parser, Open *open)
{
    if (open->packed)
        put_length(parser->out, open->packed_begin);
    open->packed = NULL;
}

static IoptStatus open_message(Parser *parser, const ProtobufCFieldDescriptor *field, bool in_list)
{
    if (!iopt_token_is(&parser->token, '{') && !iopt_token_is(&parser->token, '<'))
        return fail(parser, "want '{'", "");
    if (parser->depth == IOPT_MAX_MESSAGE_DEPTH)
        return iopt_fail(parser->err, IOPT_BAD_MODEL, "%s: messages nested deeper than %d",
                         iopt_place(parser->text, parser->token.text.data).s,
                         IOPT_MAX_MESSAGE_DEPTH);
    Open *const open = &parser->open[parser->depth++];
    *open = (Open){ .type = field->descriptor, .field = field, .in_list = in_list };
    open->closer = iopt_token_is(&parser->token, '{') ? '}' : '>';
    begin_length(parser->out, field->id, &open->begin);
    advance(parser);
    return IOPT_OK;
}

static IoptStatus close_message(Parser *parser)
{
    Open *const open = &parser->open[parser->depth - 1];

    close_packed(parser, open);
    put_length(parser->out, open->begin);
    parser->depth--;
    advance(parser);
    if (!open->in_list)
        return IOPT_OK;
    const ProtobufCFieldDescriptor *const field = open->field;
    if (iopt_token_is(&parser->token, ',')) {
        advance(parser);
        return open_message(parser, field, true);
    }
    if (!iopt_token_is(&parser->token, ']'))
        return fail(parser, "want ',' or ']'", "");
    advance(parser);
    return IOPT_OK;
}

/* --- scalars ------------------------------------------------------------------------------- */

static bool same(IoptBytes text, const char *word)
{
    return text.size == strlen(word) && memcmp(text.data, word, text.size) == 0;
}

/* The token as a zero-terminated text; false for one that is too long to be a number. */
static bool copy_token(const Parser *parser, char *out, size_t capacity)
{
    if (parser->token.text.size >= capacity)
        return false;
    memcpy(out, parser->token.text.data, parser->token.text.size);
    out[parser->token.text.size] = 0;
    return true;
}

/* Decimal, octal (0...) or hexadecimal (0x...) within low .. high. */
static IoptStatus read_integer(Parser *parser, int64_t low, uint64_t high, uint64_t *out)
{
    const bool negative = iopt_token_is(&parser->token, '-');
    char text[32], *stop;

    if (negative)
        advance(parser);
    if (parser->token.kind != IOPT_TOKEN_NUMBER || !copy_token(parser, text, sizeof text))
        return fail(parser, "want an integer", "");
    errno = 0;
    const uint64_t value = strtoull(text, &stop, 0);
    if (*stop)
        return fail(parser, "want an integer", "");
    const uint64_t limit = negative ? (low < 0 ? (uint64_t) - (low + 1) + 1 : 0) : high;
    if (errno == ERANGE || value > limit)
        return fail(parser, "an integer out of range", "");
    *out = negative ? 0 - value : value;
    advance(parser);
    return IOPT_OK;
}

static bool is_infinity(IoptBytes text)
{
    return same(text, "inf") || same(text, "infinity") || same(text, "Infinity") ||
           same(text, "INF");
}

/* "1", "-.5e3f", "inf", "nan". */
static IoptStatus read_double(Parser *parser, double *out)
{
    const bool negative = iopt_token_is(&parser->token, '-');
    char text[400], *stop;

    if (negative)
        advance(parser);
    const IoptToken *const token = &parser->token;
    if (token->kind == IOPT_TOKEN_NAME && is_infinity(token->text)) {
        *out = (double)INFINITY;
    } else if (token->kind == IOPT_TOKEN_NAME &&
               (same(token->text, "nan") || same(token->text, "NaN"))) {
        *out = (double)NAN;
    } else {
        if (token->kind != IOPT_TOKEN_NUMBER || !copy_token(parser, text, sizeof text))
            return fail(parser, "want a number", "");
        *out = strtod(text, &stop);
        if (stop == text || (*stop && !((*stop == 'f' || *stop == 'F') && !stop[1])))
            return fail(parser, "want a number", "");
    }
    if (negative)
        *out = -*out;
    advance(parser);
    return IOPT_OK;
}

static IoptStatus read_bool(Parser *parser, uint64_t *out)
{
    const IoptBytes text = parser->token.text;

    if (same(text, "true") || same(text, "True") || same(text, "t"))
        *out = 1;
    else if (same(text, "false") || same(text, "False") || same(text, "f"))
        *out = 0;
    else if (parser->token.kind == IOPT_TOKEN_NUMBER)
        return read_integer(parser, 0, 1, out);
    else
        return fail(parser, "want true or false", "");
    advance(parser);
    return IOPT_OK;
}

static IoptStatus read_enum(Parser *parser, const ProtobufCEnumDescriptor *type, uint64_t *out)
{
    char name[64];

    if (parser->token.kind != IOPT_TOKEN_NAME)
        return read_integer(parser, INT32_MIN, INT32_MAX, out);
    const ProtobufCEnumValue *const value =
        copy_token(parser, name, sizeof name)
            ? protobuf_c_enum_descriptor_get_value_by_name(type, name)
            : NULL;
    if (!value)
        return fail(parser, "want a ", type->short_name);
    *out = (uint64_t)(int64_t)value->value;
    advance(parser);
    return IOPT_OK;
}

/* Strings that follow each other are one. */
static IoptStatus read_string(Parser *parser)
{
    parser->string.size = 0;
    if (parser->token.kind != IOPT_TOKEN_STRING)
        return fail(parser, "want a string in quotes", "");
    for (; parser->token.kind == IOPT_TOKEN_STRING; advance(parser))
        if (!iopt_token_unescape(&parser->token, &parser->string))
            return fail(parser, "an escape that makes no sense", "");
    return IOPT_OK;
}

/* A number of `field` as it goes on the wire. */
static IoptStatus read_number(Parser *parser, const ProtobufCFieldDescriptor *field, uint64_t *out)
{
    double number;
    float single;
    uint32_t bits;

    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32: return read_integer(parser, INT32_MIN, INT32_MAX, out);
    case PROTOBUF_C_TYPE_INT64: return read_integer(parser, INT64_MIN, INT64_MAX, out);
    case PROTOBUF_C_TYPE_UINT32: return read_integer(parser, 0, UINT32_MAX, out);
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64: return read_integer(parser, 0, UINT64_MAX, out);
    case PROTOBUF_C_TYPE_BOOL: return read_bool(parser, out);
    case PROTOBUF_C_TYPE_ENUM: return read_enum(parser, field->descriptor, out);
    case PROTOBUF_C_TYPE_FLOAT:
        IOPT_TRY(read_double(parser, &number));
        single = (float)number;
        memcpy(&bits, &single, sizeof bits);
        *out = bits;
        return IOPT_OK;
    case PROTOBUF_C_TYPE_DOUBLE:
        IOPT_TRY(read_double(parser, &number));
        memcpy(out, &number, sizeof *out);
        return IOPT_OK;
    default: return fail(parser, "a type without a text form", "");
    }
}

static IoptWireType wire_type(const ProtobufCFieldDescriptor *field)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_FLOAT: return IOPT_WIRE_FIXED32;
    case PROTOBUF_C_TYPE_DOUBLE:
    case PROTOBUF_C_TYPE_FIXED64: return IOPT_WIRE_FIXED64;
    default: return IOPT_WIRE_VARINT;
    }
}

static void put_number(IoptText *out, IoptWireType type, uint64_t value)
{
    if (type == IOPT_WIRE_VARINT)
        iopt_wire_put_varint(out, value);
    else
        iopt_text_append(out, (const char *)&value, type == IOPT_WIRE_FIXED32 ? 4 : 8);
}

/* Whether a value that equals the default is written all the same. */
static bool has_presence(const Open *open, const ProtobufCFieldDescriptor *field)
{
    return field->label == PROTOBUF_C_LABEL_REPEATED ||
           (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0 ||
           iopt_has_suffix(open->type->short_name, "Entry");
}

static IoptStatus put_scalar(Parser *parser, Open *open, const ProtobufCFieldDescriptor *field)
{
    IoptText *const out = parser->out;
    uint64_t value;

    if (field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_BYTES) {
        IOPT_TRY(read_string(parser));
        if (parser->string.size || has_presence(open, field))
            iopt_wire_put_bytes(out, field->id, parser->string.s, parser->string.size);
        return IOPT_OK;
    }
    const IoptWireType type = wire_type(field);
    IOPT_TRY(read_number(parser, field, &value));
    if (field->label == PROTOBUF_C_LABEL_REPEATED &&
        (field->flags & PROTOBUF_C_FIELD_FLAG_PACKED) != 0) {
        if (!open->packed)
            begin_length(out, field->id, &open->packed_begin);
        open->packed = field;
        put_number(out, type, value);
    } else if (value || has_presence(open, field)) {
        iopt_wire_put_tag(out, field->id, type);
        put_number(out, type, value);
    }
    return IOPT_OK;
}

/* --- fields -------------------------------------------------------------------------------- */

static IoptStatus put_list(Parser *parser, Open *open, const ProtobufCFieldDescriptor *field)
{
    advance(parser);
    if (iopt_token_is(&parser->token, ']')) {
        advance(parser);
        return IOPT_OK;
    }
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return open_message(parser, field, true);
    for (;;) {
        IOPT_TRY(put_scalar(parser, open, field));
        if (!iopt_token_is(&parser->token, ','))
            break;
        advance(parser);
    }
    if (!iopt_token_is(&parser->token, ']'))
        return fail(parser, "want ',' or ']'", "");
    advance(parser);
    return IOPT_OK;
}

/* A field that can have one value has one, and so has a oneof. */
static IoptStatus check_single(Parser *parser, Open *open, const ProtobufCFieldDescriptor *field)
{
    const size_t index = (size_t)(field - open->type->fields);
    const uint64_t bit = (uint64_t)1 << index % 64;

    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return IOPT_OK;
    const bool is_oneof = (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
    if (open->seen[index / 64 % 2] & bit || (is_oneof && open->oneof_taken))
        return fail(parser, "a second value", "");
    open->seen[index / 64 % 2] |= bit;
    open->oneof_taken = open->oneof_taken || is_oneof;
    return IOPT_OK;
}

/* A field of a message further out, where the inner one should have ended before it. */
static bool belongs_outside(const Parser *parser, const char *name)
{
    for (size_t i = 0; i + 1 < parser->depth; i++)
        if (protobuf_c_message_descriptor_get_field_by_name(parser->open[i].type, name))
            return true;
    return false;
}

static IoptStatus find_field(Parser *parser, const Open *open, const ProtobufCFieldDescriptor **out)
{
    char name[64] = "";

    *out = NULL;
    if (parser->token.kind != IOPT_TOKEN_NAME)
        return fail(parser, "want a field's name", "");
    if (copy_token(parser, name, sizeof name))
        *out = protobuf_c_message_descriptor_get_field_by_name(open->type, name);
    if (*out)
        return IOPT_OK;
    if (belongs_outside(parser, name))
        return fail(parser, "a closing brace is missing", "");
    return fail(parser, "want a field of ", open->type->short_name);
}

static IoptStatus parse_field(Parser *parser)
{
    Open *const open = &parser->open[parser->depth - 1];
    const ProtobufCFieldDescriptor *field;

    IOPT_TRY(find_field(parser, open, &field));
    parser->field = field->name;
    IOPT_TRY(check_single(parser, open, field));
    if (field != open->packed)
        close_packed(parser, open);
    advance(parser);
    const bool colon = iopt_token_is(&parser->token, ':');
    if (colon)
        advance(parser);
    else if (field->type != PROTOBUF_C_TYPE_MESSAGE)
        return fail(parser, "want ':'", "");
    if (iopt_token_is(&parser->token, '[') && field->label == PROTOBUF_C_LABEL_REPEATED)
        return put_list(parser, open, field);
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return open_message(parser, field, false);
    return put_scalar(parser, open, field);
}

static IoptStatus parse(Parser *parser)
{
    advance(parser);
    while (parser->token.kind != IOPT_TOKEN_END) {
        const Open *const open = &parser->open[parser->depth - 1];
        if (parser->out->failed || parser->string.failed)
            return iopt_fail_memory(parser->err, parser->out->size);
        if (iopt_token_is(&parser->token, ';') || iopt_token_is(&parser->token, ','))
            advance(parser);
        else if (open->closer && iopt_token_is(&parser->token, open->closer))
            IOPT_TRY(close_message(parser));
        else
            IOPT_TRY(parse_field(parser));
    }
    if (parser->depth > 1) {
        parser->field = parser->open[parser->depth - 1].field->name;
        return fail(parser, "a closing brace is missing", "");
    }
    close_packed(parser, &parser->open[0]);
    return parser->out->failed ? iopt_fail_memory(parser->err, parser->out->size) : IOPT_OK;
}

IoptStatus iopt_pbtxt_to_wire(const ProtobufCMessageDescriptor *type, IoptBytes text, IoptText *out,
                              IoptError *err)
{
    Parser parser = { .text = text };

    if (!text.data)
        parser.text.data = ""; /* no offset from NULL */
    parser.at = parser.text.data;
    parser.end = parser.at + text.size;
    parser.out = out;
    parser.err = err;
    parser.field = type->short_name;
    parser.open[parser.depth++].type = type;
    const IoptStatus status = parse(&parser);
    iopt_text_free(&parser.string);
    return status;
}
