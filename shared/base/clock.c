/* SPDX-License-Identifier: BSD-2-Clause */
/* Knows the machine's wall clock. Any thread. */

#include <time.h>

#include "shared/base/clock.h"

static int64_t system_now(const struct base_clock *clock)
{
	(void)clock;
	return time(NULL);
}

const struct base_clock base_clock_system = { .now = system_now };
