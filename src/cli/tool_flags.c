/* TensorFlow's flags. */
#include "cli/tool_flags.h"

#include <stdio.h>
#include <string.h>

#include "passes/gtt/gtt_params.h"

typedef enum Outcome { NOT_THIS_ONE, TAKEN, BAD_VALUE } Outcome;

static bool read_value(const ToolFlag *flag, const char *text)
{
    int64_t number;
    bool is_true;

    switch (flag->type) {
    case TOOL_STRING: *(const char **)flag->variable = text; return true;
    case TOOL_BOOL:
        is_true = strcmp(text, "true") == 0;
        *(bool *)flag->variable = is_true;
        return is_true || strcmp(text, "false") == 0;
    case TOOL_INT32:
        if (!iopt_gtt_read_int64(text, INT32_MIN, INT32_MAX, &number))
            return false;
        *(int32_t *)flag->variable = (int32_t)number;
        return true;
    case TOOL_INT64: return iopt_gtt_read_int64(text, INT64_MIN, INT64_MAX, flag->variable);
    case TOOL_FLOAT: return iopt_gtt_read_float(text, flag->variable);
    }
    return false;
}

static Outcome try_flag(const ToolFlag *flag, const char *word)
{
    const size_t size = strlen(flag->name);

    if (!iopt_has_prefix(word, "--"))
        return NOT_THIS_ONE;
    word += 2;
    if (flag->type == TOOL_BOOL && strncmp(word, "no", 2) == 0 && !strcmp(word + 2, flag->name)) {
        *(bool *)flag->variable = false;
        return TAKEN;
    }
    if (strncmp(word, flag->name, size) != 0)
        return NOT_THIS_ONE;
    if (word[size] == '=')
        return read_value(flag, word + size + 1) ? TAKEN : BAD_VALUE;
    if (word[size] != 0 || flag->type != TOOL_BOOL)
        return NOT_THIS_ONE;
    *(bool *)flag->variable = true;
    return TAKEN;
}

static Outcome take(const ToolFlag *flags, const char *word)
{
    Outcome outcome = NOT_THIS_ONE;

    for (const ToolFlag *flag = flags; flag->name && outcome == NOT_THIS_ONE; flag++) {
        outcome = try_flag(flag, word);
        if (outcome == BAD_VALUE)
            (void)fprintf(stderr, "Couldn't interpret the value of flag %s\n", word);
    }
    return outcome;
}

bool tool_flags_parse(const ToolFlag *flags, int *n_words, char **words)
{
    bool good = true;
    int left = 0, i = 0;

    for (; i < *n_words && strcmp(words[i], "--") != 0; i++) {
        const Outcome outcome = take(flags, words[i]);
        good = good && outcome != BAD_VALUE && strcmp(words[i], "--help") != 0;
        if (outcome == NOT_THIS_ONE)
            words[left++] = words[i];
    }
    for (i++; i < *n_words; i++) /* behind the -- */
        words[left++] = words[i];
    *n_words = left;
    return good;
}

void tool_flags_usage(const ToolFlag *flags, const char *program, IoptText *out)
{
    static const char *const types[] = { "string", "bool", "int32", "int64", "float" };
    char text[512];

    iopt_text_printf(out, "usage: %s\nFlags:\n", program);
    for (const ToolFlag *flag = flags; flag->name; flag++) {
        const void *const at = flag->variable;
        switch (flag->type) {
        case TOOL_STRING:
            (void)snprintf(text, sizeof text, "--%s=\"%s\"", flag->name, *(const char *const *)at);
            break;
        case TOOL_BOOL:
            (void)snprintf(text, sizeof text, "--%s=%s", flag->name,
                           *(const bool *)at ? "true" : "false");
            break;
        case TOOL_INT32:
            (void)snprintf(text, sizeof text, "--%s=%d", flag->name, (int)*(const int32_t *)at);
            break;
        case TOOL_INT64:
            (void)snprintf(text, sizeof text, "--%s=%lld", flag->name,
                           (long long)*(const int64_t *)at);
            break;
        case TOOL_FLOAT:
            (void)snprintf(text, sizeof text, "--%s=%f", flag->name, (double)*(const float *)at);
            break;
        }
        iopt_text_printf(out, "\t%-33s\t%s\t%s\n", text, types[flag->type], flag->help);
    }
}
