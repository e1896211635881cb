/* iopt summarize: what a graph is. */
#include <string.h>

#include "cli/commands.h"
#include "cli/json.h"
#include "cli/model_options.h"
#include "cli/terminal.h"
#include "formats/dot.h"
#include "measure/summary.h"

/* One node: "c = Conv2D(x, w, ^init): float[1,4,4,8]". */
static void print_node(const IoptNode *node)
{
    const char *comma = "";

    cli_print("%s = %s(", node->name, node->op);
    for (size_t i = 0; i < node->n_in; i++, comma = ", ") {
        cli_print("%s%s", comma, node->in[i].node->name);
        if (node->in[i].port)
            cli_print(":%d", node->in[i].port);
    }
    for (size_t i = 0; i < node->n_control; i++, comma = ", ")
        cli_print("%s^%s", comma, node->control[i]->name);
    cli_print(")");
    for (size_t i = 0; node->facts && i < node->n_out; i++)
        cli_print("%s %s", i ? "," : ":", iopt_fact_text(&node->facts[i]).s);
    cli_print("\n");
}

static IoptStatus print_summary(const CliArgs *args, const IoptGraph *graph, IoptError *err)
{
    IoptSummary summary;
    IoptText text = { 0 };
    cJSON *json = NULL;

    IOPT_TRY(iopt_summarize(graph, &summary, err));
    IoptStatus status = args->json ? iopt_summary_json(&summary, &json, err)
                                   : iopt_summary_table(&summary, &text, err);
    if (json)
        cli_json_print(json);
    else if (status == IOPT_OK)
        cli_print("%s", text.s);
    iopt_text_free(&text);
    iopt_summary_free(&summary);
    return status;
}

static IoptStatus run(const CliArgs *args, IoptError *err)
{
    const char *const dot = cli_text(args, "--dot", NULL);
    const IoptDotOptions dot_options = { .clusters = cli_flag(args, "--clusters") };
    IoptStatus status = IOPT_OK;
    IoptModel model = { 0 };

    IOPT_TRY(cli_model_look(args, cli_operand(args, 0), &model, err));
    if (dot)
        IOPT_DO(iopt_dot_save(model.graph, &dot_options, dot, err));
    if (!cli_flag(args, "--text"))
        IOPT_DO(print_summary(args, model.graph, err));
    else
        for (size_t i = 0; i < model.graph->n_nodes; i++)
            print_node(model.graph->nodes[i]);
done:
    iopt_model_close(&model);
    return status;
}

static const CliOption options[] = {
    { "--text", NULL, "print the nodes instead, a line each: name = Op(inputs): type[shape]",
      CLI_FLAG },
    { "--dot", "FILE", "draw the graph for Graphviz: dot -Tsvg FILE -o net.svg", CLI_TEXT },
    { "--clusters", NULL, "draw a box around each name scope", CLI_FLAG },
    { 0 },
};
static const CliGroup group = { "Options", options };
static const CliGroup *const groups[] = { &group, &cli_model_group, NULL };
static const char *const operands[] = { "MODEL", NULL };
static const char *const examples[] = {
    "iopt summarize models/demo/fashion.pb",
    "iopt summarize models/demo/fashion.pb --text",
    "iopt summarize models/demo/fashion.pb --dot net.dot --clusters",
    NULL,
};

const CliCommand cli_cmd_summarize = {
    .name = "summarize",
    .usage = "MODEL [options]",
    .brief = "shows what a graph is: inputs, outputs, ops, sizes, what training left behind",
    .about = "MODEL is a frozen GraphDef, .pb or .pbtxt. Inputs and outputs are guessed as "
             "TensorFlow's summarize_graph does, unless they are named.",
    .groups = groups,
    .examples = examples,
    .operands = operands,
    .run = run,
};
