/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The signer's side of the milter protocol: events into the message, its plan into a reply. Mail
 * that cannot be ours is let go at MAIL, so that it costs one callback; all else is decided at
 * the end of the message, so that the MTA waits for nothing in between.
 */

#include <string.h>

#include "milters/dkim-sign/callbacks.h"
#include "milters/dkim-sign/report.h"
#include "milters/dkim-sign/session.h"

#define SIGNATURE_NAME "DKIM-Signature"
#define BELOW_OWN_RECEIVED 1u /* later milters still find the MTA's own Received in its place */

static void *on_session_new(struct milter_session *milter, void *context)
{
	return sign_session_new(milter, context);
}

static void on_session_free(void *own)
{
	sign_session_free(own);
}

static enum milter_reply on_connect(void *own, const char *hostname, const struct sockaddr *address)
{
	struct sign_session *session = own;

	sign_client_set_address(&session->client, hostname, address);
	sign_session_set_listener(session, milter_macro(session->milter, "{daemon_name}"));
	return MILTER_CONTINUE;
}

static enum milter_reply on_mail(void *own, const char *sender, char **parameters)
{
	struct sign_session *session = own;

	(void)parameters;
	sign_session_set_user(session, milter_macro(session->milter, "{auth_authen}"));
	g_string_assign(session->sender, sender);
	if (sign_message_begin(session->message, session->context, &session->client,
			       session->sender->str) != SIGN_ORIGIN_FOREIGN)
		return MILTER_CONTINUE;
	sign_report_foreign(&session->client);
	return MILTER_ACCEPT;
}

static enum milter_reply on_header(void *own, const char *name, const char *value)
{
	struct sign_session *session = own;

	sign_message_header(session->message, (struct slice){ name, strlen(name) },
			    (struct slice){ value, strlen(value) });
	return MILTER_CONTINUE;
}

static enum milter_reply on_end_of_header(void *own)
{
	struct sign_session *session = own;

	sign_message_end_of_header(session->message);
	return MILTER_CONTINUE;
}

static enum milter_reply on_body(void *own, const unsigned char *chunk, size_t length)
{
	struct sign_session *session = own;

	sign_message_body(session->message, chunk, length);
	return MILTER_CONTINUE;
}

/* From the last to the first, each above the one before. */
static bool insert_signatures(struct sign_session *session, GError **ret_error)
{
	for (unsigned i = sign_message_signatures(session->message); i > 0; i--) {
		const struct sign_result *result = sign_message_signature(session->message, i - 1);

		if (!milter_insert_header(session->milter, BELOW_OWN_RECEIVED, SIGNATURE_NAME,
					  result->value->str, ret_error))
			return false;
	}
	return true;
}

/* What the client is told; no word of ours that an outsider could use. */
static const struct {
	const char *extended, *text;
} replies[SIGN_REASONS] = {
	[SIGN_REASON_SENDER_MISMATCH] = { "5.7.1", "From address not allowed for this user" },
	[SIGN_REASON_BAD_FROM] = { "4.6.0", "From must be exactly one address" },
	[SIGN_REASON_NO_DOMAIN] = { "4.7.1", "No signing key for the sender's domain" },
	[SIGN_REASON_HAZARD] = { "4.6.0", "Message would not survive transport unchanged" },
	[SIGN_REASON_HEADER_TOO_LARGE] = { "4.6.0", "Message header too large" },
	[SIGN_REASON_KEY_UNUSABLE] = { "4.3.5", "Message cannot be signed now" },
	[SIGN_REASON_SIGNING_FAILED] = { "4.7.5", "Message cannot be signed now" },
	[SIGN_REASON_NOT_JUDGED] = { "4.3.5", "Message cannot be signed now" },
};

/* The class of the extended code follows the reply (RFC 3463 2). */
static void set_reply(struct sign_session *session, const char *code, const struct sign_plan *plan)
{
	g_autofree char *extended = g_strdup(replies[plan->reason].extended);

	if (extended)
		extended[0] = code[0];
	milter_set_reply(session->milter, code, extended, replies[plan->reason].text);
}

static enum milter_reply reply_for(struct sign_session *session, const struct sign_plan *plan)
{
	enum milter_reply reply = MILTER_CONTINUE;

	if (plan->outcome == SIGN_OUTCOME_REJECT)
		reply = MILTER_REJECT;
	else if (plan->outcome == SIGN_OUTCOME_TEMPFAIL)
		reply = MILTER_TEMPFAIL;
	else if (plan->outcome == SIGN_OUTCOME_FAILURE)
		reply = milter_failure_reply(session->milter);
	if (reply == MILTER_REJECT)
		set_reply(session, "550", plan);
	else if (reply == MILTER_TEMPFAIL)
		set_reply(session, "451", plan);
	return reply;
}

static enum milter_reply on_end_of_message(void *own)
{
	struct sign_session *session = own;
	const struct sign_plan *plan = sign_message_finish(session->message);
	GError *error = NULL;

	if (plan->outcome == SIGN_OUTCOME_SIGN && !insert_signatures(session, &error))
		sign_message_fail(session->message, error);
	sign_report_message(milter_queue_id(session->milter), &session->client, session->message,
			    plan);
	return reply_for(session, plan);
}

static void on_message_reset(void *own)
{
	struct sign_session *session = own;

	sign_message_reset(session->message);
}

const struct milter_handler sign_handler = {
	.edits = MILTER_ADDS_HEADERS,
	.no_reply = 1 << MILTER_AT_CONNECT | 1 << MILTER_AT_EOH,
	.macros = {
		[MILTER_AT_CONNECT] = "{daemon_name}",
		[MILTER_AT_MAIL] = "{auth_authen} {auth_type}",
		[MILTER_AT_EOM] = "i",
	},
	.session_new = on_session_new,
	.session_free = on_session_free,
	.connect = on_connect,
	.mail = on_mail,
	.header = on_header,
	.end_of_header = on_end_of_header,
	.body = on_body,
	.end_of_message = on_end_of_message,
	.message_reset = on_message_reset,
};
