/* The machine and the build that a figure comes from. */
#ifndef IOPT_CLI_MACHINE_H
#define IOPT_CLI_MACHINE_H

#include <cjson/cJSON.h>
#include <stddef.h>

/* "AMD EPYC, AVX2, 2 threads". */
typedef struct CliMachineText {
    char s[192];
} CliMachineText;
CliMachineText cli_machine_text(size_t threads);

/* object["machine"] = {cpu, isa, cores, threads, load_average, version, commit}. */
void cli_json_machine(cJSON *object, size_t threads);

/* "net" of "models/net.pb": how a table calls a model. */
typedef struct CliModelName {
    char s[128];
} CliModelName;
CliModelName cli_model_name(const char *path);

#endif
