/* The header of a .npy file: a magic string, a version, and a Python dict in text:
 * {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }.
 *
 *   source  numpy.lib.format; versions differ in the width of the header's length and its charset
 */
#include <string.h>

#include "base/checked.h"
#include "base/compiler.h"
#include "formats/npy.h"
#include "tensor/tensor.h"

typedef struct Text {
    const char *at, *end;
} Text;

typedef struct Header {
    IoptBytes descr;
    bool has_order, has_shape;
} Header;

static const struct {
    char kind;
    size_t bytes;
    IoptDType dtype;
} types[] = {
    { 'f', 2, IOPT_F16 }, { 'f', 4, IOPT_F32 },   { 'f', 8, IOPT_F64 },  { 'i', 1, IOPT_I8 },
    { 'i', 2, IOPT_I16 }, { 'i', 4, IOPT_I32 },   { 'i', 8, IOPT_I64 },  { 'u', 1, IOPT_U8 },
    { 'u', 2, IOPT_U16 }, { 'u', 4, IOPT_U32 },   { 'u', 8, IOPT_U64 },  { 'b', 1, IOPT_BOOL },
    { 'c', 8, IOPT_C64 }, { 'c', 16, IOPT_C128 }, { 'V', 2, IOPT_BF16 }, /* numpy does not know
                                                                            bfloat16 and writes it
                                                                            as two raw bytes */
};

static void skip_space(Text *text)
{
    while (text->at < text->end && strchr(" \t\r\n", *text->at) && *text->at)
        text->at++;
}

static bool take_char(Text *text, char c)
{
    skip_space(text);
    if (text->at == text->end || *text->at != c)
        return false;
    text->at++;
    return true;
}

static bool take_word(Text *text, const char *word)
{
    const size_t size = strlen(word);

    skip_space(text);
    if ((size_t)(text->end - text->at) < size || memcmp(text->at, word, size) != 0)
        return false;
    text->at += size;
    return true;
}

static bool take_string(Text *text, IoptBytes *out)
{
    skip_space(text);
    if (text->at == text->end || (*text->at != '\'' && *text->at != '"'))
        return false;
    const char *const first = text->at + 1;
    const char *const last = memchr(first, *text->at, (size_t)(text->end - first));
    if (!last)
        return false;
    *out = (IoptBytes){ first, (size_t)(last - first) };
    text->at = last + 1;
    return true;
}

static bool take_dim(Text *text, int64_t *out)
{
    int64_t value = 0;

    skip_space(text);
    const char *const first = text->at;
    for (; text->at < text->end && *text->at >= '0' && *text->at <= '9'; text->at++) {
        if (value > (INT64_MAX - 9) / 10)
            return false;
        value = value * 10 + (*text->at - '0');
    }
    if (text->at == first)
        return false;
    if (text->at < text->end && *text->at == 'L') /* Python 2 wrote long integers so */
        text->at++;
    *out = value;
    return true;
}

static bool take_shape(Text *text, IoptShape *shape)
{
    *shape = iopt_shape_scalar();
    if (!take_char(text, '('))
        return false;
    while (!take_char(text, ')')) {
        int64_t dim;
        if (shape->rank == IOPT_MAX_RANK || !take_dim(text, &dim))
            return false;
        iopt_shape_push(shape, dim);
        if (!take_char(text, ',')) /* "(3,)" and "(3, 4)" */
            return shape->rank > 1 && take_char(text, ')');
    }
    return true;
}

static bool is_key(IoptBytes key, const char *name)
{
    return key.size == strlen(name) && memcmp(key.data, name, key.size) == 0;
}

static bool take_entry(Text *text, Header *header, IoptNpyView *view)
{
    IoptBytes key;

    if (!take_string(text, &key) || !take_char(text, ':'))
        return false;
    if (is_key(key, "descr"))
        return take_string(text, &header->descr);
    if (is_key(key, "fortran_order")) {
        header->has_order = true;
        view->fortran_order = take_word(text, "True");
        return view->fortran_order || take_word(text, "False");
    }
    header->has_shape = is_key(key, "shape");
    return header->has_shape && take_shape(text, &view->shape);
}

static IoptStatus parse_dict(Text text, Header *header, IoptNpyView *view, IoptError *err)
{
    const Text whole = text;
    bool good = take_char(&text, '{');

    while (good && !take_char(&text, '}')) {
        good = take_entry(&text, header, view);
        if (good && !take_char(&text, ',')) {
            good = take_char(&text, '}');
            break;
        }
    }
    if (good && header->descr.data && header->has_order && header->has_shape)
        return IOPT_OK;
    /* A list in place of the type's name is numpy's way to write a struct. */
    const size_t size = (size_t)(whole.end - whole.at);
    return iopt_fail(err, IOPT_BAD_DATA,
                     "a .npy header that is not understood (structured types are not read): %.*s",
                     size > 120 ? 120 : (int)size, whole.at);
}

/* "<f4", "|u1", ">i8", "|S12" */
static IoptStatus parse_descr(IoptBytes descr, IoptNpyView *view, IoptError *err)
{
    Text text = { descr.data, descr.data + descr.size };
    const char order = descr.size ? descr.data[0] : 0;
    int64_t bytes = 0;

    if (order == '<' || order == '>' || order == '|' || order == '=')
        text.at++;
    const char kind = text.at < text.end ? *text.at++ : 0;
    if (kind == '?' && text.at == text.end) /* an old name of bool */
        return parse_descr((IoptBytes){ "|b1", 3 }, view, err);
    if (take_dim(&text, &bytes) && text.at == text.end && bytes > 0) {
        view->item_bytes = (size_t)bytes;
        view->big_endian = order == '>' && bytes > 1 && kind != 'S';
        if (kind == 'S') {
            view->dtype = IOPT_STRING;
            return IOPT_OK;
        }
        for (size_t i = 0; i < IOPT_COUNT(types); i++)
            if (types[i].kind == kind && types[i].bytes == view->item_bytes) {
                view->dtype = types[i].dtype;
                return IOPT_OK;
            }
    }
    return iopt_fail(err, IOPT_UNSUPPORTED, "a .npy array of type '%.*s', which no tensor has",
                     descr.size > 32 ? 32 : (int)descr.size, descr.data);
}

static size_t load_le(const unsigned char *bytes, size_t count)
{
    size_t value = 0;

    for (size_t i = count; i > 0; i--)
        value = value << 8 | bytes[i - 1];
    return value;
}

IoptStatus iopt_npy_view(const void *bytes, size_t size, IoptNpyView *view, IoptError *err)
{
    const unsigned char *const file = bytes;
    Header header = { 0 };
    size_t want;

    *view = (IoptNpyView){ 0 };
    if (size < 10 || memcmp(file, "\x93NUMPY", 6) != 0)
        return iopt_fail(err, IOPT_BAD_DATA, "not a .npy file");
    if (file[6] < 1 || file[6] > 3)
        return iopt_fail(err, IOPT_UNSUPPORTED, ".npy of version %d.%d; want 1, 2 or 3", file[6],
                         file[7]);
    const size_t width = file[6] == 1 ? 2 : 4, start = 8 + width;
    if (size < start || load_le(file + 8, width) > size - start)
        return iopt_fail(err, IOPT_BAD_DATA, "a truncated .npy file: it ends in the header");
    const size_t length = load_le(file + 8, width);
    const char *const text = (const char *)file + start;
    IOPT_TRY(parse_dict((Text){ text, text + length }, &header, view, err));
    IOPT_TRY(parse_descr(header.descr, view, err));
    view->fortran_order = view->fortran_order && view->shape.rank > 1;
    const size_t payload = size - start - length;
    if (!iopt_shape_elems(&view->shape, &view->elems) ||
        !iopt_mul_size(view->elems, view->item_bytes, &want) || want > payload)
        return iopt_fail(err, IOPT_BAD_DATA,
                         "a truncated .npy file: shape %s of %zu bytes each; got %zu bytes",
                         iopt_shape_text(&view->shape).s, view->item_bytes, payload);
    view->data = text + length;
    return IOPT_OK;
}
