/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_LOG_EVENT_H
#define MILLRACE_LOG_EVENT_H

/*
 * One log line, made of key=value fields. Everything that may come from mail, DNS or
 * a peer goes through log_event_add*, which escape it here and nowhere else: a value
 * with bytes outside printable ASCII, blanks, '"', '=' or '\' is put in double quotes
 * with \" \\ and \xHH, and is cut at LOG_VALUE_MAX bytes with "..." (said, not silent).
 *
 *     struct log_event event;
 *     log_event_begin(&event, LOG_LEVEL_INFO, queue_id, "signed");
 *     log_event_add(&event, "d", domain);
 *     log_event_send(&event);
 *
 * gives:  4XyZ1234: signed d=example.com
 *
 * An event lives on the stack of one thread, between begin and send. Sending is
 * thread-safe. Where lines go is process-wide state, set by log_open.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_VALUE_MAX 512u

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
enum log_target { LOG_TARGET_STDERR, LOG_TARGET_SYSLOG };

struct log_event {
	GString *line; /* NULL when the level is not logged: adding costs nothing then */
	enum log_level level;
};

/*
 * Where lines go and which are kept. `ident` (static storage, e.g. "millrace-dkim-sign")
 * is the syslog tag, facility mail, and the prefix on stderr. May be called again, on reload.
 * Before the first call: stderr, level info.
 */
void log_open(const char *ident, enum log_target target, enum log_level level);

bool log_enabled(enum log_level level);

/* queue_id may be NULL (no message at hand); `what` is our own constant text. */
void log_event_begin(struct log_event *event, enum log_level level, const char *queue_id,
		     const char *what);

/* value NULL adds nothing. */
void log_event_add(struct log_event *event, const char *key, const char *value);
void log_event_add_bytes(struct log_event *event, const char *key, const void *value,
			 size_t length);
void log_event_add_int(struct log_event *event, const char *key, int64_t value);
/* Adds error="<message>" category=<category>. */
void log_event_add_error(struct log_event *event, const GError *error);

void log_event_send(struct log_event *event);

/* A line without fields, for the life of the daemon: log_line(LOG_LEVEL_INFO, "reloaded %s", path).
 * The formatted text is escaped as a whole (control bytes become \xHH). */
void log_line(enum log_level level, const char *format, ...) G_GNUC_PRINTF(2, 3);

#endif
