/* Splitting protobuf's text format into tokens. */
#include "formats/pbtxt_token.h"

#include <stdio.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end) {
        if (*at == '#')
            while (at < end && *at != '\n')
                at++;
        else if (*at == ' ' || (*at >= '\t' && *at <= '\r'))
            at++;
        else
            break;
    }
    return at;
}

/* Digits, letters and points; a sign only behind a decimal exponent. */
static const char *end_of_number(const char *at, const char *end)
{
    const bool hex = end - at > 1 && at[0] == '0' && (at[1] == 'x' || at[1] == 'X');

    for (; at < end; at++) {
        if (is_digit(*at) || is_letter(*at) || *at == '.')
            continue;
        const bool exponent = !hex && (at[-1] == 'e' || at[-1] == 'E');
        if (!exponent || (*at != '+' && *at != '-'))
            break;
    }
    return at;
}

/* NULL if the closing quote is missing on the line. */
static const char *end_of_string(const char *at, const char *end)
{
    const char quote = *at++;

    for (; at < end && *at != '\n'; at++) {
        if (*at == quote)
            return at + 1;
        if (*at == '\\' && at + 1 < end && at[1] != '\n')
            at++;
    }
    return NULL;
}

IoptToken iopt_token_next(const char **at, const char *end)
{
    const char *const begin = skip_blanks(*at, end);
    const char *stop = begin;
    IoptToken token = { .kind = IOPT_TOKEN_END, .text = { .data = begin } };

    if (begin == end) {
        *at = end;
        return token;
    }
    if (is_letter(*begin)) {
        token.kind = IOPT_TOKEN_NAME;
        while (stop < end && (is_letter(*stop) || is_digit(*stop)))
            stop++;
    } else if (is_digit(*begin) || (*begin == '.' && end - begin > 1 && is_digit(begin[1]))) {
        token.kind = IOPT_TOKEN_NUMBER;
        stop = end_of_number(begin, end);
    } else if (*begin == '"' || *begin == '\'') {
        stop = end_of_string(begin, end);
        token.kind = stop ? IOPT_TOKEN_STRING : IOPT_TOKEN_BROKEN;
        stop = stop ? stop : end;
    } else {
        token.kind = strchr("{}<>[]:;,-", *begin) && *begin ? IOPT_TOKEN_SYMBOL : IOPT_TOKEN_BROKEN;
        stop = begin + 1;
    }
    token.text.size = (size_t)(stop - begin);
    *at = stop;
    return token;
}

bool iopt_token_is(const IoptToken *token, char symbol)
{
    return token->kind == IOPT_TOKEN_SYMBOL && *token->text.data == symbol;
}

IoptPlace iopt_place(IoptBytes text, const char *at)
{
    size_t line = 1, column = 1;
    IoptPlace place;

    for (const char *c = text.data; c < at; c++) {
        column++;
        if (*c == '\n') {
            line++;
            column = 1;
        }
    }
    (void)snprintf(place.s, sizeof place.s, "line %zu:%zu", line, column);
    return place;
}

/* The value of a digit in any base up to 16, or -1. */
static int digit_of(char c, int base)
{
    const int value = is_digit(c)            ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : 99;
    return value < base ? value : -1;
}

/* Up to `most` digits; *at moves behind them; false if there is none. */
static bool read_digits(const char **at, const char *end, int base, int most, uint32_t *out)
{
    int n = 0;

    for (*out = 0; n < most && *at < end && digit_of(**at, base) >= 0; n++)
        *out = *out * (uint32_t)base + (uint32_t)digit_of(*(*at)++, base);
    return n > 0;
}

static bool append_utf8(IoptText *out, uint32_t code)
{
    char bytes[4];
    size_t n = 0;

    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return false;
    if (code < 0x80) {
        bytes[n++] = (char)code;
    } else if (code < 0x800) {
        bytes[n++] = (char)(0xc0 | code >> 6);
    } else if (code < 0x10000) {
        bytes[n++] = (char)(0xe0 | code >> 12);
        bytes[n++] = (char)(0x80 | (code >> 6 & 0x3f));
    } else {
        bytes[n++] = (char)(0xf0 | code >> 18);
        bytes[n++] = (char)(0x80 | (code >> 12 & 0x3f));
        bytes[n++] = (char)(0x80 | (code >> 6 & 0x3f));
    }
    if (code >= 0x80)
        bytes[n++] = (char)(0x80 | (code & 0x3f));
    iopt_text_append(out, bytes, n);
    return true;
}

/* Behind a backslash. */
static bool unescape(const char **at, const char *end, IoptText *out)
{
    static const char letters[] = "abfnrtv\\'\"?", meanings[] = "\a\b\f\n\r\t\v\\'\"?";
    const char c = **at;
    uint32_t value;

    if (digit_of(c, 8) >= 0) {
        (void)read_digits(at, end, 8, 3, &value);
        const char byte = (char)value;
        iopt_text_append(out, &byte, 1);
        return value < 256;
    }
    ++*at;
    if (c == 'x' || c == 'X') {
        const bool good = read_digits(at, end, 16, 2, &value);
        const char byte = (char)value;
        iopt_text_append(out, &byte, 1);
        return good;
    }
    if (c == 'u' || c == 'U') {
        const int digits = c == 'u' ? 4 : 8;
        const char *const begin = *at;
        return read_digits(at, end, 16, digits, &value) && *at - begin == digits &&
               append_utf8(out, value);
    }
    const char *const letter = c ? strchr(letters, c) : NULL;
    if (letter)
        iopt_text_append(out, &meanings[letter - letters], 1);
    return letter != NULL;
}

bool iopt_token_unescape(const IoptToken *token, IoptText *out)
{
    const char *at = token->text.data + 1, *const end = at + token->text.size - 2;

    while (at < end) {
        const char *const escape = memchr(at, '\\', (size_t)(end - at));
        iopt_text_append(out, at, (size_t)((escape ? escape : end) - at));
        if (!escape)
            return true;
        at = escape + 1;
        if (at == end || !unescape(&at, end, out))
            return false;
    }
    return true;
}
