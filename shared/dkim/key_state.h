/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_KEY_STATE_H
#define MILLRACE_DKIM_KEY_STATE_H

/*
 * The life of a domain's keys: the file <key_directory>/<domain>/state, a line a key:
 *
 *     # selector  stage      since                 ttl   seen
 *     r20261101   retired    2026-11-23T10:00:00Z  3600  2026-11-01T09:30:00Z
 *     r20261123   active     2026-11-23T10:00:00Z  3600  2026-11-23T08:50:00Z
 *     e20261123   published  2026-11-23T08:00:00Z  0     -
 *
 * published: the record should be in DNS, the key does not sign yet; active: it signs; retired: it
 * signs no more, its record stays until signatures in transit have expired. A domain without a
 * state file has all its keys active; a key file that the state does not name does not sign. The
 * fifth column may be missing. Files are rewritten whole: temporary file, fsync, rename. Any
 * thread.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define DKIM_STATE_FILE "state"
#define DKIM_STATE_BYTES_MAX 65536u

enum dkim_key_stage { DKIM_KEY_PUBLISHED, DKIM_KEY_ACTIVE, DKIM_KEY_RETIRED };

struct dkim_key_life {
	char *selector;
	enum dkim_key_stage stage;
	int64_t since; /* when it came into this stage */
	int64_t ttl;   /* longest that a cache may hold its record or the record's absence, as seen
			* so far, in seconds; 0: never seen */
	int64_t seen;  /* since when its record is in DNS as it should be; 0: not yet */
};

/* `lives`: GPtrArray of struct dkim_key_life *, freed with g_ptr_array_unref. */
GPtrArray *dkim_key_state_new(void);
/* Copies the selector; returns the new life, owned by the array. */
struct dkim_key_life *dkim_key_state_add(GPtrArray *lives, const char *selector,
					 enum dkim_key_stage stage, int64_t since);

/* Errors: CONFIG, "FILE:LINE: ...". */
bool dkim_key_state_parse(const char *name, const char *text, size_t length, GPtrArray **ret_lives,
			  GError **ret_error);
/* What dkim_key_state_write writes; freed with g_free. */
char *dkim_key_state_format(const GPtrArray *lives);

/* *ret_lives is NULL when the file does not exist. */
bool dkim_key_state_read(const char *path, GPtrArray **ret_lives, GError **ret_error);
/* Keeps owner and group of the folder; mode 0644 (no secrets in it). */
bool dkim_key_state_write(const char *path, const GPtrArray *lives, GError **ret_error);

/* NULL when there is none of that name. */
struct dkim_key_life *dkim_key_state_find(const GPtrArray *lives, const char *selector);

/* "published", "active", "retired". */
const char *dkim_key_stage_to_string(enum dkim_key_stage stage);

/* "2026-11-23T10:00:00Z"; "-" for 0. Freed with g_free. */
char *dkim_key_time_to_string(int64_t seconds);

#endif
