/* Text: a string that grows, and the nearest name for "did you mean". */
#ifndef IOPT_BASE_TEXT_H
#define IOPT_BASE_TEXT_H

#include <stdbool.h>

#include "base/status.h"

/* { 0 } is an empty text.  Appending never fails at once: `failed` stays set after an allocation
 * failed, and iopt_text_finish reports it. */
typedef struct IoptText {
    char *s; /* zero-terminated once anything was appended */
    size_t size, capacity;
    bool failed;
} IoptText;

void iopt_text_append(IoptText *text, const char *bytes, size_t size);
void iopt_text_printf(IoptText *text, const char *format, ...) IOPT_PRINTF(2, 3);
void iopt_text_free(IoptText *text);

/* Gives the zero-terminated string to the caller, who frees it; the text is empty again. */
IoptStatus iopt_text_finish(IoptText *text, char **out, IoptError *err);

/* Edits (insert, delete, replace, swap of neighbours) that turn a into b, at most `limit`. */
size_t iopt_edit_distance(const char *a, const char *b, size_t limit);

/* The one of `count` names that is nearest to `name`, or NULL if none is near. */
const char *iopt_nearest(const char *name, const char *const *names, size_t count);

/* Whether `text` begins or ends with the other string. */
bool iopt_has_prefix(const char *text, const char *prefix);
bool iopt_has_suffix(const char *text, const char *suffix);

/* "95.4 MB": decimal units, three significant digits or more. */
typedef struct IoptBytesText {
    char s[24];
} IoptBytesText;
IoptBytesText iopt_bytes_text(double bytes);

#endif
