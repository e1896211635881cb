/* Tables that line up: cells are collected row by row, then printed with the columns as wide as
 * their widest cell.
 *
 *     static const CliColumn columns[] = { { "pass", CLI_LEFT }, { "ms", CLI_RIGHT } };
 *     CliTable table = CLI_TABLE(columns);
 *     cli_cell(&table, "%s", name);
 *     cli_cell(&table, "%.1f", ms);
 *     IOPT_TRY(cli_table_print(&table, stdout, err));  (and frees it)
 */
#ifndef IOPT_CLI_TABLE_H
#define IOPT_CLI_TABLE_H

#include <stdio.h>

#include "base/compiler.h"
#include "base/text.h"

typedef enum CliAlign { CLI_LEFT, CLI_RIGHT } CliAlign; /* numbers to the right */

typedef struct CliColumn {
    const char *title; /* NULL in all columns: no line of titles */
    CliAlign align;
} CliColumn;

typedef struct CliTable {
    const CliColumn *columns;
    size_t n_columns;
    IoptText cells; /* zero-terminated texts, one behind the other */
    size_t n_cells;
} CliTable;

#define CLI_TABLE(columns_)                                        \
    {                                                              \
        .columns = (columns_), .n_columns = IOPT_COUNT((columns_)) \
    }

/* The next cell; after the last column comes the first one of a new row. */
void cli_cell(CliTable *table, const char *format, ...) IOPT_PRINTF(2, 3);

/* Prints and frees.  A started row is filled up with empty cells. */
IoptStatus cli_table_print(CliTable *table, FILE *stream, IoptError *err);

/* The same as a table of Markdown. */
IoptStatus cli_table_print_markdown(CliTable *table, FILE *stream, IoptError *err);

void cli_table_free(CliTable *table);

#endif
