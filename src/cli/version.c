/* The version and commit that CMake hands in. */
#include "cli/version.h"

const char *iopt_cli_version(void)
{
    return IOPT_VERSION;
}

const char *iopt_cli_commit(void)
{
    return IOPT_COMMIT;
}
