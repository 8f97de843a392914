/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows what belongs to one connection of the MTA, when a message begins and ends in it, and how
 * many are under way in the process. Refuses to know what is decided. The calls of one session
 * never overlap, but come from different threads.
 */

#include <pthread.h>
#include <string.h>

#include "shared/log/event.h"
#include "shared/milter/engine.h"

/*
 * libmilter has no call for a session's socket. Its context has begun with the thread and the
 * socket since its first release; the number found is used only when this process accepted just
 * such a socket (connections_begin), and then only to time it out.
 */
static struct connection *find_connection(SMFICTX *engine_context)
{
	static atomic_flag said = ATOMIC_FLAG_INIT;
	struct connection *connection;
	struct {
		pthread_t thread;
		int socket;
	} head;

	memcpy(&head, engine_context, sizeof(head));
	connection = connections_begin(head.socket);
	if (connection == NULL && !atomic_flag_test_and_set(&said))
		log_line(LOG_LEVEL_WARN, "this libmilter hides its sockets: idle_timeout has no "
					 "effect on sessions");
	return connection;
}

static struct milter_session *session_new(SMFICTX *engine_context)
{
	struct milter_engine_state *engine = milter_engine_state();
	struct milter_session *session = g_new0(struct milter_session, 1);

	session->engine_context = engine_context;
	session->handler = engine->handler;
	session->connection = find_connection(engine_context);
	session->steps = connection_steps(session->connection);
	session->context = daemon_context_acquire();
	session->own = engine->handler->session_new(session, session->context);
	log_metric_add(engine->connections_open, NULL, 1);
	log_metric_add(engine->connections_total, NULL, 1);
	return session;
}

struct milter_session *milter_session_enter(SMFICTX *engine_context)
{
	struct milter_session *session = smfi_getpriv(engine_context);

	if (session == NULL) {
		session = session_new(engine_context);
		smfi_setpriv(engine_context, session);
	}
	connection_enter(session->connection);
	return session;
}

void milter_session_leave(struct milter_session *session)
{
	connection_leave(session->connection);
}

void milter_session_set_steps(struct milter_session *session, unsigned long steps)
{
	session->steps = steps;
	connection_set_steps(session->connection, steps);
}

void milter_session_end(SMFICTX *engine_context)
{
	struct milter_session *session = smfi_getpriv(engine_context);

	if (session == NULL)
		return;
	smfi_setpriv(engine_context, NULL);
	milter_session_end_message(session);
	if (session->own != NULL)
		session->handler->session_free(session->own);
	daemon_context_release(session->context);
	connections_end(session->connection);
	log_metric_add(milter_engine_state()->connections_open, NULL, -1);
	g_free(session->reply.text);
	g_free(session);
}

void milter_session_begin_message(struct milter_session *session)
{
	struct milter_engine_state *engine = milter_engine_state();

	session->in_message = true;
	session->verdict = session->standing;
	session->skips_body = false;
	atomic_fetch_add(&engine->messages, 1);
	log_metric_add(engine->messages_total, NULL, 1);
}

void milter_session_end_message(struct milter_session *session)
{
	struct milter_engine_state *engine = milter_engine_state();

	if (!session->in_message)
		return;
	if (session->own != NULL && session->handler->message_reset != NULL)
		session->handler->message_reset(session->own);
	session->queue_id[0] = '\0';
	session->in_message = false;
	atomic_store(&engine->last_end, g_get_monotonic_time());
	atomic_fetch_sub(&engine->messages, 1);
}

const char *milter_macro(struct milter_session *session, const char *name)
{
	/* libmilter declares the name without const and does not write to it. */
	return smfi_getsymval(session->engine_context, (char *)(uintptr_t)name);
}

const char *milter_queue_id(struct milter_session *session)
{
	const char *told;

	if (session->queue_id[0] == '\0') {
		told = milter_macro(session, "i");
		if (told == NULL || strlen(told) >= sizeof(session->queue_id))
			return NULL;
		g_strlcpy(session->queue_id, told, sizeof(session->queue_id));
	}
	return session->queue_id;
}

enum milter_reply milter_failure_reply(struct milter_session *session)
{
	(void)session;
	return atomic_load(&milter_engine_state()->on_failure) == DAEMON_ACCEPT ? MILTER_ACCEPT
										: MILTER_TEMPFAIL;
}
