/* Which build this is. */
#ifndef IOPT_CLI_VERSION_H
#define IOPT_CLI_VERSION_H

const char *iopt_cli_version(void); /* "0.1.0" */
const char *iopt_cli_commit(void);  /* "0a1b2c3d4e-dirty", or "unknown" */

#endif
