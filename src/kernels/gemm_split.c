/* What a part of a matrix product costs. */
#include "kernels/gemm_split.h"

/* Its tiles, and reading its share of A and of B at 16 bytes a cycle. */
static double part_cycles(const void *work, size_t row_parts, size_t panel_parts)
{
    const IoptGemmCost *const cost = work;
    const size_t rows = iopt_divide_up(cost->rows, row_parts);
    const size_t panels = iopt_divide_up(cost->panels, panel_parts);
    const double tiles = (double)iopt_divide_up(rows, cost->tile_rows) * (double)panels;
    const double height = (double)(rows < cost->tile_rows ? rows : cost->tile_rows);
    const double bytes = (double)rows * cost->row_bytes + (double)panels * cost->panel_bytes;

    return tiles * height * cost->steps + bytes / 16;
}

IoptWorkRange iopt_gemm_split(const IoptGemmCost *cost, size_t part, size_t parts)
{
    return iopt_work_split(cost->rows, cost->panels, part_cycles, cost, part, parts);
}
