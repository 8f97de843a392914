/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_BASE_CLOCK_H
#define MILLRACE_BASE_CLOCK_H

/*
 * Wall-clock time as a value that is passed in, so that tests own it.
 * A clock must outlive what it was given to; the system clock always does.
 */

#include <stdint.h>

struct base_clock {
	int64_t (*now)(const struct base_clock *clock); /* seconds since 1970-01-01 UTC */
};

/* The machine's own clock. Any thread. */
extern const struct base_clock base_clock_system;

static inline int64_t base_clock_now(const struct base_clock *clock)
{
	return clock->now(clock);
}

#endif
