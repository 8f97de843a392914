/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows how libmilter's callbacks become a handler's events and its replies become libmilter's.
 * A final reply, an abort and a lost connection all end the message in one place. Threads of
 * libmilter; the calls of one session never overlap.
 */

#include "shared/milter/engine.h"

static sfsistat to_engine(enum milter_reply reply)
{
	switch (reply) {
	case MILTER_CONTINUE:
		return SMFIS_CONTINUE;
	case MILTER_ACCEPT:
		return SMFIS_ACCEPT;
	case MILTER_REJECT:
		return SMFIS_REJECT;
	case MILTER_TEMPFAIL:
		return SMFIS_TEMPFAIL;
	case MILTER_DISCARD:
		return SMFIS_DISCARD;
	case MILTER_SKIP_BODY:
		return SMFIS_SKIP;
	}
	g_assert_not_reached();
}

/* A reply to a stage that concerns the whole message. */
static sfsistat answer(struct milter_session *session, enum milter_reply reply)
{
	if (reply != MILTER_CONTINUE && reply != MILTER_SKIP_BODY)
		milter_session_end_message(session);
	return to_engine(reply);
}

static sfsistat on_connect(SMFICTX *engine_context, char *hostname, _SOCK_ADDR *address)
{
	struct milter_session *session = milter_session_of(engine_context);

	if (session->handler->connect == NULL)
		return SMFIS_CONTINUE;
	return to_engine(session->handler->connect(session->own, hostname,
						   (const struct sockaddr *)address));
}

static sfsistat on_helo(SMFICTX *engine_context, char *name)
{
	struct milter_session *session = milter_session_of(engine_context);

	if (session->handler->helo == NULL)
		return SMFIS_CONTINUE;
	return to_engine(session->handler->helo(session->own, name));
}

static sfsistat on_mail(SMFICTX *engine_context, char **words)
{
	struct milter_session *session = milter_session_of(engine_context);

	milter_session_end_message(session);
	if (atomic_load(&milter_engine_state()->draining)) {
		milter_set_reply(session, "451", "4.3.2", "filter is restarting, try again later");
		return SMFIS_TEMPFAIL;
	}
	milter_session_begin_message(session);
	if (session->handler->mail == NULL)
		return SMFIS_CONTINUE;
	return answer(session, session->handler->mail(session->own, words[0], words + 1));
}

static sfsistat on_rcpt(SMFICTX *engine_context, char **words)
{
	struct milter_session *session = milter_session_of(engine_context);
	enum milter_reply reply;

	if (session->handler->rcpt == NULL)
		return SMFIS_CONTINUE;
	reply = session->handler->rcpt(session->own, words[0], words + 1);
	/* A refusal here is about one recipient. */
	if (reply == MILTER_REJECT || reply == MILTER_TEMPFAIL)
		return to_engine(reply);
	return answer(session, reply);
}

static sfsistat on_data(SMFICTX *engine_context)
{
	struct milter_session *session = milter_session_of(engine_context);

	if (session->handler->data == NULL)
		return SMFIS_CONTINUE;
	return answer(session, session->handler->data(session->own));
}

static sfsistat on_header(SMFICTX *engine_context, char *name, char *value)
{
	struct milter_session *session = milter_session_of(engine_context);
	g_autofree char *restored = NULL;

	if (session->handler->header == NULL)
		return SMFIS_CONTINUE;
	/* An old MTA has cut one blank off; that it was SP is the best guess there is. */
	if (!session->keeps_leading_space)
		value = restored = g_strconcat(" ", value, NULL);
	return answer(session, session->handler->header(session->own, name, value));
}

static sfsistat on_end_of_header(SMFICTX *engine_context)
{
	struct milter_session *session = milter_session_of(engine_context);

	if (session->handler->end_of_header == NULL)
		return SMFIS_CONTINUE;
	return answer(session, session->handler->end_of_header(session->own));
}

static sfsistat on_body(SMFICTX *engine_context, unsigned char *chunk, size_t length)
{
	struct milter_session *session = milter_session_of(engine_context);

	if (session->handler->body == NULL)
		return SMFIS_CONTINUE;
	return answer(session, session->handler->body(session->own, chunk, length));
}

static sfsistat on_end_of_message(SMFICTX *engine_context)
{
	struct milter_session *session = milter_session_of(engine_context);
	enum milter_reply reply = MILTER_CONTINUE;

	if (session->handler->end_of_message != NULL)
		reply = session->handler->end_of_message(session->own);
	milter_session_end_message(session);
	return to_engine(reply);
}

static sfsistat on_abort(SMFICTX *engine_context)
{
	milter_session_end_message(milter_session_of(engine_context));
	return SMFIS_CONTINUE;
}

static sfsistat on_close(SMFICTX *engine_context)
{
	milter_session_end(engine_context);
	return SMFIS_CONTINUE;
}

void milter_callbacks_fill(struct smfiDesc *description)
{
	description->xxfi_negotiate = milter_negotiate;
	description->xxfi_connect = on_connect;
	description->xxfi_helo = on_helo;
	description->xxfi_envfrom = on_mail;
	description->xxfi_envrcpt = on_rcpt;
	description->xxfi_data = on_data;
	description->xxfi_header = on_header;
	description->xxfi_eoh = on_end_of_header;
	description->xxfi_body = on_body;
	description->xxfi_eom = on_end_of_message;
	description->xxfi_abort = on_abort;
	description->xxfi_close = on_close;
}
