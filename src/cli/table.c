/* Tables that line up. */
#include "cli/table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/terminal.h"

void cli_cell(CliTable *table, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    iopt_text_append(&table->cells, text, strlen(text) + 1);
    table->n_cells++;
}

void cli_table_free(CliTable *table)
{
    iopt_text_free(&table->cells);
    table->n_cells = 0;
}

static const char *next_cell(const char *cell)
{
    return cell + strlen(cell) + 1;
}

static bool has_titles(const CliTable *table)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (table->columns[i].title)
            return true;
    return false;
}

static void measure(const CliTable *table, size_t *widths)
{
    const char *cell = table->cells.s;

    for (size_t i = 0; i < table->n_columns; i++)
        widths[i] = table->columns[i].title ? cli_text_width(table->columns[i].title) : 0;
    for (size_t i = 0; i < table->n_cells; i++, cell = next_cell(cell)) {
        const size_t width = cli_text_width(cell);
        if (width > widths[i % table->n_columns])
            widths[i % table->n_columns] = width;
    }
}

/* One cell with the gap before it; nothing is padded at the end of a line. */
static void print_cell(const CliTable *table, size_t column, size_t width, const char *text,
                       size_t *pending, FILE *stream)
{
    const size_t missing = width - cli_text_width(text);
    const bool is_right = table->columns[column].align == CLI_RIGHT;

    *pending += column > 0 ? 2 : 0;
    *pending += is_right ? missing : 0;
    if (*text) {
        (void)fprintf(stream, "%*s%s", (int)*pending, "", text);
        *pending = 0;
    }
    *pending += *text ? (is_right ? 0 : missing) : (is_right ? 0 : width);
}

static void print_titles(const CliTable *table, const size_t *widths, FILE *stream)
{
    size_t pending = 0;

    (void)fputs(cli_color(stream, CLI_BOLD), stream);
    for (size_t i = 0; i < table->n_columns; i++)
        print_cell(table, i, widths[i], table->columns[i].title ? table->columns[i].title : "",
                   &pending, stream);
    (void)fprintf(stream, "%s\n", cli_color(stream, CLI_PLAIN));
}

static IoptStatus check(const CliTable *table, IoptError *err)
{
    return table->cells.failed ? iopt_fail_memory(err, table->cells.size) : IOPT_OK;
}

IoptStatus cli_table_print(CliTable *table, FILE *stream, IoptError *err)
{
    void *widths = NULL;
    size_t pending = 0;

    while (table->n_cells % table->n_columns)
        cli_cell(table, "%s", "");
    IoptStatus status = check(table, err);
    if (status == IOPT_OK)
        status = iopt_alloc(&widths, table->n_columns, sizeof(size_t), err);
    if (status == IOPT_OK) {
        const char *cell = table->cells.s;
        measure(table, widths);
        if (has_titles(table))
            print_titles(table, widths, stream);
        for (size_t i = 0; i < table->n_cells; i++, cell = next_cell(cell)) {
            const size_t column = i % table->n_columns;
            print_cell(table, column, ((size_t *)widths)[column], cell, &pending, stream);
            if (column + 1 == table->n_columns) {
                (void)fputc('\n', stream);
                pending = 0;
            }
        }
    }
    free(widths);
    cli_table_free(table);
    return status;
}

static void print_escaped(const char *text, FILE *stream)
{
    for (; *text; text++) {
        if (*text == '|')
            (void)fputc('\\', stream);
        (void)fputc(*text, stream);
    }
}

IoptStatus cli_table_print_markdown(CliTable *table, FILE *stream, IoptError *err)
{
    while (table->n_cells % table->n_columns)
        cli_cell(table, "%s", "");
    const IoptStatus status = check(table, err);
    const char *cell = table->cells.s;

    for (size_t i = 0; i < table->n_columns; i++)
        (void)fprintf(stream, "| %s ", table->columns[i].title ? table->columns[i].title : "");
    (void)fputs("|\n", stream);
    for (size_t i = 0; i < table->n_columns; i++)
        (void)fputs(table->columns[i].align == CLI_RIGHT ? "|---:" : "|---", stream);
    (void)fputs("|\n", stream);
    for (size_t i = 0; status == IOPT_OK && i < table->n_cells; i++, cell = next_cell(cell)) {
        (void)fputs("| ", stream);
        print_escaped(cell, stream);
        (void)fputs((i + 1) % table->n_columns ? " " : " |\n", stream);
    }
    cli_table_free(table);
    return status;
}
