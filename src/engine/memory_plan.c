/* The memory plan: buffers that are never alive together share their bytes.
 *
 * Largest first, each into the smallest gap that its neighbours in time leave, or behind them.
 * That looks at all pairs; plans of very many buffers are laid out in the order of time instead,
 * where only those that are alive have to be looked at.
 */
#include "engine/memory_plan.h"

#include <stdlib.h>

#include "base/checked.h"
#include "base/compiler.h"

enum { MANY = 4096 };

/* Larger ones first; the number decides between equals, so that the result is always the same. */
static int by_size(const void *a, const void *b)
{
    const IoptSpan *const x = *(IoptSpan *const *)a, *const y = *(IoptSpan *const *)b;

    if (x->bytes != y->bytes)
        return x->bytes > y->bytes ? -1 : 1;
    return x < y ? -1 : x > y;
}

static int by_time(const void *a, const void *b)
{
    const IoptSpan *const x = *(IoptSpan *const *)a, *const y = *(IoptSpan *const *)b;

    if (x->first != y->first)
        return x->first < y->first ? -1 : 1;
    return x < y ? -1 : x > y;
}

static bool together(const IoptSpan *a, const IoptSpan *b)
{
    return a->first <= b->last && b->first <= a->last;
}

static size_t aligned(size_t bytes)
{
    return (bytes + IOPT_ALIGN_BYTES - 1) / IOPT_ALIGN_BYTES * IOPT_ALIGN_BYTES;
}

/* The best offset for `span` among `placed`, which are sorted by offset. */
static size_t best_offset(const IoptSpan *span, IoptSpan *const *placed, size_t count)
{
    size_t top = 0, best = SIZE_MAX, best_gap = SIZE_MAX;

    for (size_t i = 0; i < count; i++) {
        if (!together(span, placed[i]))
            continue;
        if (placed[i]->offset > top) {
            const size_t gap = placed[i]->offset - top;
            if (gap >= span->bytes && gap < best_gap) {
                best = top;
                best_gap = gap;
            }
        }
        const size_t end = aligned(placed[i]->offset + placed[i]->bytes);
        if (end > top)
            top = end;
    }
    return best == SIZE_MAX ? top : best;
}

static void insert_by_offset(IoptSpan **placed, size_t count, IoptSpan *span)
{
    size_t at = count;

    for (; at > 0 && placed[at - 1]->offset > span->offset; at--)
        placed[at] = placed[at - 1];
    placed[at] = span;
}

/* Drops what is over before `step`; tells how many are left. */
static size_t keep_alive(IoptSpan **placed, size_t count, size_t step)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++)
        if (placed[i]->last >= step)
            placed[kept++] = placed[i];
    return kept;
}

/* Places all spans; tells where the last byte ends. */
static size_t place_all(IoptSpan **pending, IoptSpan **placed, size_t count)
{
    const bool many = count > MANY;
    size_t end = 0, n = 0;

    if (count)
        qsort(pending, count, sizeof *pending, many ? by_time : by_size);
    for (size_t i = 0; i < count; i++) {
        if (many)
            n = keep_alive(placed, n, pending[i]->first);
        pending[i]->offset = best_offset(pending[i], placed, n);
        if (pending[i]->offset + pending[i]->bytes > end)
            end = pending[i]->offset + pending[i]->bytes;
        insert_by_offset(placed, n++, pending[i]);
    }
    return end;
}

IoptStatus iopt_memory_plan(IoptSpan *spans, size_t count, size_t *total, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptSpan **pending = NULL, **placed = NULL;
    size_t sum = 0;

    *total = 0;
    IOPT_DO(iopt_alloc((void **)&pending, count, sizeof *pending, err));
    IOPT_DO(iopt_alloc((void **)&placed, count, sizeof *placed, err));
    for (size_t i = 0; i < count; i++) {
        pending[i] = &spans[i];
        if (!iopt_add_size(sum, spans[i].bytes, &sum) ||
            !iopt_add_size(sum, IOPT_ALIGN_BYTES, &sum))
            IOPT_DO(iopt_fail_memory(err, SIZE_MAX));
    }
    *total = aligned(place_all(pending, placed, count));
done:
    free(pending);
    free(placed);
    return status;
}
