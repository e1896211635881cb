/* pthreadpool, under our names. */
#include "platform/thread_pool.h"

#include <pthreadpool.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/memory.h"
#include "platform/cpu.h"

struct IoptPool {
    pthreadpool_t pool;
    size_t threads;
    uint32_t flags;
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

void iopt_pool_run(IoptPool *pool, IoptTask *task, void *context, size_t count)
{
    if (!pool || pool->threads == 1 || count <= 1) {
        for (size_t i = 0; i < count; i++)
            task(context, i);
        return;
    }
    pthreadpool_parallelize_1d(pool->pool, task, context, count, pool->flags);
}

/* One job per thread, each taking the next index until none is left: a job is never run by two
 * threads at once, so its number serves as the thread's. */
typedef struct Jobs {
    IoptThreadTask *task;
    void *context;
    size_t count;
    atomic_size_t next;
} Jobs;

static void run_job(void *context, size_t thread)
{
    Jobs *const jobs = context;

    for (;;) {
        const size_t index = atomic_fetch_add_explicit(&jobs->next, 1, memory_order_relaxed);
        if (index >= jobs->count)
            return;
        jobs->task(jobs->context, thread, index);
    }
}

void iopt_pool_run_with_thread(IoptPool *pool, IoptThreadTask *task, void *context, size_t count)
{
    Jobs jobs = { .task = task, .context = context, .count = count };

    atomic_init(&jobs.next, 0);
    if (!pool || pool->threads == 1 || count <= 1)
        run_job(&jobs, 0);
    else
        pthreadpool_parallelize_1d(pool->pool, run_job, &jobs, pool->threads, pool->flags);
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
