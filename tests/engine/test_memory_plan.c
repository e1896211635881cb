/* Random lifetimes: buffers that live together never overlap. */
#include "engine/memory_plan.h"

#include <stdlib.h>

#include "t.h"

enum { SPANS = 120 };

static uint32_t next(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void check_spans(Test *t, const IoptSpan *spans, size_t count, size_t total)
{
    for (size_t i = 0; i < count; i++) {
        T_SAME_INT(t, spans[i].offset % IOPT_ALIGN_BYTES, 0);
        T_CHECK(t, spans[i].offset + spans[i].bytes <= total);
        for (size_t k = 0; k < i; k++) {
            const IoptSpan *const a = &spans[i], *const b = &spans[k];
            const bool together = a->first <= b->last && b->first <= a->last;
            if (together && a->offset < b->offset + b->bytes && b->offset < a->offset + a->bytes)
                T_FAIL(t, "buffers %zu and %zu overlap", i, k);
        }
    }
}

/* The most bytes alive at one step: no plan can do with less. */
static size_t needed(const IoptSpan *spans, size_t count)
{
    size_t most = 0;

    for (size_t i = 0; i < count; i++) {
        size_t sum = 0;
        for (size_t k = 0; k < count; k++)
            if (spans[k].first <= spans[i].first && spans[i].first <= spans[k].last)
                sum += spans[k].bytes;
        most = sum > most ? sum : most;
    }
    return most;
}

static void random_lifetimes_do_not_overlap(Test *t)
{
    uint32_t state = 1;

    for (int round = 0; round < 50; round++) {
        IoptSpan spans[SPANS];
        size_t total;
        for (size_t i = 0; i < SPANS; i++) {
            const size_t first = next(&state) % 60;
            spans[i] = (IoptSpan){ .bytes = next(&state) % (round % 2 ? 100 : 5000),
                                   .first = first,
                                   .last = first + next(&state) % 9 };
        }
        T_OK(t, iopt_memory_plan(spans, SPANS, &total, &t->err));
        check_spans(t, spans, SPANS, total);
        T_CHECK(t, total >= needed(spans, SPANS));
        if (round % 2 == 0)
            T_CHECK(t, total < 2 * needed(spans, SPANS));
    }
}

static void a_chain_takes_two_buffers(Test *t)
{
    IoptSpan spans[20];
    size_t total;

    for (size_t i = 0; i < IOPT_COUNT(spans); i++)
        spans[i] = (IoptSpan){ .bytes = 1024, .first = i, .last = i + 1 };
    T_OK(t, iopt_memory_plan(spans, IOPT_COUNT(spans), &total, &t->err));
    T_SAME_INT(t, total, 2048);
}

static void very_many_buffers_are_laid_out_in_time(Test *t)
{
    enum { MANY = 20000 };
    uint32_t state = 7;
    size_t total;
    void *block;

    T_OK(t, iopt_alloc(&block, MANY, sizeof(IoptSpan), &t->err));
    IoptSpan *const spans = block;
    for (size_t i = 0; i < MANY; i++)
        spans[i] =
            (IoptSpan){ .bytes = next(&state) % 5000, .first = i, .last = i + next(&state) % 9 };
    T_OK(t, iopt_memory_plan(spans, MANY, &total, &t->err));
    for (size_t i = 0; i + 100 <= MANY; i += 50)
        check_spans(t, spans + i, 100, total);
    T_CHECK(t, total < 100000);
    free(block);
}

static void sizes_that_overflow_are_refused(Test *t)
{
    IoptSpan spans[2] = { { .bytes = SIZE_MAX - 10 }, { .bytes = 100 } };
    size_t total;

    T_FAILS(t, iopt_memory_plan(spans, 2, &total, &t->err), IOPT_NO_MEMORY, "memory");
    T_OK(t, iopt_memory_plan(spans, 0, &total, &t->err));
    T_SAME_INT(t, total, 0);
}

const TestCase tests_memory_plan[] = {
    TEST(random_lifetimes_do_not_overlap),
    TEST(a_chain_takes_two_buffers),
    TEST(very_many_buffers_are_laid_out_in_time),
    TEST(sizes_that_overflow_are_refused),
    { 0 },
};
