/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_MILTER_MILTER_H
#define MILLRACE_MILTER_MILTER_H

/*
 * The milter protocol as the four daemons see it: events in, edits out. Nothing here names
 * the engine beneath (libmilter today); only shared/milter includes it.
 *
 * A program fills a struct milter_handler and hands milter_engine(handler) to
 * daemon_main(). For each connection of the MTA the engine makes a milter_session; the
 * handler hangs its own object on it. The calls of one session never overlap, but come from
 * different threads; calls of different sessions run at the same time.
 *
 * Strings given to a handler are borrowed for the length of the call. Header values are as the MTA
 * received them: the byte after the colon is the first one, folds are LF (the protocol's form).
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "shared/daemon/daemon.h"

struct milter_session;

enum milter_reply {
	MILTER_CONTINUE,
	MILTER_ACCEPT,	 /* this message (at connect, helo: this connection) needs no more of us */
	MILTER_REJECT,	 /* 5xx; with milter_set_reply before it, that text */
	MILTER_TEMPFAIL, /* 4xx; likewise */
	MILTER_DISCARD,
	MILTER_SKIP_BODY, /* from body: no more chunks needed */
};

/* What the handler wants from the MTA; everything else is negotiated away. */
enum milter_edits {
	MILTER_ADDS_HEADERS = 1 << 0,
	MILTER_CHANGES_HEADERS = 1 << 1,
	MILTER_CHANGES_BODY = 1 << 2,
	MILTER_ADDS_RECIPIENTS = 1 << 3,
	MILTER_DELETES_RECIPIENTS = 1 << 4,
	MILTER_QUARANTINES = 1 << 5,
	MILTER_CHANGES_SENDER = 1 << 6,
};

enum milter_stage {
	MILTER_AT_CONNECT,
	MILTER_AT_HELO,
	MILTER_AT_MAIL,
	MILTER_AT_RCPT,
	MILTER_AT_DATA,
	MILTER_AT_EOH,
	MILTER_AT_EOM,
	MILTER_STAGES
};

/*
 * A callback that is NULL is not asked for. A stage whose callback always continues is asked for
 * without a reply when `no_reply` has its bit (1 << MILTER_AT_...): the MTA then does not wait.
 * Headers and body chunks are always without a reply unless `replies_to_content` is set. The engine
 * calls `message_reset` after each message, whatever became of it: sent, aborted, refused,
 * connection lost; `session_free` once at the end.
 *
 * Where the MTA does not wait, an answer other than MILTER_CONTINUE is kept and told at the next
 * step where it does (the end of the message at the latest); nothing is asked in between.
 */
struct milter_handler {
	unsigned edits; /* enum milter_edits */
	unsigned no_reply;
	bool replies_to_content;
	/* The macros wanted at each stage, e.g. "i {auth_authen}"; NULL: none. */
	const char *macros[MILTER_STAGES];

	/*
	 * First call of a connection. Returns the handler's own session object; `context` is the
	 * daemon's (see daemon_context_acquire), referenced as long as the session lives. NULL: it
	 * cannot be made; each message of the connection then gets milter_failure_reply.
	 */
	void *(*session_new)(struct milter_session *session, void *context);
	void (*session_free)(void *own);

	/* address is NULL when the MTA gave none (local submission). */
	enum milter_reply (*connect)(void *own, const char *hostname,
				     const struct sockaddr *address);
	enum milter_reply (*helo)(void *own, const char *name);
	/*
	 * `sender`: the reverse-path as the MTA gave it, "<a@b>"; parameters: NULL-terminated ESMTP
	 * words.
	 */
	enum milter_reply (*mail)(void *own, const char *sender, char **parameters);
	enum milter_reply (*rcpt)(void *own, const char *recipient, char **parameters);
	enum milter_reply (*data)(void *own);
	/*
	 * name and value terminated; name may carry trailing blanks ("Name :").
	 */
	enum milter_reply (*header)(void *own, const char *name, const char *value);
	enum milter_reply (*end_of_header)(void *own);
	enum milter_reply (*body)(void *own, const unsigned char *chunk, size_t length);
	enum milter_reply (*end_of_message)(void *own);
	void (*message_reset)(void *own);
};

/* The engine for daemon_main. `handler` is static. One engine a process. */
const struct daemon_engine *milter_engine(const struct milter_handler *handler);

/*
 * The value of a macro ("i", "{auth_authen}") as last sent, or NULL. Borrowed, to the end of the
 * call.
 */
const char *milter_macro(struct milter_session *session, const char *name);

/* The queue id if the MTA has told it yet, else NULL. Borrowed, to the end of the message. */
const char *milter_queue_id(struct milter_session *session);

/* What our own failure means for this message: TEMPFAIL, or ACCEPT when on_failure says so. */
enum milter_reply milter_failure_reply(struct milter_session *session);

/*
 * The text for the REJECT or TEMPFAIL that is about to be returned: code "550", extended "5.7.1"
 * (NULL: none), text one line, sanitised here (control bytes and '%' are made harmless).
 */
void milter_set_reply(struct milter_session *session, const char *code, const char *extended,
		      const char *text);

/*
 * Edits, at end of message only. false and a TEMPORARY error when the MTA refuses. Positions count
 * as the MTA counts: insert 0 is above its own Received; instance 1 is the first field of that
 * name. `value` comes without the leading blank (the engine adds it where the MTA would not) and
 * folds with LF.
 */
bool milter_insert_header(struct milter_session *session, unsigned position, const char *name,
			  const char *value, GError **ret_error);
bool milter_change_header(struct milter_session *session, const char *name, unsigned instance,
			  const char *value, GError **ret_error);
bool milter_delete_header(struct milter_session *session, const char *name, unsigned instance,
			  GError **ret_error);
bool milter_delete_recipient(struct milter_session *session, const char *recipient,
			     GError **ret_error);
bool milter_quarantine(struct milter_session *session, const char *reason, GError **ret_error);

#endif
