/* SPDX-License-Identifier: BSD-2-Clause */
/* A progress bar on stderr. Knows terminals and time, nothing of the work. One thread. */

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "tools/millrace/progress.h"

#define BAR_WIDTH 30
#define DRAW_INTERVAL (G_USEC_PER_SEC / 10)

struct progress {
	const char *what; /* borrowed */
	uint64_t done, total;
	int64_t drawn_at; /* g_get_monotonic_time */
	bool visible;
};

static void draw(struct progress *progress)
{
	static const char marks[] = "##############################";
	const uint64_t total = MAX(progress->total, 1);
	const int filled = (int)(MIN(progress->done, total) * BAR_WIDTH / total);

	progress->drawn_at = g_get_monotonic_time();
	fprintf(stderr, "\r\033[K%s [%-*.*s] %" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT,
		progress->what, BAR_WIDTH, filled, marks, progress->done, progress->total);
	fflush(stderr);
}

struct progress *progress_new(const char *what, uint64_t total)
{
	struct progress *progress = g_new0(struct progress, 1);

	progress->what = what;
	progress->total = total;
	progress->visible = isatty(STDERR_FILENO) != 0;
	if (progress->visible)
		draw(progress);
	return progress;
}

void progress_add(struct progress *progress, uint64_t n)
{
	progress->done += n;
	if (progress->visible && g_get_monotonic_time() - progress->drawn_at >= DRAW_INTERVAL)
		draw(progress);
}

void progress_free(struct progress *progress)
{
	if (progress == NULL)
		return;
	if (progress->visible)
		fputs("\r\033[K", stderr);
	g_free(progress);
}
