/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_TOOLS_PROGRESS_H
#define MILLRACE_TOOLS_PROGRESS_H

/*
 * A bar on stderr for what takes long; nothing at all when stderr is no terminal. One thread.
 */

#include <stdint.h>

#include "shared/base/auto.h"

struct progress;

/* `what` is borrowed: "checking keys". */
struct progress *progress_new(const char *what, uint64_t total);
/* So much more is done. Draws ten times a second at most. */
void progress_add(struct progress *progress, uint64_t n);
/* Removes the bar; call it before anything else is printed. */
void progress_free(struct progress *progress);
MR_DEFINE_AUTO(progress, progress_free)

#endif
