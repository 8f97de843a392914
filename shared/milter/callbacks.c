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
	case MILTER_SKIP_BODY:
		return SMFIS_CONTINUE;
	case MILTER_ACCEPT:
		return SMFIS_ACCEPT;
	case MILTER_REJECT:
		return SMFIS_REJECT;
	case MILTER_TEMPFAIL:
		return SMFIS_TEMPFAIL;
	case MILTER_DISCARD:
		return SMFIS_DISCARD;
	}
	g_assert_not_reached();
}

/* The MTA waits: it gets the reply. A final one ends the message. */
static sfsistat tell(struct milter_session *session, enum milter_reply reply, bool ends_message)
{
	if (reply != MILTER_CONTINUE)
		milter_reply_text_apply(session, reply);
	if (reply != MILTER_CONTINUE && ends_message)
		milter_session_end_message(session);
	return to_engine(reply);
}

/*
 * The answer to a step. `silence` is the step's SMFIP_NR_ flag, 0 where the MTA always waits. In a
 * silent step a final reply cannot be told (libmilter would drop it): it is kept, and told as soon
 * as the MTA waits.
 */
static sfsistat answer(struct milter_session *session, unsigned long silence,
		       enum milter_reply reply)
{
	sfsistat status = SMFIS_NOREPLY;

	if ((session->steps & silence) == 0)
		status = tell(session, reply, true);
	else if (session->in_message)
		session->verdict = reply;
	else
		session->standing = reply;
	milter_session_leave(session);
	return status;
}

/* Whether the handler is still to be asked about this message. */
static bool undecided(const struct milter_session *session)
{
	return session->in_message && session->verdict == MILTER_CONTINUE;
}

static sfsistat on_connect(SMFICTX *engine_context, char *hostname, _SOCK_ADDR *address)
{
	struct milter_session *session = milter_session_enter(engine_context);
	const struct milter_handler *handler = session->handler;
	enum milter_reply reply = MILTER_CONTINUE;

	if (handler->connect != NULL && session->own != NULL)
		reply = handler->connect(session->own, hostname, (const struct sockaddr *)address);
	return answer(session, SMFIP_NR_CONN, reply);
}

static sfsistat on_helo(SMFICTX *engine_context, char *name)
{
	struct milter_session *session = milter_session_enter(engine_context);
	const struct milter_handler *handler = session->handler;
	enum milter_reply reply = session->standing;

	if (handler->helo != NULL && session->own != NULL && reply == MILTER_CONTINUE)
		reply = handler->helo(session->own, name);
	return answer(session, SMFIP_NR_HELO, reply);
}

static enum milter_reply begin_message(struct milter_session *session, char **words)
{
	const struct milter_handler *handler = session->handler;

	if (atomic_load(&milter_engine_state()->draining)) {
		milter_set_reply(session, "451", "4.3.2", "filter is restarting, try again later");
		return MILTER_TEMPFAIL;
	}
	if (session->own == NULL)
		return milter_failure_reply(session);
	milter_session_begin_message(session);
	if (undecided(session) && handler->mail != NULL)
		return handler->mail(session->own, words[0], words + 1);
	return session->verdict;
}

static sfsistat on_mail(SMFICTX *engine_context, char **words)
{
	struct milter_session *session = milter_session_enter(engine_context);

	milter_session_end_message(session);
	return answer(session, 0, begin_message(session, words));
}

static sfsistat on_rcpt(SMFICTX *engine_context, char **words)
{
	struct milter_session *session = milter_session_enter(engine_context);
	const struct milter_handler *handler = session->handler;
	enum milter_reply reply = session->verdict;
	sfsistat status;

	if (undecided(session) && handler->rcpt != NULL)
		reply = handler->rcpt(session->own, words[0], words + 1);
	if ((reply != MILTER_REJECT && reply != MILTER_TEMPFAIL) ||
	    (session->steps & SMFIP_NR_RCPT) != 0)
		return answer(session, SMFIP_NR_RCPT, reply);
	/* A refusal here is about one recipient. */
	status = tell(session, reply, false);
	milter_session_leave(session);
	return status;
}

static sfsistat on_data(SMFICTX *engine_context)
{
	struct milter_session *session = milter_session_enter(engine_context);
	enum milter_reply reply = session->verdict;

	if (undecided(session) && session->handler->data != NULL)
		reply = session->handler->data(session->own);
	return answer(session, SMFIP_NR_DATA, reply);
}

static enum milter_reply take_header(struct milter_session *session, const char *name,
				     const char *value)
{
	g_autofree char *restored = NULL;

	/* An old MTA has cut one blank off; that it was SP is the best guess there is. */
	if ((session->steps & SMFIP_HDR_LEADSPC) == 0)
		value = restored = g_strconcat(" ", value, NULL);
	return session->handler->header(session->own, name, value);
}

static sfsistat on_header(SMFICTX *engine_context, char *name, char *value)
{
	struct milter_session *session = milter_session_enter(engine_context);
	enum milter_reply reply = session->verdict;

	if (undecided(session) && session->handler->header != NULL)
		reply = take_header(session, name, value);
	return answer(session, SMFIP_NR_HDR, reply);
}

static sfsistat on_end_of_header(SMFICTX *engine_context)
{
	struct milter_session *session = milter_session_enter(engine_context);
	enum milter_reply reply = session->verdict;

	if (undecided(session) && session->handler->end_of_header != NULL)
		reply = session->handler->end_of_header(session->own);
	return answer(session, SMFIP_NR_EOH, reply);
}

/*
 * The protocol lets a last chunk travel with the end of the message; no MTA does that, and
 * libmilter then takes the silence of a silent step for the end's answer: the sender waits in vain
 * and mail is not lost.
 */
static sfsistat on_body(SMFICTX *engine_context, unsigned char *chunk, size_t length)
{
	struct milter_session *session = milter_session_enter(engine_context);
	enum milter_reply reply = session->verdict;

	if (undecided(session) && session->handler->body != NULL && !session->skips_body)
		reply = session->handler->body(session->own, chunk, length);
	if (reply != MILTER_SKIP_BODY)
		return answer(session, SMFIP_NR_BODY, reply);
	session->skips_body = true;
	if ((session->steps & SMFIP_SKIP) == 0)
		return answer(session, SMFIP_NR_BODY, MILTER_CONTINUE);
	milter_session_leave(session);
	return SMFIS_SKIP;
}

static sfsistat on_end_of_message(SMFICTX *engine_context)
{
	struct milter_session *session = milter_session_enter(engine_context);
	enum milter_reply reply = session->verdict;

	if (undecided(session) && session->handler->end_of_message != NULL)
		reply = session->handler->end_of_message(session->own);
	else if (!session->in_message)
		reply = milter_failure_reply(session);
	if (session->in_message && reply == MILTER_CONTINUE)
		milter_session_end_message(session);
	return answer(session, 0, reply);
}

static sfsistat on_abort(SMFICTX *engine_context)
{
	struct milter_session *session = milter_session_enter(engine_context);

	milter_session_end_message(session);
	milter_session_leave(session);
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
