/* Time and memory of this process. */
#ifndef IOPT_PLATFORM_CLOCK_H
#define IOPT_PLATFORM_CLOCK_H

#include <stddef.h>
#include <stdint.h>

uint64_t iopt_now_ns(void);          /* monotonic */
size_t iopt_peak_rss_bytes(void);    /* the largest resident size so far */
size_t iopt_current_rss_bytes(void); /* 0 if not known */

/* Starts the measurement of the peak anew where the system can; returns whether it did. */
int iopt_peak_rss_reset(void);

#endif
