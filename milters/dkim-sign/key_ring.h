/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_SIGN_KEY_RING_H
#define MILLRACE_DKIM_SIGN_KEY_RING_H

/*
 * All keys there are, wherever they come from, behind one look-up. For the domain of an address,
 * the first of these that knows it:
 *
 *     1. the name itself in `domains`
 *     2. its folder in key_directory
 *     3. ".name" entries of `domains`, the longest first
 *     4. OpenDKIM's tables, by their own rules
 *     5. "*" in `domains`
 *
 * Listed keys are loaded when the ring is made, those of the directory when first needed. Shared
 * by all threads.
 */

#include <glib.h>
#include <stdbool.h>

#include "milters/dkim-sign/settings.h"
#include "shared/base/auto.h"
#include "shared/base/clock.h"
#include "shared/dkim/key_set.h"

struct sign_key_ring;

/* CONFIG error for a key or a table that cannot be loaded. Keeps nothing of `settings`; keeps
 * `clock`. */
bool sign_key_ring_new(const struct sign_settings *settings, const struct base_clock *clock,
		       struct sign_key_ring **ret_ring, GError **ret_error);
void sign_key_ring_free(struct sign_key_ring *ring);
MR_DEFINE_AUTO(sign_key_ring, sign_key_ring_free)

struct sign_key_match {
	struct dkim_key_set *set; /* a reference; NULL: no keys for this domain */
	const char *source;	  /* "domains", "key_directory" or "opendkim" */
	const char
		*pattern; /* what of it matched; borrowed from the ring or the question, or NULL */
};
void sign_key_match_clear(struct sign_key_match *match);

/*
 * The keys for an address; `domain` in lower-case A-labels, `local_part` may be NULL. The match's
 * pattern is borrowed from the ring or from `domain`. False, and a CONFIG or TEMPORARY error, when
 * there should be keys and they cannot be used: mail must not leave unsigned then.
 */
bool sign_key_ring_find(struct sign_key_ring *ring, const char *local_part, const char *domain,
			struct sign_key_match *ret_match, GError **ret_error);

/* For the check: true when the entry of `domains` of this name has keys or finds them in the key
 * directory; entries of "%" are not tried. */
bool sign_key_ring_check_entry(struct sign_key_ring *ring, const char *name, GError **ret_error);

/* For the background watch: the sets of `domains` and of OpenDKIM's tables (struct dkim_key_set *,
 * borrowed), and the domains of the key directory (g_strfreev; empty without one). */
const GPtrArray *sign_key_ring_listed(const struct sign_key_ring *ring);
char **sign_key_ring_directory_domains(struct sign_key_ring *ring);

#endif
