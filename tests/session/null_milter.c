/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A daemon on the real engine that decides nothing by itself: it logs each event, and does what the
 * parameters of MAIL tell it, so that a test can provoke what a real milter seldom does.
 *
 *     STEP=ANSWER   STEP: mail rcpt data header eoh body eom
 *                   ANSWER: accept reject tempfail discard skip, fail (our own failure),
 *                   or sleep:MS
 *     TEXT=WORD     the reply text of a refusal
 *     EDIT=NAME     at eom: insert (twice), change, delete, quarantine, rcpt, early (at eoh), cr,
 *                   newline, name
 *
 * NULL_MILTER=silent in the environment: it asks not to be waited for wherever that can be asked,
 * and for few macros; =deaf: it has only an end of message; =failing: it cannot make a session.
 */

#include <stdlib.h>
#include <string.h>

#include "shared/base/error.h"
#include "shared/log/event.h"
#include "shared/milter/milter.h"

struct null_settings {
	struct daemon_settings daemon; /* first */
};

static const struct conf_row rows[] = {
	{ .type = CONF_ROWS, .offset = 0, .rows = daemon_settings_rows }, { 0 }
};

struct null_session {
	struct milter_session *milter;
	int number;
	char **orders; /* NULL outside a message */
	size_t body_bytes, headers;
};

static void say(const struct null_session *session, const char *event, const char *detail)
{
	log_line(LOG_LEVEL_INFO, "<%d> %s %s", session->number, event, detail);
}

/* The value of KEY=VALUE among the message's orders, or NULL. */
static const char *order(const struct null_session *session, const char *key)
{
	size_t length = strlen(key);

	for (char **word = session->orders; word != NULL && *word != NULL; word++) {
		if (g_ascii_strncasecmp(*word, key, length) == 0 && (*word)[length] == '=')
			return *word + length + 1;
	}
	return NULL;
}

static enum milter_reply obey(struct null_session *session, const char *step)
{
	static const struct {
		const char *word;
		enum milter_reply reply;
	} answers[] = { { "accept", MILTER_ACCEPT },
			{ "reject", MILTER_REJECT },
			{ "tempfail", MILTER_TEMPFAIL },
			{ "discard", MILTER_DISCARD },
			{ "skip", MILTER_SKIP_BODY } };
	const char *answer = order(session, step), *text = order(session, "TEXT");

	if (answer == NULL)
		return MILTER_CONTINUE;
	if (g_str_has_prefix(answer, "sleep:"))
		g_usleep(strtoul(answer + 6, NULL, 10) * 1000);
	if (text != NULL)
		milter_set_reply(session->milter, *answer == 'r' ? "550" : "450",
				 *answer == 'r' ? "5.7.9" : "4.7.9", text);
	if (strcmp(answer, "fail") == 0)
		return milter_failure_reply(session->milter);
	for (size_t i = 0; i < G_N_ELEMENTS(answers); i++) {
		if (strcmp(answer, answers[i].word) == 0)
			return answers[i].reply;
	}
	return MILTER_CONTINUE;
}

static void *on_session_new(struct milter_session *milter, void *context)
{
	static gint number;
	struct null_session *session;

	(void)context;
	if (g_strcmp0(g_getenv("NULL_MILTER"), "failing") == 0)
		return NULL;
	session = g_new0(struct null_session, 1);
	session->milter = milter;
	session->number = g_atomic_int_add(&number, 1) + 1;
	say(session, "session", "new");
	return session;
}

static void on_session_free(void *own)
{
	struct null_session *session = own;

	say(session, "session", "free");
	g_strfreev(session->orders);
	g_free(session);
}

static void say_macro(const struct null_session *session, const char *step, const char *name)
{
	const char *value = milter_macro(session->milter, name);
	g_autofree char *text = g_strdup_printf("%s %s=%s", step, name, value ? value : "(none)");

	say(session, "macro", text);
}

static enum milter_reply on_connect(void *own, const char *hostname, const struct sockaddr *address)
{
	g_autofree char *text =
		g_strdup_printf("%s family=%d", hostname, address ? address->sa_family : -1);

	say(own, "connect", text);
	say_macro(own, "connect", "{daemon_name}");
	return MILTER_CONTINUE;
}

static enum milter_reply on_helo(void *own, const char *name)
{
	say(own, "helo", name);
	return MILTER_CONTINUE;
}

static enum milter_reply on_mail(void *own, const char *sender, char **parameters)
{
	struct null_session *session = own;

	say(session, "mail", sender);
	say_macro(session, "mail", "{auth_authen}");
	g_strfreev(session->orders);
	session->orders = g_strdupv(parameters);
	return obey(session, "mail");
}

static enum milter_reply on_rcpt(void *own, const char *recipient, char **parameters)
{
	(void)parameters;
	say(own, "rcpt", recipient);
	/* STEP=ANSWER holds for recipients that ask for it: the others are taken. */
	return strstr(recipient, "refuse") != NULL ? obey(own, "rcpt") : MILTER_CONTINUE;
}

static enum milter_reply on_data(void *own)
{
	say(own, "data", "");
	return obey(own, "data");
}

static enum milter_reply on_header(void *own, const char *name, const char *value)
{
	struct null_session *session = own;
	g_autofree char *text = g_strdup_printf("%s:%s|", name, value);

	session->headers++;
	if (session->headers <= 100)
		say(own, "header", text);
	return obey(own, "header");
}

static bool edit(struct milter_session *milter, const char *what, GError **ret_error)
{
	if (strcmp(what, "insert") == 0)
		return milter_insert_header(milter, 1, "X-Null", "first;\n\tfolded", ret_error) &&
		       milter_insert_header(milter, 0, "X-Null", "second", ret_error);
	if (strcmp(what, "change") == 0)
		return milter_change_header(milter, "Subject", 1, "changed", ret_error);
	if (strcmp(what, "delete") == 0)
		return milter_delete_header(milter, "Subject", 2, ret_error);
	if (strcmp(what, "quarantine") == 0)
		return milter_quarantine(milter, "held", ret_error);
	if (strcmp(what, "rcpt") == 0)
		return milter_delete_recipient(milter, "<r@example.net>", ret_error);
	if (strcmp(what, "cr") == 0)
		return milter_insert_header(milter, 0, "X-Null", "a\r\n b", ret_error);
	if (strcmp(what, "newline") == 0)
		return milter_insert_header(milter, 0, "X-Null", "a\nBcc: b@c", ret_error);
	return milter_insert_header(milter, 0, "X-Null: a\nBcc", "b@c", ret_error);
}

static void try_edit(const struct null_session *session, const char *what)
{
	g_autoptr(GError) error = NULL;
	bool done = edit(session->milter, what, &error);

	say(session, "edit", done ? "done" : error->message);
}

static enum milter_reply on_end_of_header(void *own)
{
	say(own, "eoh", "");
	if (g_strcmp0(order(own, "EDIT"), "early") == 0)
		try_edit(own, "insert");
	return obey(own, "eoh");
}

static enum milter_reply on_body(void *own, const unsigned char *chunk, size_t length)
{
	struct null_session *session = own;

	(void)chunk;
	session->body_bytes += length;
	return obey(own, "body");
}

static enum milter_reply on_end_of_message(void *own)
{
	struct null_session *session = own;
	const char *what = order(own, "EDIT"), *queue_id = milter_queue_id(session->milter);
	g_autofree char *text =
		g_strdup_printf("%zu headers, %zu bytes, queue id %s", session->headers,
				session->body_bytes, queue_id ? queue_id : "(none)");

	say(own, "eom", text);
	if (what != NULL && strcmp(what, "early") != 0)
		try_edit(session, what);
	return obey(own, "eom");
}

static void on_message_reset(void *own)
{
	struct null_session *session = own;

	say(own, "reset", "");
	g_strfreev(session->orders);
	session->orders = NULL;
	session->body_bytes = session->headers = 0;
}

static struct milter_handler handler = {
	.edits = MILTER_ADDS_HEADERS | MILTER_CHANGES_HEADERS | MILTER_DELETES_RECIPIENTS |
		 MILTER_QUARANTINES,
	.replies_to_content = true,
	.macros = { [MILTER_AT_CONNECT] = "{daemon_name}",
		    [MILTER_AT_MAIL] = "{auth_authen}",
		    [MILTER_AT_EOM] = "i" },
	.session_new = on_session_new,
	.session_free = on_session_free,
	.connect = on_connect,
	.helo = on_helo,
	.mail = on_mail,
	.rcpt = on_rcpt,
	.data = on_data,
	.header = on_header,
	.end_of_header = on_end_of_header,
	.body = on_body,
	.end_of_message = on_end_of_message,
	.message_reset = on_message_reset,
};

static void shape_handler(const char *shape)
{
	if (g_strcmp0(shape, "silent") == 0) {
		handler.replies_to_content = false;
		handler.no_reply = 1 << MILTER_AT_CONNECT | 1 << MILTER_AT_HELO |
				   1 << MILTER_AT_RCPT | 1 << MILTER_AT_DATA | 1 << MILTER_AT_EOH;
	} else if (g_strcmp0(shape, "deaf") == 0) {
		handler = (struct milter_handler){ .session_new = on_session_new,
						   .session_free = on_session_free,
						   .end_of_message = on_end_of_message };
	}
}

static void *context_new(void *settings, GError **ret_error)
{
	struct null_settings *context = g_atomic_rc_box_new0(struct null_settings);

	(void)ret_error;
	memcpy(context, settings, sizeof(*context));
	return context;
}

static void context_clear(void *context)
{
	conf_settings_clear(rows, context, sizeof(struct null_settings));
}

int main(int argc, char **argv)
{
	static const struct daemon_program program = {
		.name = "null",
		.synopsis = "does what it is told",
		.rows = rows,
		.settings_size = sizeof(struct null_settings),
		.context_new = context_new,
		.context_clear = context_clear,
	};

	shape_handler(g_getenv("NULL_MILTER"));
	return daemon_main(argc, argv, &program, milter_engine(&handler));
}
