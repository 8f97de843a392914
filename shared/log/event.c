/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows how a log line is built, escaped, and handed to syslog or stderr. Refuses to know
 * what is worth a line: that is decided by the callers. Where lines go is the one piece of
 * process-wide state; it is read and written atomically, so that any thread may log while
 * log_open moves the target on reload.
 */

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "shared/base/error.h"
#include "shared/log/event.h"

/* A reader of syslog's socket takes 8 KiB by default (rsyslog's maxMessageSize). */
#define LINE_MAX_BYTES 8000u

static struct {
	_Atomic(const char *) ident; /* NULL before log_open */
	atomic_int target, level;
} state = { .target = LOG_TARGET_STDERR, .level = LOG_LEVEL_INFO };

static const struct {
	const char *name;
	int priority;
} levels[] = {
	[LOG_LEVEL_ERROR] = { "error", LOG_ERR },
	[LOG_LEVEL_WARN] = { "warn", LOG_WARNING },
	[LOG_LEVEL_INFO] = { "info", LOG_INFO },
	[LOG_LEVEL_DEBUG] = { "debug", LOG_DEBUG },
};

static bool is_printable(unsigned char byte)
{
	return byte >= 0x20 && byte < 0x7f;
}

static bool is_plain(unsigned char byte)
{
	return is_printable(byte) && byte != ' ' && byte != '"' && byte != '=' && byte != '\\';
}

static void append_hex(GString *line, unsigned char byte)
{
	static const char digits[] = "0123456789abcdef";

	g_string_append(line, "\\x");
	g_string_append_c(line, digits[byte >> 4]);
	g_string_append_c(line, digits[byte & 15]);
}

static void append_quoted(GString *line, const unsigned char *value, size_t length)
{
	g_string_append_c(line, '"');
	for (size_t i = 0; i < length; i++) {
		if (!is_printable(value[i])) {
			append_hex(line, value[i]);
			continue;
		}
		if (value[i] == '"' || value[i] == '\\')
			g_string_append_c(line, '\\');
		g_string_append_c(line, (char)value[i]);
	}
	g_string_append_c(line, '"');
}

static size_t plain_length(const unsigned char *value, size_t length)
{
	size_t i = 0;

	while (i < length && is_plain(value[i]))
		i++;
	return i;
}

/* The dots stand behind the closing quote: a value that ends in dots cannot pass for a cut one. */
static void append_value(GString *line, const void *value, size_t length)
{
	size_t kept = MIN(length, LOG_VALUE_MAX);

	if (kept == length && length > 0 && plain_length(value, length) == length)
		g_string_append_len(line, value, (gssize)length);
	else
		append_quoted(line, value, kept);
	if (kept < length)
		g_string_append(line, "...");
}

static void write_stderr(enum log_level level, const char *text)
{
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	g_autofree char *time = g_date_time_format(now, "%Y-%m-%dT%H:%M:%S");
	const char *ident = atomic_load(&state.ident);
	g_autofree char *line = g_strdup_printf(
		"%s.%03dZ %s[%d]: %s: %s\n", time, g_date_time_get_microsecond(now) / 1000,
		ident ? ident : "millrace", (int)getpid(), levels[level].name, text);
	ssize_t written;

	do
		written = write(STDERR_FILENO, line, strlen(line));
	while (written < 0 && errno == EINTR);
}

static void emit(enum log_level level, const char *text)
{
	if (atomic_load(&state.target) == LOG_TARGET_SYSLOG)
		syslog(levels[level].priority, "%s", text);
	else
		write_stderr(level, text);
}

void log_open(const char *ident, enum log_target target, enum log_level level)
{
	if (target == LOG_TARGET_SYSLOG)
		openlog(ident, LOG_PID | LOG_NDELAY, LOG_MAIL);
	atomic_store(&state.ident, ident);
	atomic_store(&state.target, (int)target);
	atomic_store(&state.level, (int)level);
}

bool log_enabled(enum log_level level)
{
	return (int)level <= atomic_load(&state.level);
}

void log_event_begin(struct log_event *event, enum log_level level, const char *queue_id,
		     const char *what)
{
	event->level = level;
	event->line = log_enabled(level) ? g_string_sized_new(256) : NULL;
	if (!event->line)
		return;
	if (queue_id) {
		append_value(event->line, queue_id, strlen(queue_id));
		g_string_append(event->line, ": ");
	}
	g_string_append(event->line, what);
}

void log_event_add_bytes(struct log_event *event, const char *key, const void *value, size_t length)
{
	/* The longest field: 4 bytes for each of the value's, its key, quotes and dots. */
	size_t room = 4 * (size_t)LOG_VALUE_MAX + strlen(key) + 16;

	if (!event->line)
		return;
	if (event->line->len + room > LINE_MAX_BYTES) {
		if (!g_str_has_suffix(event->line->str, " ..."))
			g_string_append(event->line, " ...");
		return;
	}
	g_string_append_c(event->line, ' ');
	g_string_append(event->line, key);
	g_string_append_c(event->line, '=');
	append_value(event->line, value, length);
}

void log_event_add(struct log_event *event, const char *key, const char *value)
{
	if (value)
		log_event_add_bytes(event, key, value, strlen(value));
}

void log_event_add_int(struct log_event *event, const char *key, int64_t value)
{
	char digits[24];

	g_snprintf(digits, sizeof(digits), "%" G_GINT64_FORMAT, value);
	log_event_add(event, key, digits);
}

void log_event_add_error(struct log_event *event, const GError *error)
{
	log_event_add(event, "error", error->message);
	log_event_add(event, "category", mr_error_category_to_string(error));
}

void log_event_send(struct log_event *event)
{
	if (!event->line)
		return;
	emit(event->level, event->line->str);
	g_string_free(event->line, TRUE);
	event->line = NULL;
}

void log_line(enum log_level level, const char *format, ...)
{
	g_autofree char *text = NULL;
	g_autoptr(GString) line = NULL;
	va_list arguments;

	if (!log_enabled(level))
		return;
	va_start(arguments, format);
	text = g_strdup_vprintf(format, arguments);
	va_end(arguments);

	line = g_string_sized_new(256);
	for (const char *at = text; *at; at++) {
		if (line->len > LINE_MAX_BYTES) {
			g_string_append(line, " ...");
			break;
		}
		if (is_printable((unsigned char)*at))
			g_string_append_c(line, *at);
		else
			append_hex(line, (unsigned char)*at);
	}
	emit(level, line->str);
}
