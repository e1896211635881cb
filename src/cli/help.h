/* Help that teaches, made from the commands' tables. */
#ifndef IOPT_CLI_HELP_H
#define IOPT_CLI_HELP_H

#include "cli/args.h"

void cli_help_program(const CliCommand *const *commands, size_t count); /* the list of commands */
void cli_help_command(const CliCommand *command);
void cli_help_version(bool json);

#endif
