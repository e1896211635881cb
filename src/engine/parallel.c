/* A team of threads goes through the steps together.
 *
 * The first one leads: it goes from step to step and hands out tickets for the parts of a step that
 * is worth splitting; every thread, the leader among them, takes tickets until there are no more.
 * A step is over when its parts are, whoever did them: a thread that the system keeps waiting takes
 * none, and so holds nobody up.
 */
#include "engine/parallel.h"

#include <stdalign.h>
#include <stdatomic.h>

#include "base/cancel.h"
#include "base/compiler.h"
#include "platform/clock.h"

/* Telling the others costs as much as this work. */
static const double few_macs = 3e5, few_bytes = 6e4;

enum { PART_BITS = 16 }; /* of a ticket: the part; above it the step's number, from 1 */

#define TICKET_OVER (SIZE_MAX << PART_BITS)

typedef struct Team {
    const IoptPlan *plan;
    const IoptStepMemory *memory;
    size_t threads;
    uint64_t *step_ns;
    IoptStatus status;
    IoptError *err;
    alignas(IOPT_ALIGN_BYTES) atomic_size_t ticket; /* the next one to be taken */
    alignas(IOPT_ALIGN_BYTES) atomic_size_t done;   /* parts of the current step that are over */
} Team;

bool iopt_step_runs(const IoptStep *step, const IoptStepMemory *memory)
{
    const IoptStepCall call = { .slab = memory->slab, .in = memory->in };

    for (size_t i = 0; i < step->n_preds; i++)
        if (*(const bool *)iopt_place_at(&step->preds[i], &call) != step->sides[i])
            return false;
    return true;
}

static size_t parts_of(const IoptStep *step, size_t threads)
{
    if (step->parts <= 1 || (step->info.macs < few_macs && step->info.bytes < few_bytes))
        return 1;
    return step->parts < threads ? step->parts : threads;
}

static IoptStatus run_part(const Team *team, const IoptStep *step, size_t thread, size_t part,
                           size_t parts, IoptError *err)
{
    const IoptStepCall call = {
        .slab = team->memory->slab,
        .in = team->memory->in,
        .part = part,
        .parts = parts,
        .scratch = team->memory->scratch + thread * team->memory->scratch_bytes,
    };

    return step->run(step, &call, err);
}

/* Takes tickets of the step that is on until there are no more, and tells which step that was. */
static size_t take_tickets(Team *team, size_t thread)
{
    for (;;) {
        size_t ticket = atomic_load_explicit(&team->ticket, memory_order_acquire);
        size_t number = ticket >> PART_BITS;
        if (ticket == TICKET_OVER || number == 0)
            return number;
        size_t parts = parts_of(&team->plan->steps[number - 1], team->threads);
        if ((ticket & ((1U << PART_BITS) - 1)) >= parts)
            return number;
        if (!atomic_compare_exchange_weak_explicit(&team->ticket, &ticket, ticket + 1,
                                                   memory_order_acq_rel, memory_order_relaxed))
            continue;
        (void)run_part(team, &team->plan->steps[number - 1], thread,
                       ticket & ((1U << PART_BITS) - 1), parts,
                       NULL); /* a split step cannot fail */
        atomic_fetch_add_explicit(&team->done, 1, memory_order_release);
    }
}

static void split_step(Team *team, size_t i, size_t parts, size_t thread)
{
    size_t tries = 0;

    atomic_store_explicit(&team->done, 0, memory_order_relaxed);
    atomic_store_explicit(&team->ticket, (i + 1) << PART_BITS, memory_order_release);
    (void)take_tickets(team, thread);
    while (atomic_load_explicit(&team->done, memory_order_acquire) != parts)
        iopt_thread_wait(tries++);
}

static IoptStatus lead(Team *team, size_t thread)
{
    const IoptPlan *const plan = team->plan;
    uint64_t then = team->step_ns ? iopt_now_ns() : 0;

    for (size_t i = 0; i < plan->n_steps; i++) {
        const IoptStep *const step = &plan->steps[i];
        const size_t parts = parts_of(step, team->threads);
        IOPT_TRY(iopt_check_cancelled(team->err));
        if (!iopt_step_runs(step, team->memory))
            continue;
        if (parts > 1)
            split_step(team, i, parts, thread);
        else
            IOPT_TRY(run_part(team, step, thread, 0, 1, team->err));
        if (team->step_ns) {
            const uint64_t now = iopt_now_ns();
            team->step_ns[i] += now - then;
            then = now;
        }
    }
    return IOPT_OK;
}

static void follow(Team *team, size_t thread)
{
    size_t last = 0, tries = 0;

    while (atomic_load_explicit(&team->ticket, memory_order_relaxed) != TICKET_OVER) {
        const size_t number = take_tickets(team, thread);
        tries = number == last ? tries + 1 : 0;
        last = number;
        iopt_thread_wait(tries);
    }
}

static void run_member(void *context, size_t thread, size_t index)
{
    Team *const team = context;

    if (index != 0) {
        follow(team, thread);
        return;
    }
    team->status = lead(team, thread);
    atomic_store_explicit(&team->ticket, TICKET_OVER, memory_order_release);
}

IoptStatus iopt_steps_run(const IoptPlan *plan, const IoptStepMemory *memory, IoptPool *pool,
                          uint64_t *step_ns, IoptError *err)
{
    Team team = { .plan = plan,
                  .memory = memory,
                  .threads = iopt_pool_threads(pool),
                  .step_ns = step_ns,
                  .err = err };

    atomic_init(&team.ticket, 0);
    atomic_init(&team.done, 0);
    if (team.threads >> PART_BITS)
        team.threads = (1U << PART_BITS) - 1;
    iopt_pool_run_with_thread(pool, run_member, &team, iopt_pool_threads(pool));
    return team.status;
}
