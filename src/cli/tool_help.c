/* Refusing, and lists in flags. */
#include "cli/tool_help.h"

#include <stdio.h>
#include <string.h>

#include "cli/terminal.h"

int tool_refuse(const char *usage, const char *format, const char *what)
{
    (void)fflush(stdout);
    (void)fprintf(stderr, format, what);
    (void)fprintf(stderr, "\n%s", usage ? usage : "");
    return TOOL_FAILED;
}

int tool_finish(void)
{
    IoptError err = { 0 };

    return cli_finish_output(&err) == IOPT_OK ? 0 : tool_refuse(NULL, "%s", err.text);
}

IoptStatus tool_split(IoptArena *arena, const char *text, char separator, const char *const **out,
                      size_t *count, IoptError *err)
{
    const char separators[] = { separator, 0 };
    size_t n = *text ? 1 : 0;

    *out = NULL;
    *count = 0;
    for (const char *at = text; *at; at++)
        n += *at == separator;
    const char **const pieces = iopt_arena_alloc(arena, n, sizeof *pieces);
    if (!pieces)
        return iopt_fail_memory(err, n * sizeof *pieces);
    for (size_t i = 0; i < n; i++) {
        const size_t size = strcspn(text, separators);
        pieces[i] = iopt_arena_copy(arena, text, size);
        if (!pieces[i])
            return iopt_fail_memory(err, size);
        text += size + 1;
    }
    *out = pieces;
    *count = n;
    return IOPT_OK;
}
