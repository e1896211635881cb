/* Of all ways to cut rows and panels into so many parts: the one whose largest part is cheapest. */
#include "kernels/gemm_split.h"

static size_t divide_up(size_t a, size_t b)
{
    return (a + b - 1) / b;
}

/* Cycles that one of row_parts x panel_parts takes, roughly: its tiles, and reading its share of A
 * and of B at 16 bytes a cycle. */
static double part_cycles(const IoptGemmCost *cost, size_t row_parts, size_t panel_parts)
{
    const size_t rows = divide_up(cost->rows, row_parts);
    const size_t panels = divide_up(cost->panels, panel_parts);
    const double tiles = (double)divide_up(rows, cost->tile_rows) * (double)panels;
    const double height = (double)(rows < cost->tile_rows ? rows : cost->tile_rows);
    const double bytes = (double)rows * cost->row_bytes + (double)panels * cost->panel_bytes;

    return tiles * height * cost->steps + bytes / 16;
}

IoptGemmRange iopt_gemm_split(const IoptGemmCost *cost, size_t part, size_t parts)
{
    size_t row_parts = parts;
    double best = part_cycles(cost, parts, 1);

    for (size_t i = 1; i < parts; i++) {
        if (parts % i != 0)
            continue;
        const double cycles = part_cycles(cost, i, parts / i);
        if (cycles < best) {
            best = cycles;
            row_parts = i;
        }
    }

    const size_t panel_parts = parts / row_parts, y = part / panel_parts, x = part % panel_parts;
    return (IoptGemmRange){
        .row_begin = cost->rows * y / row_parts,
        .row_end = cost->rows * (y + 1) / row_parts,
        .panel_begin = cost->panels * x / panel_parts,
        .panel_end = cost->panels * (x + 1) / panel_parts,
    };
}
