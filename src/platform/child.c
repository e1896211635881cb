/* fork, and a pipe for the result. */
#include "platform/child.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

enum { MAX_RESULT = 4096 };

/* What goes through the pipe. */
typedef struct Message {
    IoptStatus status;
    IoptError error;
    unsigned char result[MAX_RESULT];
} Message;

static _Noreturn void be_child(IoptChildWork *work, void *context, int pipe_end)
{
    Message message;
    size_t done = 0;

    memset(&message, 0, sizeof message);
#ifdef __linux__
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* nobody would read the result */
#endif
    message.status = work(context, message.result, &message.error);
    while (done < sizeof message) {
        const ssize_t n = write(pipe_end, (const char *)&message + done, sizeof message - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    _exit(0);
}

static size_t read_message(int pipe_end, Message *message)
{
    size_t done = 0;

    while (done < sizeof *message) {
        const ssize_t n = read(pipe_end, (char *)message + done, sizeof *message - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    return done;
}

static IoptStatus fail_without_message(int wait_status, IoptError *err)
{
    if (WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGKILL)
        return iopt_fail(err, IOPT_NO_MEMORY, "the measuring process was killed; out of memory?");
    if (WIFSIGNALED(wait_status))
        return iopt_fail(err, IOPT_IO, "the measuring process ended by signal %d",
                         WTERMSIG(wait_status));
    return iopt_fail(err, IOPT_CANCELLED, "interrupted");
}

IoptStatus iopt_child_run(IoptChildWork *work, void *context, void *result, size_t size,
                          IoptError *err)
{
    int ends[2], wait_status = 0;
    Message message;

    assert(size <= MAX_RESULT);
    memset(result, 0, size);
    (void)fflush(NULL); /* or the child would write what waits here a second time */
    if (pipe(ends) != 0)
        return iopt_fail(err, IOPT_IO, "cannot make a pipe: %s", strerror(errno));
    const pid_t child = fork();
    if (child == 0) {
        (void)close(ends[0]);
        be_child(work, context, ends[1]);
    }
    (void)close(ends[1]);
    if (child < 0) {
        (void)close(ends[0]);
        return iopt_fail(err, IOPT_IO, "cannot start a process: %s", strerror(errno));
    }
    const size_t got = read_message(ends[0], &message);
    (void)close(ends[0]);
    while (waitpid(child, &wait_status, 0) < 0 && errno == EINTR)
        continue;
    if (got < sizeof message)
        return fail_without_message(wait_status, err);
    if (message.status != IOPT_OK)
        return iopt_fail(err, message.status, "%s", message.error.text);
    memcpy(result, message.result, size);
    return IOPT_OK;
}
