/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_TOOLS_KEY_ROTATION_H
#define MILLRACE_TOOLS_KEY_ROTATION_H

/*
 * When a key may move on, decided from the lives of a domain's keys and what DNS said about them:
 *
 *     nothing published   -> generate, when the active keys are old enough or there are none
 *     published, not seen -> wait for the records
 *     published, seen     -> wait until no cache can hold an older answer, then activate: what was
 *                            active becomes retired
 *     retired             -> removable when no signature in transit can need the record
 *
 * Calling it again is always right. Without active keys nothing is waited for but the records:
 * mail leaves unsigned meanwhile. No files, no clock, no DNS here. One thread.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "milters/dkim-sign/published_key.h"
#include "shared/dkim/key_state.h"

struct key_rotation_rules {
	bool now;      /* neither the active keys' age nor caches are waited for */
	bool finish;   /* carries on what was begun, begins nothing */
	int64_t every; /* seconds that keys stay active before the next are generated */
	int64_t hold;  /* seconds that a retired key's record must stay */
};

enum key_rotation_step {
	KEY_ROTATION_GENERATE,
	KEY_ROTATION_WAIT_RECORD, /* a published key's record was not seen */
	KEY_ROTATION_WAIT_CACHES, /* until *ret_due */
	KEY_ROTATION_ACTIVATE,
	KEY_ROTATION_DONE, /* *ret_due: when the next one begins; 0 when it does not by itself */
};

/* Notes what DNS said about a key at the time `now`. */
void key_rotation_observe(struct dkim_key_life *life, const struct sign_published_key *published,
			  int64_t now);

enum key_rotation_step key_rotation_next(const GPtrArray *lives,
					 const struct key_rotation_rules *rules, int64_t now,
					 int64_t *ret_due);

/* The published keys sign from now on, the active ones no more. */
void key_rotation_activate(GPtrArray *lives, int64_t now);

/* The key is retired, and has been for so long that its record may go. */
bool key_rotation_is_removable(const struct dkim_key_life *life,
			       const struct key_rotation_rules *rules, int64_t now);

guint key_rotation_count(const GPtrArray *lives, enum dkim_key_stage stage);

#endif
