/* Of all ways to cut rows and panels into so many parts: the cheapest. */
#include "kernels/work_split.h"

IoptWorkRange iopt_work_split(size_t rows, size_t panels, IoptPartCost *cost, const void *work,
                              size_t part, size_t parts)
{
    size_t row_parts = parts;
    double best = cost(work, parts, 1);

    for (size_t i = 1; i < parts; i++) {
        if (parts % i != 0)
            continue;
        const double cycles = cost(work, i, parts / i);
        if (cycles < best) {
            best = cycles;
            row_parts = i;
        }
    }

    const size_t panel_parts = parts / row_parts, y = part / panel_parts, x = part % panel_parts;
    return (IoptWorkRange){
        .row_begin = rows * y / row_parts,
        .row_end = rows * (y + 1) / row_parts,
        .panel_begin = panels * x / panel_parts,
        .panel_end = panels * (x + 1) / panel_parts,
    };
}
