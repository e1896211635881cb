/* compare_graphs: TensorFlow's tool; 0 for equal graphs, 1 and the first difference for others. */
#include <stdio.h>

#include "cli/tool_help.h"
#include "cli/tools.h"
#include "formats/model_file.h"
#include "measure/graph_equal.h"

enum { DIFFERENT = 1 };

static IoptStatus load(const char *path, IoptNodeList **out, IoptError *err)
{
    const IoptStatus status = iopt_model_load_list(path, NULL, out, err);

    if (status != IOPT_OK)
        (void)fprintf(stderr, "Loading graph '%s' failed with ", path);
    return status;
}

static int run(char **paths, const char *usage)
{
    IoptError err = { 0 };
    IoptNodeList *actual = NULL, *expected = NULL;
    IoptText difference = { 0 };
    int exit_status;

    IoptStatus status = load(paths[0], &actual, &err);
    if (status == IOPT_OK)
        status = load(paths[1], &expected, &err);
    if (status == IOPT_OK)
        status = iopt_graphs_equal(actual, expected, &difference, &err);
    if (status != IOPT_OK) {
        exit_status = tool_refuse(usage, "%s", err.text);
    } else {
        (void)printf("%s\n", difference.size ? difference.s : "Graphs are equal.");
        exit_status = tool_finish();
        exit_status = exit_status == 0 && difference.size ? DIFFERENT : exit_status;
    }
    iopt_text_free(&difference);
    iopt_list_destroy(actual);
    iopt_list_destroy(expected);
    return exit_status;
}

int tool_compare_graphs(int n_words, char **words)
{
    const ToolFlag flags[] = { { 0 } };
    IoptText usage = { 0 };
    int exit_status;

    tool_flags_usage(flags, "compare_graphs", &usage);
    if (!tool_flags_parse(flags, &n_words, words))
        exit_status = tool_refuse(usage.s, "%s", "");
    else if (n_words != 2)
        exit_status =
            tool_refuse(usage.s, "%s", "compare_graphs expects two file names as arguments");
    else
        exit_status = run(words, usage.s);
    iopt_text_free(&usage);
    return exit_status;
}
