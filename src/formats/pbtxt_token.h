/* Tokens of protobuf's text format. */
#ifndef IOPT_FORMATS_PBTXT_TOKEN_H
#define IOPT_FORMATS_PBTXT_TOKEN_H

#include "formats/wire.h"

typedef enum IoptTokenKind {
    IOPT_TOKEN_END,
    IOPT_TOKEN_NAME,
    IOPT_TOKEN_NUMBER,
    IOPT_TOKEN_STRING, /* with its quotes */
    IOPT_TOKEN_SYMBOL, /* one character */
    IOPT_TOKEN_BROKEN
} IoptTokenKind;

typedef struct IoptToken {
    IoptTokenKind kind;
    IoptBytes text; /* points into the file */
} IoptToken;

/* The token at *at, which moves behind it; blanks and comments are skipped. */
IoptToken iopt_token_next(const char **at, const char *end);

bool iopt_token_is(const IoptToken *token, char symbol);

/* "line 3:14" of a place in a text. */
typedef struct IoptPlace {
    char s[48];
} IoptPlace;
IoptPlace iopt_place(IoptBytes text, const char *at);

/* Appends what a string token stands for; false if an escape makes no sense. */
bool iopt_token_unescape(const IoptToken *token, IoptText *out);

#endif
