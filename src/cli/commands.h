/* All commands, in the order in which they are listed. */
#ifndef IOPT_CLI_COMMANDS_H
#define IOPT_CLI_COMMANDS_H

#include "cli/args.h"

#define CLI_COMMAND(name) extern const CliCommand cli_cmd_##name;
#include "cli/command_list.inc"
#undef CLI_COMMAND

#endif
