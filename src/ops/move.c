/* Moving elements. */
#include "ops/move.h"

#include <string.h>

void iopt_move_axis(IoptMove *move, int64_t dim, int64_t to_stride, int64_t from_stride)
{
    assert(move->rank < IOPT_MOVE_AXES);
    move->dim[move->rank] = dim;
    move->to_stride[move->rank] = to_stride;
    move->from_stride[move->rank] = from_stride;
    move->rank++;
}

/* The same move with as few axes as possible; false if there is nothing to move. */
static bool simplify(const IoptMove *move, IoptMove *out)
{
    out->rank = 0;
    for (int i = 0; i < move->rank; i++) {
        const int64_t dim = move->dim[i], to = move->to_stride[i], from = move->from_stride[i];
        const int last = out->rank - 1;
        if (dim == 0)
            return false;
        if (dim == 1)
            continue;
        if (last >= 0 && out->to_stride[last] == to * dim && out->from_stride[last] == from * dim) {
            out->dim[last] *= dim;
            out->to_stride[last] = to;
            out->from_stride[last] = from;
        } else {
            iopt_move_axis(out, dim, to, from);
        }
    }
    if (out->rank == 0)
        iopt_move_axis(out, 1, 1, 1);
    return true;
}

#define STRIDED(bytes)                                                \
    for (int64_t i = 0; i < n; i++, to += to_step, from += from_step) \
        memcpy(to, from, (bytes));                                    \
    break

/* The innermost axis; steps in bytes. */
static void move_row(char *to, int64_t to_step, const char *from, int64_t from_step, int64_t n,
                     size_t elem_bytes)
{
    if (to_step == (int64_t)elem_bytes && from_step == to_step) {
        memcpy(to, from, (size_t)n * elem_bytes);
        return;
    }
    switch (elem_bytes) { /* a constant size lets memcpy become one load and one store */
    case 1: STRIDED(1);
    case 2: STRIDED(2);
    case 4: STRIDED(4);
    case 8: STRIDED(8);
    case 16: STRIDED(16);
    default: STRIDED(elem_bytes);
    }
}

void iopt_move_run(const IoptMove *move, size_t elem_bytes, void *to, const void *from)
{
    IoptMove m;
    int64_t index[IOPT_MOVE_AXES] = { 0 };
    const int64_t bytes = (int64_t)elem_bytes;
    char *t = to;
    const char *f = from;

    if (!simplify(move, &m))
        return;
    const int inner = m.rank - 1;
    for (;;) {
        move_row(t, m.to_stride[inner] * bytes, f, m.from_stride[inner] * bytes, m.dim[inner],
                 elem_bytes);
        int axis = inner - 1;
        for (; axis >= 0; axis--) {
            t += m.to_stride[axis] * bytes;
            f += m.from_stride[axis] * bytes;
            if (++index[axis] < m.dim[axis])
                break;
            t -= m.to_stride[axis] * bytes * m.dim[axis];
            f -= m.from_stride[axis] * bytes * m.dim[axis];
            index[axis] = 0;
        }
        if (axis < 0)
            return;
    }
}

void iopt_move_fill(void *to, size_t count, const void *elem, size_t elem_bytes)
{
    const IoptMove move = { 1, { (int64_t)count }, { 1 }, { 0 } };

    iopt_move_run(&move, elem_bytes, to, elem);
}
