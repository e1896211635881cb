/* Growing text, nearest names, byte counts for people. */
#include "base/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static bool reserve(IoptText *text, size_t more)
{
    void *items = text->s;

    if (text->failed || more > SIZE_MAX / 4 ||
        iopt_grow(&items, &text->capacity, text->size + more + 1, 1, NULL) != IOPT_OK) {
        text->failed = true;
        return false;
    }
    text->s = items;
    return true;
}

void iopt_text_append(IoptText *text, const char *bytes, size_t size)
{
    if (!reserve(text, size))
        return;
    if (size)
        memcpy(text->s + text->size, bytes, size);
    text->size += size;
    text->s[text->size] = 0;
}

void iopt_text_printf(IoptText *text, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    const int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (size < 0 || !reserve(text, (size_t)size))
        return;
    va_start(args, format);
    (void)vsnprintf(text->s + text->size, (size_t)size + 1, format, args);
    va_end(args);
    text->size += (size_t)size;
}

void iopt_text_free(IoptText *text)
{
    free(text->s);
    *text = (IoptText){ 0 };
}

IoptStatus iopt_text_finish(IoptText *text, char **out, IoptError *err)
{
    *out = NULL;
    if (!text->failed && !text->s)
        iopt_text_append(text, "", 0);
    if (text->failed) {
        iopt_text_free(text);
        return iopt_fail(err, IOPT_NO_MEMORY, "out of memory while writing text");
    }
    *out = text->s;
    *text = (IoptText){ 0 };
    return IOPT_OK;
}

enum { NAME_MAX_CHARS = 256 };

static size_t min3(size_t a, size_t b, size_t c)
{
    const size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

size_t iopt_edit_distance(const char *a, const char *b, size_t limit)
{
    size_t row[3][NAME_MAX_CHARS + 1];
    const size_t n = strlen(a), m = strlen(b);

    if (n > NAME_MAX_CHARS || m > NAME_MAX_CHARS || (n > m ? n - m : m - n) > limit)
        return limit;
    size_t *before = row[0], *last = row[1], *now = row[2];
    for (size_t j = 0; j <= m; j++)
        last[j] = before[j] = j;
    for (size_t i = 1; i <= n; i++) {
        now[0] = i;
        for (size_t j = 1; j <= m; j++) {
            const bool same = a[i - 1] == b[j - 1];
            now[j] = min3(last[j] + 1, now[j - 1] + 1, last[j - 1] + !same);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                before[j - 2] + 1 < now[j])
                now[j] = before[j - 2] + 1;
        }
        size_t *const spare = before;
        before = last;
        last = now;
        now = spare;
    }
    return last[m] < limit ? last[m] : limit;
}

const char *iopt_nearest(const char *name, const char *const *names, size_t count)
{
    const size_t length = strlen(name);
    size_t best = length / 3 + 2; /* farther than this is another word */
    const char *nearest = NULL;

    for (size_t i = 0; i < count; i++) {
        const size_t distance = iopt_edit_distance(name, names[i], best);
        if (distance < best) {
            best = distance;
            nearest = names[i];
        }
    }
    return nearest;
}

bool iopt_has_prefix(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool iopt_has_suffix(const char *text, const char *suffix)
{
    const size_t n = strlen(text), m = strlen(suffix);
    return n >= m && memcmp(text + n - m, suffix, m) == 0;
}

IoptBytesText iopt_bytes_text(double bytes)
{
    static const char *const units[] = { "kB", "MB", "GB", "TB" };
    IoptBytesText text;
    size_t unit = 0;

    if (bytes < 1000.0) {
        (void)snprintf(text.s, sizeof text.s, "%.0f B", bytes);
        return text;
    }
    for (bytes /= 1000.0; bytes >= 999.95 && unit < 3; unit++)
        bytes /= 1000.0;
    (void)snprintf(text.s, sizeof text.s, "%.1f %s", bytes, units[unit]);
    return text;
}
