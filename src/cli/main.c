/* The program's entry. */
#include <stdio.h>

#include "cli/version.h"

int main(void)
{
    (void)printf("iopt %s (%s)\n", iopt_cli_version(), iopt_cli_commit());
    return 0;
}
