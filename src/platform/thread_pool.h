/* A pool of threads that runs numbered tasks (pthreadpool). */
#ifndef IOPT_PLATFORM_THREAD_POOL_H
#define IOPT_PLATFORM_THREAD_POOL_H

#include "base/status.h"

typedef struct IoptPool IoptPool;

/* `threads` 0 means the physical cores that this process may use. */
IoptStatus iopt_pool_create(size_t threads, IoptPool **out, IoptError *err);
void iopt_pool_destroy(IoptPool *pool);         /* NULL is fine */
size_t iopt_pool_threads(const IoptPool *pool); /* 1 for NULL */

/* Calls task(context, index) for every index below `count`, on the pool's threads, the caller's
 * among them, and returns when all are done.  NULL pool: one after the other. */
typedef void IoptTask(void *context, size_t index);
void iopt_pool_run(IoptPool *pool, IoptTask *task, void *context, size_t count);

/* The same, and tells each call which thread runs it, 0 .. threads-1: for scratch memory. */
typedef void IoptThreadTask(void *context, size_t thread, size_t index);
void iopt_pool_run_with_thread(IoptPool *pool, IoptThreadTask *task, void *context, size_t count);

/* A moment of waiting for another thread, the `tries`th: short at first, then the processor is left
 * to others. */
void iopt_thread_wait(size_t tries);

/* Puts the waiting threads to sleep.  After a job they stay awake for some milliseconds, ready for
 * the next one; whoever measures something else meanwhile does not want that.  NULL is fine. */
void iopt_pool_rest(IoptPool *pool);

#endif
