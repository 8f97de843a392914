/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_TOOLS_KEY_VERBS_H
#define MILLRACE_TOOLS_KEY_VERBS_H

/*
 * What `millrace key <verb>` does once its command line is read. What is to be printed is appended
 * to `text`, also when the verb fails half way. One thread.
 */

#include "tools/millrace/key_session.h"
#include "tools/millrace/key_text.h"

#define KEY_RSA_BITS_DEFAULT 2048u
#define KEY_RECORD_TTL_DEFAULT 3600

struct key_generate_options {
	bool rsa, ed25519;
	unsigned bits;	    /* of an RSA key */
	const char *prefix; /* of the selectors */
	bool activate;	    /* the keys sign at once */
};

bool key_generate(const struct key_session *session, const char *domain,
		  const struct key_generate_options *options, GString *text, GError **ret_error);

/* `selector` NULL: all keys of the domain. */
bool key_record(const struct key_session *session, const char *domain, const char *selector,
		enum key_record_format format, int64_t ttl, GString *text, GError **ret_error);

struct key_rotate_options {
	bool now, finish;
	int64_t every;
	bool skip_empty; /* a domain without any key is passed over */
};

/* *ret_waiting: something has to be waited for. */
bool key_rotate(struct key_session *session, const char *domain,
		const struct key_rotate_options *options, GString *text, bool *ret_waiting,
		GError **ret_error);

struct key_retire_options {
	bool remove, force;
};

/* PERMANENT error when it is refused. */
bool key_retire(const struct key_session *session, const char *domain, const char *selector,
		const struct key_retire_options *options, GString *text, GError **ret_error);

/* Seconds that the record of a retired key has to stay in DNS. */
int64_t key_hold_seconds(const struct key_session *session);

/* Makes keys of the types wanted in an open store, as published ones; does not save it. */
bool key_make(const struct key_session *session, struct key_store *store,
	      const struct key_generate_options *options, GPtrArray *ret_lives, GError **ret_error);

/* Appends the record of one key of the store in zone-file form. */
bool key_append_record(const struct key_store *store, const char *selector,
		       enum key_record_format format, int64_t ttl, GString *text,
		       GError **ret_error);

#endif
