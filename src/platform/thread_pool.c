/* pthreadpool, under our names. */
#include "platform/thread_pool.h"

#include <pthreadpool.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/compiler.h"
#include "base/memory.h"
#include "platform/cpu.h"

/* One job per thread, each taking the next index until none is left: a job is never run by two
 * threads at once, so its number serves as the thread's. */
typedef struct Jobs {
    IoptThreadTask *task;
    void *context;
    size_t count;
    atomic_size_t next;
} Jobs;

struct IoptPool {
    pthreadpool_t pool;
    size_t threads;
    uint32_t flags;
    Jobs jobs; /* those that run now */
    /* pthreadpool orders its threads by itself; this says so to a thread sanitizer that does not
     * see into it. */
    atomic_size_t fence;
};

IoptStatus iopt_pool_create(size_t threads, IoptPool **out, IoptError *err)
{
    void *block;

    *out = NULL;
    IOPT_TRY(iopt_alloc(&block, 1, sizeof(IoptPool), err));
    IoptPool *pool = block;
    pool->threads = threads ? threads : iopt_cpu_cores();
    /* Waiting threads spin, which is quick; with more threads than cores it would be slow. */
    pool->flags = pool->threads > iopt_cpu_cores() ? PTHREADPOOL_FLAG_YIELD_WORKERS : 0;
    pool->pool = pthreadpool_create(pool->threads);
    if (!pool->pool) {
        free(pool);
        return iopt_fail(err, IOPT_NO_MEMORY, "cannot start %zu threads", threads);
    }
    *out = pool;
    return IOPT_OK;
}

void iopt_pool_destroy(IoptPool *pool)
{
    if (!pool)
        return;
    pthreadpool_destroy(pool->pool);
    free(pool);
}

size_t iopt_pool_threads(const IoptPool *pool)
{
    return pool ? pool->threads : 1;
}

static void run_jobs(Jobs *jobs, size_t thread)
{
    for (;;) {
        const size_t index = atomic_fetch_add_explicit(&jobs->next, 1, memory_order_relaxed);
        if (index >= jobs->count)
            return;
        jobs->task(jobs->context, thread, index);
    }
}

static void run_thread(void *context, size_t thread)
{
    IoptPool *const pool = context;

    (void)atomic_load_explicit(&pool->fence, memory_order_acquire);
    run_jobs(&pool->jobs, thread);
    (void)atomic_fetch_add_explicit(&pool->fence, 1, memory_order_release);
}

void iopt_pool_run_with_thread(IoptPool *pool, IoptThreadTask *task, void *context, size_t count)
{
    if (!pool || pool->threads == 1 || count <= 1) {
        for (size_t i = 0; i < count; i++)
            task(context, 0, i);
        return;
    }
    pool->jobs.task = task;
    pool->jobs.context = context;
    pool->jobs.count = count;
    atomic_store_explicit(&pool->jobs.next, 0, memory_order_relaxed);
    (void)atomic_fetch_add_explicit(&pool->fence, 1, memory_order_release);
    pthreadpool_parallelize_1d(pool->pool, run_thread, pool, pool->threads, pool->flags);
    (void)atomic_load_explicit(&pool->fence, memory_order_acquire);
}

typedef struct Plain {
    IoptTask *task;
    void *context;
} Plain;

static void run_plain(void *context, size_t thread, size_t index)
{
    const Plain *const plain = context;

    (void)thread;
    plain->task(plain->context, index);
}

void iopt_pool_run(IoptPool *pool, IoptTask *task, void *context, size_t count)
{
    Plain plain = { task, context };

    iopt_pool_run_with_thread(pool, run_plain, &plain, count);
}

void iopt_thread_wait(size_t tries)
{
    enum { SHORT = 1000 }; /* some ten microseconds */

    if (tries < SHORT)
        iopt_pause();
    else
        (void)sched_yield();
}

static void do_nothing(void *context, size_t index)
{
    (void)context, (void)index;
}

void iopt_pool_rest(IoptPool *pool)
{
    if (pool && pool->threads > 1)
        pthreadpool_parallelize_1d(pool->pool, do_nothing, NULL, pool->threads,
                                   PTHREADPOOL_FLAG_YIELD_WORKERS);
}
