/* Status codes and error text: how every call of the library says that it failed.
 *
 * A function that can fail returns an IoptStatus, which must be looked at, and takes an IoptError
 * as its last argument: the caller's own struct, so that reporting an error never allocates.
 * NULL is allowed where the text is not wanted.
 */
#ifndef IOPT_STATUS_H
#define IOPT_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define IOPT_API __attribute__((visibility("default")))
#define IOPT_MUST_USE __attribute__((warn_unused_result))
#define IOPT_PRINTF(at, first) __attribute__((format(printf, at, first)))
#else
#define IOPT_API
#define IOPT_MUST_USE
#define IOPT_PRINTF(at, first)
#endif

typedef enum IoptStatus {
    IOPT_OK = 0,
    IOPT_INVALID_ARGUMENT, /* the caller's request makes no sense; the command line is at fault */
    IOPT_NOT_FOUND,        /* a file, node or name that was asked for does not exist */
    IOPT_BAD_MODEL,        /* the model is broken: truncated, contradictory, wrong shapes */
    IOPT_BAD_DATA,         /* the data set or an input array is broken */
    IOPT_UNSUPPORTED,      /* well formed, but this build cannot do it (an unknown op) */
    IOPT_IO,               /* the machine is at fault: cannot read or write, disk full */
    IOPT_NO_MEMORY,        /* out of memory, or a size beyond what the machine has */
    IOPT_BOUND_MISSED,     /* it ran, but a stated bound (accuracy, tolerance) does not hold */
    IOPT_CANCELLED         /* interrupted by the user */
} IoptStatus;

enum { IOPT_ERROR_BYTES = 512 };

/* What went wrong, in one line without a line break: "BiasAdd 'fc/b': want ...; got ..." */
typedef struct IoptError {
    IoptStatus status;
    char text[IOPT_ERROR_BYTES];
} IoptError;

/* The code's name in lower case: "bad model". */
IOPT_API const char *iopt_status_text(IoptStatus status);

#ifdef __cplusplus
}
#endif
#endif
