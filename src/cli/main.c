/* The program's entry: finds the command, parses its words, runs it, and ends as it ended.
 *
 * The program answers to several names: iopt and inference-optimizer are the same; a name or a
 * first word that is in the table of tools gets the whole command line as that tool knows it.
 */
#include <string.h>

#include "base/compiler.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/help.h"
#include "cli/terminal.h"
#include "cli/tools.h"

#define CLI_COMMAND(name) &cli_cmd_##name,
static const CliCommand *const commands[] = {
#include "cli/command_list.inc"
};
#undef CLI_COMMAND

/* A program with a command line of its own inside this one. */
typedef struct CliTool {
    const char *name;
    int (*run)(int n_words, char **words); /* the words behind its name */
} CliTool;

static const CliTool tools[] = {
    { "transform_graph", tool_transform_graph },
    { "summarize_graph", tool_summarize_graph },
    { "compare_graphs", tool_compare_graphs },
    { "benchmark_model", tool_benchmark_model },
    { 0 },
};

static const CliTool *find_tool(const char *path)
{
    const char *const slash = strrchr(path, '/');
    const char *const name = slash ? slash + 1 : path;

    for (const CliTool *tool = tools; tool->name; tool++)
        if (strcmp(tool->name, name) == 0)
            return tool;
    return NULL;
}

static const CliCommand *find_command(const char *name)
{
    for (size_t i = 0; i < IOPT_COUNT(commands); i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static IoptStatus fail_unknown(const char *word, IoptError *err)
{
    const char *names[IOPT_COUNT(commands) + 1];

    if (word[0] == '-')
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "unknown option %s; a command comes first: iopt COMMAND %s", word, word);
    for (size_t i = 0; i < IOPT_COUNT(commands); i++)
        names[i] = commands[i]->name;
    names[IOPT_COUNT(commands)] = "help";
    const char *const nearest = iopt_nearest(word, names, IOPT_COUNT(names));
    if (nearest)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "there is no command '%s'; did you mean %s?",
                         word, nearest);
    return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                     "there is no command '%s'; 'iopt help' lists what there is", word);
}

static bool asks_for_help(int n_words, char **words)
{
    for (int i = 0; i < n_words && strcmp(words[i], "--") != 0; i++)
        if (strcmp(words[i], "--help") == 0 || strcmp(words[i], "-h") == 0)
            return true;
    return false;
}

static IoptStatus help(const char *topic, IoptError *err)
{
    const CliCommand *const command = topic ? find_command(topic) : NULL;

    if (topic && !command)
        return fail_unknown(topic, err);
    if (command)
        cli_help_command(command);
    else
        cli_help_program(commands, IOPT_COUNT(commands));
    return IOPT_OK;
}

static IoptStatus run_command(const CliCommand *command, int n_words, char **words, IoptError *err)
{
    CliArgs args;

    if (asks_for_help(n_words, words)) {
        cli_help_command(command);
        return IOPT_OK;
    }
    IoptStatus status = cli_args_parse(&args, command, n_words, words, err);
    if (status == IOPT_OK) {
        cli_terminal_setup(&args);
        status = command->run(&args, err);
    }
    cli_args_free(&args);
    return status;
}

/* words[0] is the command. */
static IoptStatus dispatch(int n_words, char **words, IoptError *err)
{
    if (n_words == 0)
        return help(NULL, err);
    if (strcmp(words[0], "--version") == 0) {
        cli_help_version(n_words > 1 && strcmp(words[1], "--json") == 0);
        return IOPT_OK;
    }
    if (strcmp(words[0], "help") == 0 || strcmp(words[0], "--help") == 0 ||
        strcmp(words[0], "-h") == 0)
        return help(n_words > 1 ? words[1] : NULL, err);
    const CliCommand *const command = find_command(words[0]);
    return command ? run_command(command, n_words - 1, words + 1, err)
                   : fail_unknown(words[0], err);
}

int main(int argc, char **argv)
{
    IoptError err = { 0 };
    const CliTool *tool = argc > 0 ? find_tool(argv[0]) : NULL;

    cli_install_signals();
    if (tool)
        return tool->run(argc - 1, argv + 1);
    tool = argc > 1 ? find_tool(argv[1]) : NULL;
    if (tool)
        return tool->run(argc - 2, argv + 2);
    IoptStatus status = dispatch(argc > 0 ? argc - 1 : 0, argv + 1, &err);
    if (status == IOPT_OK)
        status = cli_finish_output(&err);
    return cli_exit(status, &err);
}
