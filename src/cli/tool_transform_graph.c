/* transform_graph: TensorFlow's tool, with its flags, messages, order of checks and exit status. */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/tool_help.h"
#include "cli/tools.h"
#include "formats/graphdef.h"
#include "formats/model_file.h"
#include "formats/pbtxt.h"
#include "passes/gtt/gtt_driver.h"

typedef struct Tool {
    const char *in_graph, *out_graph, *inputs, *outputs, *transforms;
    bool output_as_text, strict_compat;
    char *usage;
    IoptArena *arena; /* of names and paths */
    IoptError err;
} Tool;

static void print_line(void *user, const char *text)
{
    (void)user;
    (void)fprintf(stderr, "%s\n", text);
}

static IoptStatus make_usage(Tool *tool, const ToolFlag *flags)
{
    IoptText text = { 0 };
    size_t count;
    const IoptTransform *const *const all = iopt_transforms(&count);

    tool_flags_usage(flags, "transform_graph", &text);
    iopt_text_printf(&text, "\nTransforms are:\n");
    for (size_t i = 0; i < count; i++)
        iopt_text_printf(&text, "%s\n", all[i]->name);
    return iopt_text_finish(&text, &tool->usage, &tool->err);
}

/* "~/net.pb" and "~user/net.pb" as a shell would have it. */
static const char *expand(const Tool *tool, const char *path)
{
    const size_t size = strcspn(path, "/");
    const char *home = NULL;

    if (*path != '~')
        return path;
    if (size == 1)
        home = getenv("HOME");
    const char *const user = home ? NULL : iopt_arena_copy(tool->arena, path + 1, size - 1);
    const struct passwd *const entry = user && *user ? getpwnam(user) : NULL;
    if (entry)
        home = entry->pw_dir;
    const char *const full =
        home ? iopt_arena_printf(tool->arena, "%s%s", home, path + size) : NULL;
    return full ? full : path;
}

static IoptStatus save(Tool *tool, const IoptNodeList *list)
{
    const char *const path = expand(tool, tool->out_graph);

    return tool->output_as_text ? iopt_pbtxt_save_list(list, path, &tool->err)
                                : iopt_graphdef_save_list(list, path, &tool->err);
}

static IoptStatus transform(Tool *tool, const IoptGttCalls *calls, const IoptNodeList *in,
                            IoptNodeList **out)
{
    const IoptGttLog log = { print_line, NULL };
    size_t folded = 0;
    IoptTransformContext context = { .strict_compat = tool->strict_compat,
                                     .folded = &folded,
                                     .log = &log };

    *out = NULL;
    IOPT_TRY(
        tool_split(tool->arena, tool->inputs, ',', &context.inputs, &context.n_inputs, &tool->err));
    IOPT_TRY(tool_split(tool->arena, tool->outputs, ',', &context.outputs, &context.n_outputs,
                        &tool->err));
    return iopt_gtt_run(in, calls, &context, out, &tool->err);
}

static int run_calls(Tool *tool, const IoptGttCalls *calls)
{
    IoptNodeList *in, *out;

    if (calls->n == 0)
        return tool_refuse(tool->usage, "%s", "You must specify at least one transform.");
    if (iopt_model_load_list(expand(tool, tool->in_graph), NULL, &in, &tool->err) != IOPT_OK) {
        (void)fprintf(stderr, "Loading graph '%s' failed with ", tool->in_graph);
        return tool_refuse(tool->usage, "%s", tool->err.text);
    }
    const IoptStatus status = transform(tool, calls, in, &out);
    iopt_list_destroy(in);
    if (status != IOPT_OK)
        return tool_refuse(tool->usage, "%s", tool->err.text);
    const IoptStatus saved = save(tool, out);
    iopt_list_destroy(out);
    if (saved == IOPT_OK)
        return 0;
    (void)fprintf(stderr, "Saving graph '%s' failed with ", tool->out_graph);
    return tool_refuse(tool->usage, "%s", tool->err.text);
}

static int run(Tool *tool, const ToolFlag *flags, int n_words, char **words)
{
    IoptGttCalls calls;

    if (!tool_flags_parse(flags, &n_words, words))
        return tool_refuse(tool->usage, "%s", "");
    if (n_words > 0)
        return tool_refuse(tool->usage, "Unknown argument %s.", words[0]);
    if (!*tool->in_graph)
        return tool_refuse(tool->usage, "%s", "in_graph graph can't be empty.");
    if (!*tool->out_graph)
        return tool_refuse(tool->usage, "%s", "out_graph graph can't be empty.");
    if (!*tool->transforms)
        return tool_refuse(tool->usage, "%s", "You must specify at least one transform.");
    if (iopt_gtt_parse(tool->transforms, &calls, &tool->err) != IOPT_OK)
        return tool_refuse(tool->usage, "Failed to parse --transform argument, error was %s",
                           tool->err.text);
    if (calls.unclosed)
        (void)fprintf(stderr, "The last transform is dropped: its ) is missing [column %zu]\n",
                      calls.unclosed);
    const int exit_status = run_calls(tool, &calls);
    iopt_gtt_calls_free(&calls);
    return exit_status;
}

int tool_transform_graph(int n_words, char **words)
{
    Tool tool = { "", "", "", "", "", false, false, NULL, NULL, { 0 } };
    const ToolFlag flags[] = {
        { "in_graph", TOOL_STRING, (void *)&tool.in_graph, "input graph file name" },
        { "out_graph", TOOL_STRING, (void *)&tool.out_graph, "output graph file name" },
        { "inputs", TOOL_STRING, (void *)&tool.inputs, "inputs" },
        { "outputs", TOOL_STRING, (void *)&tool.outputs, "outputs" },
        { "transforms", TOOL_STRING, (void *)&tool.transforms, "list of transforms" },
        { "output_as_text", TOOL_BOOL, &tool.output_as_text,
          "whether to write the graph in text protobuf format" },
        { "strict_compat", TOOL_BOOL, &tool.strict_compat,
          "whether to do what TensorFlow did also where it did harm" },
        { 0 },
    };
    int exit_status = TOOL_FAILED;

    if (iopt_arena_create(&tool.arena, &tool.err) == IOPT_OK && make_usage(&tool, flags) == IOPT_OK)
        exit_status = run(&tool, flags, n_words, words);
    else
        (void)fprintf(stderr, "%s\n", tool.err.text);
    free(tool.usage);
    iopt_arena_destroy(tool.arena);
    return exit_status;
}
