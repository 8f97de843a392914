/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A connection's memory: new, filled, free. Decides nothing; called by callbacks.c alone.
 */

#include "milters/dkim-sign/session.h"

struct sign_session *sign_session_new(struct milter_session *milter,
				      const struct sign_context *context)
{
	struct sign_session *session = g_new0(struct sign_session, 1);

	session->milter = milter;
	session->context = context;
	session->listener = g_string_new(NULL);
	session->user = g_string_new(NULL);
	session->sender = g_string_new(NULL);
	session->message = sign_message_new();
	return session;
}

void sign_session_free(struct sign_session *session)
{
	if (!session)
		return;
	sign_message_free(session->message);
	g_string_free(session->listener, TRUE);
	g_string_free(session->user, TRUE);
	g_string_free(session->sender, TRUE);
	g_free(session);
}

static const char *keep(GString *place, const char *text)
{
	if (!text)
		return NULL;
	g_string_assign(place, text);
	return place->str;
}

void sign_session_set_listener(struct sign_session *session, const char *listener)
{
	session->client.listener = keep(session->listener, listener);
}

void sign_session_set_user(struct sign_session *session, const char *user)
{
	session->client.user = keep(session->user, user);
}
