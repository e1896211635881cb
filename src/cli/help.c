/* Help texts and --version. */
#include "cli/help.h"

#include <string.h>

#include "cli/json.h"
#include "cli/terminal.h"
#include "cli/version.h"
#include "platform/cpu.h"

enum { WIDTH = 100, INDENT = 28 }; /* columns */

/* Prints text from column `at` on, broken at blanks to lines that begin at column `indent`. */
static void print_wrapped(const char *text, size_t at, size_t indent)
{
    while (*text) {
        size_t length = strlen(text);
        if (at + length > WIDTH) {
            length = WIDTH - at;
            while (length > 0 && text[length] != ' ')
                length--;
            if (length == 0)
                length = strcspn(text, " ");
        }
        cli_print("%.*s\n", (int)length, text);
        text += length;
        while (*text == ' ')
            text++;
        if (*text)
            cli_print("%*s", (int)indent, "");
        at = indent;
    }
}

/* Prints "  left" and its explanation at column INDENT, on the next line if left is long. */
static void print_entry(const char *left, const char *text)
{
    const size_t width = strlen(left) + 2;

    cli_print("  %s%s%s", cli_color(stdout, CLI_BOLD), left, cli_color(stdout, CLI_PLAIN));
    if (width + 2 > INDENT)
        cli_print("\n%*s", INDENT, "");
    else
        cli_print("%*s", (int)(INDENT - width), "");
    print_wrapped(text, INDENT, INDENT);
}

static void print_group(const CliGroup *group)
{
    char left[128];

    cli_print("\n%s\n", group->title);
    for (const CliOption *option = group->options; option->name; option++) {
        if (!option->help)
            continue;
        (void)snprintf(left, sizeof left, "%s%s%s", option->name, option->value ? " " : "",
                       option->value ? option->value : "");
        print_entry(left, option->help);
    }
}

void cli_help_command(const CliCommand *command)
{
    cli_print("iopt %s: ", command->name);
    print_wrapped(command->brief, strlen(command->name) + 7, 0);
    cli_print("\nusage: iopt %s %s\n", command->name, command->usage);
    if (command->about) {
        cli_print("\n");
        print_wrapped(command->about, 0, 0);
    }
    for (const CliGroup *const *group = command->groups; *group; group++)
        print_group(*group);
    print_group(&cli_common_group);
    cli_print("\nExamples\n");
    for (const char *const *example = command->examples; *example; example++)
        cli_print("  %s\n", *example);
}

void cli_help_program(const CliCommand *const *commands, size_t count)
{
    cli_print("iopt makes trained TensorFlow graphs small and fast for inference, and shows it.\n\n"
              "usage: iopt COMMAND ...\n\n"
              "Commands\n");
    for (size_t i = 0; i < count; i++)
        print_entry(commands[i]->name, commands[i]->brief);
    print_entry("help COMMAND", "usage, options and examples of a command");
    cli_print("\nTensorFlow's tools, with TensorFlow's flags (--help lists them)\n"
              "  transform_graph, summarize_graph, compare_graphs, benchmark_model\n");
    cli_print("\nOptions\n");
    print_entry("--version", "version, commit, compiler, and the instruction set in use");
    print_entry("--help", "this text");
    cli_print(
        "\nExamples\n"
        "  iopt summarize net.pb\n"
        "  iopt optimize net.pb --out fast.pb\n"
        "  iopt run fast.pb --image photo.jpg --labels labels.txt\n"
        "\nExit status: 0 done; 1 the input is at fault; 2 the command line is; 3 the machine "
        "is; 4 a\nstated bound was missed.\n");
}

static const char *compiler(void)
{
#if defined(__clang__)
    return "clang " __clang_version__;
#elif defined(__GNUC__)
    return "gcc " __VERSION__;
#else
    return "unknown";
#endif
}

void cli_help_version(bool json)
{
    const char *const isa = iopt_cpu_isa_text(iopt_cpu_flags());

    if (json) {
        cJSON *const object = cJSON_CreateObject();
        (void)cJSON_AddStringToObject(object, "version", iopt_cli_version());
        (void)cJSON_AddStringToObject(object, "commit", iopt_cli_commit());
        (void)cJSON_AddStringToObject(object, "compiler", compiler());
        (void)cJSON_AddStringToObject(object, "cpu", iopt_cpu_name());
        (void)cJSON_AddStringToObject(object, "isa", isa);
        cli_json_print(object);
        return;
    }
    cli_print("iopt %s\ncommit    %s\ncompiler  %s\ncpu       %s, %s\n", iopt_cli_version(),
              iopt_cli_commit(), compiler(), iopt_cpu_name(), isa);
}
