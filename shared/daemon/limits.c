/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows how many descriptors a number of connections takes. Refuses to know who counts the
 * connections: the engine does, with the number this gives, so that it never meets an empty
 * descriptor table (libmilter's listener spins then). Main thread.
 */

#include <sys/resource.h>

#include <glib.h>

#include "shared/daemon/limits.h"
#include "shared/log/event.h"

/* Log, listener, metrics, resolver (its threads ask on many ports), configuration, keys. */
#define OWN_DESCRIPTORS 256
/* Without max_connections: more than any MTA opens, and still a small table. */
#define SENSIBLE_CONNECTIONS 65536
/* Fewer is what a shell gives, not what a mail server needs. */
#define FEW_CONNECTIONS 512

static void set_limit(struct rlimit *limit, rlim_t wanted)
{
	struct rlimit raised = { .rlim_cur = wanted, .rlim_max = MAX(wanted, limit->rlim_max) };

	if (setrlimit(RLIMIT_NOFILE, &raised) == 0) {
		*limit = raised;
		return;
	}
	raised.rlim_cur = raised.rlim_max = limit->rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
		*limit = raised;
}

/* A table smaller than the reserve gives half of itself away: some are better than none. */
static int64_t room(const struct rlimit *limit)
{
	int64_t descriptors = (int64_t)MIN(limit->rlim_cur, (rlim_t)INT32_MAX);

	return descriptors > 2 * OWN_DESCRIPTORS ? descriptors - OWN_DESCRIPTORS : descriptors / 2;
}

int64_t daemon_limits_raise(int64_t max_connections)
{
	int64_t wanted = max_connections > 0 ? max_connections : SENSIBLE_CONNECTIONS;
	struct rlimit limit;
	int64_t possible;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return wanted;
	if (room(&limit) < wanted) {
		rlim_t needed = (rlim_t)(wanted + OWN_DESCRIPTORS);

		/* Nobody asked for a number: take what is given, do not lift what an admin set. */
		if (max_connections == 0)
			needed = MIN(needed, limit.rlim_max);
		set_limit(&limit, needed);
	}
	possible = MIN(room(&limit), wanted);
	if (max_connections > possible)
		log_line(LOG_LEVEL_WARN,
			 "file descriptors allow %" G_GINT64_FORMAT
			 " connections, not the %" G_GINT64_FORMAT
			 " of max_connections: raise LimitNOFILE",
			 possible, max_connections);
	else if (max_connections == 0 && possible < FEW_CONNECTIONS)
		log_line(LOG_LEVEL_WARN,
			 "file descriptors allow only %" G_GINT64_FORMAT
			 " connections: raise LimitNOFILE",
			 possible);
	return possible;
}
