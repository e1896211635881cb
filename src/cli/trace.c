/* Tracing of plans and runs. */
#include "cli/trace.h"

#include "base/knobs.h"
#include "cli/table.h"
#include "cli/terminal.h"

static bool wants(const char *what)
{
    return iopt_knob_has("IOPT_TRACE", what);
}

IoptStatus cli_trace_plan(const IoptPlan *plan, const char *name, IoptError *err)
{
    static const CliColumn columns[] = { { "step", CLI_RIGHT },
                                         { "op", CLI_LEFT },
                                         { "kernel", CLI_LEFT },
                                         { "MMAC", CLI_RIGHT },
                                         { "node", CLI_LEFT } };
    CliTable table = CLI_TABLE(columns);

    const IoptPlanBytes bytes = iopt_plan_bytes(plan);
    cli_detail("plan of %s: %zu steps on %zu threads; weights %s, slab %s, scratch %s, in all %s",
               name, iopt_plan_steps(plan), iopt_plan_threads(plan),
               iopt_bytes_text((double)bytes.weights).s, iopt_bytes_text((double)bytes.slab).s,
               iopt_bytes_text((double)bytes.scratch).s, iopt_bytes_text((double)bytes.total).s);
    if (iopt_plan_interpreted(plan))
        cli_detail("it goes node by node, because %s", iopt_plan_interpreted(plan));
    const IoptPlanInt8 int8 = iopt_plan_int8(plan);
    if (int8.layers || int8.in_floats)
        cli_detail("%zu layers in integers, %zu quantized ones in floats", int8.layers,
                   int8.in_floats);
    if (int8.why)
        cli_detail("'%s' stays float: %s", int8.node, int8.why);
    if (!wants("plan"))
        return IOPT_OK;
    (void)fprintf(stderr, "plan of %s\n", name);
    for (size_t i = 0; i < iopt_plan_steps(plan); i++) {
        const IoptStepInfo step = iopt_plan_step(plan, i);
        cli_cell(&table, "%zu", i);
        cli_cell(&table, "%s", step.op);
        cli_cell(&table, "%s", step.kernel);
        cli_cell(&table, "%.2f", step.macs / 1e6);
        cli_cell(&table, "%s", step.node);
    }
    return cli_table_print(&table, stderr, err);
}

void cli_trace_run_begin(IoptRun *run)
{
    if (wants("run"))
        iopt_run_set_profile(run, true);
}

IoptStatus cli_trace_run_end(const IoptRun *run, const IoptPlan *plan, IoptError *err)
{
    static const CliColumn columns[] = {
        { "ms", CLI_RIGHT }, { "op", CLI_LEFT }, { "kernel", CLI_LEFT }, { "node", CLI_LEFT }
    };
    CliTable table = CLI_TABLE(columns);

    if (!wants("run"))
        return IOPT_OK;
    for (size_t i = 0; i < iopt_plan_steps(plan); i++) {
        const IoptStepInfo step = iopt_plan_step(plan, i);
        cli_cell(&table, "%.3f", (double)iopt_run_step_ns(run, i) / 1e6);
        cli_cell(&table, "%s", step.op);
        cli_cell(&table, "%s", step.kernel);
        cli_cell(&table, "%s", step.node);
    }
    return cli_table_print(&table, stderr, err);
}
