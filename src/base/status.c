/* Error text: written once at the cause, given context on the way up. */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *iopt_status_text(IoptStatus status)
{
    switch (status) {
    case IOPT_OK: return "ok";
    case IOPT_INVALID_ARGUMENT: return "invalid argument";
    case IOPT_NOT_FOUND: return "not found";
    case IOPT_BAD_MODEL: return "bad model";
    case IOPT_BAD_DATA: return "bad data";
    case IOPT_UNSUPPORTED: return "unsupported";
    case IOPT_IO: return "input/output error";
    case IOPT_NO_MEMORY: return "out of memory";
    case IOPT_BOUND_MISSED: return "bound missed";
    case IOPT_CANCELLED: return "cancelled";
    }
    return "unknown status";
}

/* Text from files ends up in messages; a message stays one printable line whatever they hold. */
static void make_one_line(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            *text = ' ';
}

IoptStatus iopt_fail(IoptError *err, IoptStatus status, const char *format, ...)
{
    va_list args;

    if (!err)
        return status;
    err->status = status;
    va_start(args, format);
    (void)vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    make_one_line(err->text);
    return status;
}

IoptStatus iopt_while(IoptError *err, IoptStatus status, const char *format, ...)
{
    char context[IOPT_ERROR_BYTES], cause[IOPT_ERROR_BYTES];
    va_list args;

    if (status == IOPT_OK || !err)
        return status;
    va_start(args, format);
    (void)vsnprintf(context, sizeof context, format, args);
    va_end(args);
    make_one_line(context);
    memcpy(cause, err->text, sizeof cause);
    size_t n = strlen(context);
    /* The cause matters more than the context: a long context gives way. */
    const size_t room = sizeof err->text - 3, need = strlen(cause);
    if (n + need > room)
        n = need < room ? room - need : 0;
    (void)snprintf(err->text, sizeof err->text, "%.*s: %.*s", (int)n, context,
                   (int)(sizeof err->text - n - 3), cause);
    return status;
}

IoptStatus iopt_fail_memory(IoptError *err, size_t bytes)
{
    return iopt_fail(err, IOPT_NO_MEMORY, "out of memory: %zu bytes wanted", bytes);
}
