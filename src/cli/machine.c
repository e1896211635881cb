/* Where a figure comes from. */
#include "cli/machine.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/json.h"
#include "cli/version.h"
#include "platform/cpu.h"

CliMachineText cli_machine_text(size_t threads)
{
    CliMachineText text;

    (void)snprintf(text.s, sizeof text.s, "%s, %s, %zu thread%s", iopt_cpu_name(),
                   iopt_cpu_isa_text(iopt_cpu_flags()), threads, threads == 1 ? "" : "s");
    return text;
}

void cli_json_machine(cJSON *object, size_t threads)
{
    cJSON *const machine = cli_json_object(object, "machine");
    double load[1] = { (double)NAN };

    cli_json_text(machine, "cpu", iopt_cpu_name());
    cli_json_text(machine, "isa", iopt_cpu_isa_text(iopt_cpu_flags()));
    cli_json_number(machine, "cores", (double)iopt_cpu_cores());
    cli_json_number(machine, "threads", (double)threads);
    if (getloadavg(load, 1) != 1)
        load[0] = (double)NAN;
    cli_json_number(machine, "load_average", load[0]);
    cli_json_text(machine, "version", iopt_cli_version());
    cli_json_text(machine, "commit", iopt_cli_commit());
}

CliModelName cli_model_name(const char *path)
{
    CliModelName name;
    size_t size = strlen(path);

    while (size > 1 && path[size - 1] == '/')
        size--;
    size_t start = size;
    while (start > 0 && path[start - 1] != '/')
        start--;
    (void)snprintf(name.s, sizeof name.s, "%.*s", (int)(size - start), path + start);
    char *const dot = strrchr(name.s, '.');
    if (dot && dot != name.s && (!strcmp(dot, ".pb") || !strcmp(dot, ".pbtxt")))
        *dot = 0;
    return name;
}
