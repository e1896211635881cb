/* Building and printing JSON. */
#include "cli/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/terminal.h"

/* Bytes of the UTF-8 character at `s`; 0 if it is none. */
static size_t character_bytes(const unsigned char *s)
{
    const size_t size = s[0] < 0x80   ? 1
                        : s[0] < 0xc2 ? 0
                        : s[0] < 0xe0 ? 2
                        : s[0] < 0xf0 ? 3
                        : s[0] < 0xf5 ? 4
                                      : 0;

    for (size_t i = 1; i < size; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) || /* too long; surrogates */
        (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
        return 0;
    return size;
}

void cli_json_print(cJSON *taken)
{
    char *const text = cJSON_Print(taken);

    cJSON_Delete(taken);
    for (const unsigned char *at = (const unsigned char *)text; at && *at;) {
        const size_t size = character_bytes(at);
        if (size)
            (void)fwrite(at, 1, size, stdout);
        else
            (void)fputs("\\ufffd", stdout);
        at += size ? size : 1;
    }
    cli_print("\n");
    cJSON_free(text);
}

void cli_json_number(cJSON *object, const char *key, double value)
{
    if (isfinite(value))
        (void)cJSON_AddNumberToObject(object, key, value);
    else
        (void)cJSON_AddNullToObject(object, key);
}

void cli_json_text(cJSON *object, const char *key, const char *value)
{
    if (value)
        (void)cJSON_AddStringToObject(object, key, value);
    else
        (void)cJSON_AddNullToObject(object, key);
}

cJSON *cli_json_object(cJSON *object, const char *key)
{
    return cJSON_AddObjectToObject(object, key);
}

cJSON *cli_json_array(cJSON *object, const char *key)
{
    return cJSON_AddArrayToObject(object, key);
}
