/* iopt list: what this build has, straight from its lists. */
#include <stdlib.h>
#include <string.h>

#include "base/knobs.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "kernels/kernel.h"
#include "ops/op.h"
#include "passes/gtt/gtt_transform.h"
#include "passes/pipeline.h"

enum { MAX_COLUMNS = 5 };

/* A list: its columns, whose titles are the keys in JSON as well, and its rows. */
typedef struct Listing {
    const char *name;
    CliColumn columns[MAX_COLUMNS];
    void (*fill)(CliTable *table);
} Listing;

static const char *exactness_text(IoptExactness exactness)
{
    switch (exactness) {
    case IOPT_SAME_BITS: return "same bits";
    case IOPT_ROUNDING: return "rounding";
    case IOPT_LOSSY: return "lossy";
    }
    return "";
}

static void fill_passes(CliTable *table)
{
    size_t count;
    const IoptPass *const *const passes = iopt_passes(&count);

    for (size_t i = 0; i < count; i++) {
        cli_cell(table, "%s", passes[i]->name);
        cli_cell(table, "%s", exactness_text(passes[i]->exactness));
        cli_cell(table, "%s", passes[i]->brief);
    }
}

/* A row for each transform, then one for each of its parameters. */
static void fill_transforms(CliTable *table)
{
    size_t count;
    const IoptTransform *const *const transforms = iopt_transforms(&count);

    for (size_t i = 0; i < count; i++) {
        const IoptTransformParam *param = transforms[i]->params;
        cli_cell(table, "%s", transforms[i]->name);
        cli_cell(table, "%s", "");
        cli_cell(table, "%s%s", transforms[i]->brief,
                 transforms[i]->historic ? " (not in TensorFlow 1.15)" : "");
        for (; param && param->name; param++) {
            cli_cell(table, "%s", transforms[i]->name);
            cli_cell(table, "%s=%s", param->name, param->value);
            cli_cell(table, "%s", param->help);
        }
    }
}

static void fill_recipes(CliTable *table)
{
    size_t count;
    const IoptRecipe *const recipes = iopt_recipes(&count);

    for (size_t i = 0; i < count; i++) {
        char passes[900] = "";
        size_t used = 0;
        if (recipes[i].transforms)
            used = (size_t)snprintf(passes, sizeof passes, "%s", recipes[i].transforms);
        for (size_t k = 0; k < recipes[i].count && used < sizeof passes; k++)
            used += (size_t)snprintf(passes + used, sizeof passes - used, "%s%s", k ? " " : "",
                                     recipes[i].passes[k]);
        cli_cell(table, "%s", recipes[i].name);
        cli_cell(table, "%s", recipes[i].brief);
        cli_cell(table, "%s", passes);
    }
}

static void fill_ops(CliTable *table)
{
    size_t count;
    const IoptOp *const *const ops = iopt_ops(&count);

    for (size_t i = 0; i < count; i++) {
        cli_cell(table, "%s", ops[i]->name);
        cli_cell(table, "%s", ops[i]->dtypes ? ops[i]->dtypes : "");
        cli_cell(table, "%s", ops[i]->brief ? ops[i]->brief : "");
    }
}

static void fill_kernels(CliTable *table)
{
    size_t count;
    const IoptKernel *const *const kernels = iopt_kernels(&count);
    const uint32_t flags = iopt_cpu_flags();

    for (size_t i = 0; i < count; i++) {
        const IoptVariant *const used = iopt_kernel_choose(kernels[i], flags);
        for (size_t k = 0; k < kernels[i]->count; k++) {
            const IoptVariant *const variant = &kernels[i]->variants[k];
            const bool runs = (variant->cpu & flags) == variant->cpu;
            cli_cell(table, "%s", kernels[i]->name);
            cli_cell(table, "%s", variant->name);
            cli_cell(table, "%s", variant == used ? "used" : runs ? "runs" : "no");
        }
    }
}

static void fill_knobs(CliTable *table)
{
    size_t count;
    const IoptKnob *const knobs = iopt_knobs(&count);

    for (size_t i = 0; i < count; i++) {
        cli_cell(table, "%s", knobs[i].name);
        cli_cell(table, "%s", knobs[i].values);
        cli_cell(table, "%s", knobs[i].brief);
        cli_cell(table, "%s", knobs[i].unset);
    }
}

/* The first name is the one that is shown. */
static const Listing listings[] = {
    { "passes",
      { { "name", CLI_LEFT }, { "exactness", CLI_LEFT }, { "brief", CLI_LEFT } },
      fill_passes },
    { "transforms",
      { { "name", CLI_LEFT }, { "parameter", CLI_LEFT }, { "brief", CLI_LEFT } },
      fill_transforms },
    { "recipes",
      { { "name", CLI_LEFT }, { "brief", CLI_LEFT }, { "passes", CLI_LEFT } },
      fill_recipes },
    { "ops", { { "name", CLI_LEFT }, { "types", CLI_LEFT }, { "brief", CLI_LEFT } }, fill_ops },
    { "kernels",
      { { "name", CLI_LEFT }, { "variant", CLI_LEFT }, { "this_machine", CLI_LEFT } },
      fill_kernels },
    { "knobs",
      { { "name", CLI_LEFT },
        { "values", CLI_LEFT },
        { "brief", CLI_LEFT },
        { "unset", CLI_LEFT } },
      fill_knobs },
};

static IoptStatus find_listing(const char *name, const Listing **out, IoptError *err)
{
    const char *names[IOPT_COUNT(listings)];

    for (size_t i = 0; i < IOPT_COUNT(listings); i++) {
        names[i] = listings[i].name;
        if (strcmp(listings[i].name, name) == 0) {
            *out = &listings[i];
            return IOPT_OK;
        }
    }
    const char *const nearest = iopt_nearest(name, names, IOPT_COUNT(names));
    if (nearest)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "list: there is no list '%s'; did you mean %s?", name, nearest);
    return iopt_fail(
        err, IOPT_INVALID_ARGUMENT,
        "list: there is no list '%s'; there are passes, transforms, recipes, ops, kernels, knobs",
        name);
}

static void print_json(const Listing *listing, CliTable *table)
{
    cJSON *const object = cJSON_CreateObject(), *const rows = cli_json_array(object, listing->name);
    cJSON *row = NULL;
    const char *cell = table->cells.s;

    for (size_t i = 0; i < table->n_cells; i++, cell += strlen(cell) + 1) {
        if (i % table->n_columns == 0) {
            row = cJSON_CreateObject();
            (void)cJSON_AddItemToArray(rows, row);
        }
        cli_json_text(row, table->columns[i % table->n_columns].title, cell);
    }
    cli_json_print(object);
    cli_table_free(table);
}

static IoptStatus run(const CliArgs *args, IoptError *err)
{
    const Listing *listing = NULL;

    IOPT_TRY(find_listing(cli_operand(args, 0), &listing, err));
    CliTable table = { .columns = listing->columns };
    while (table.n_columns < MAX_COLUMNS && listing->columns[table.n_columns].title)
        table.n_columns++;
    listing->fill(&table);
    if (cli_flag(args, "--markdown"))
        return cli_table_print_markdown(&table, stdout, err);
    if (!args->json)
        return cli_table_print(&table, stdout, err);
    print_json(listing, &table);
    return IOPT_OK;
}

static const CliOption options[] = {
    { "--markdown", NULL, "print a table of Markdown, for documentation", CLI_FLAG },
    { 0 },
};
static const CliGroup group = { "Options", options };
static const CliGroup *const groups[] = { &group, NULL };
static const char *const operands[] = { "LIST", NULL };
static const char *const examples[] = {
    "iopt list ops",
    "iopt list kernels --json",
    "IOPT_CPU=avx2 iopt list kernels",
    NULL,
};

const CliCommand cli_cmd_list = {
    .name = "list",
    .usage = "passes|transforms|recipes|ops|kernels|knobs",
    .brief = "shows what this build has",
    .about = "kernels says for each variant whether this machine uses it, could run it, or cannot; "
             "knobs are environment variables.",
    .groups = groups,
    .examples = examples,
    .operands = operands,
    .run = run,
};
