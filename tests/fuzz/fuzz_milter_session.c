/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes as the events of one connection, in any order, through the engine's callbacks: a stand-in
 * for libmilter's context below them, a handler that answers as the bytes say above. Whatever
 * comes, a handler hears of a message's content only within a message it has not decided, each
 * message is reset once, and none is passed at its end that was decided otherwise.
 */

#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>
#include <string.h>

#include "shared/daemon/context.h"
#include "shared/log/event.h"
#include "shared/milter/engine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What libmilter keeps of a connection; begins as its own does. */
struct smfi_str {
	pthread_t thread;
	int socket;
	void *private;
};

static struct {
	const uint8_t *at, *stop;
	struct milter_session *session;
	enum milter_reply verdict;
	bool in_message;
} peer;

void *smfi_getpriv(SMFICTX *context)
{
	return context->private;
}

int smfi_setpriv(SMFICTX *context, void *private)
{
	context->private = private;
	return MI_SUCCESS;
}

char *smfi_getsymval(SMFICTX *context, char *name)
{
	static char value[] = "4ABC";

	(void)context;
	return *name == 'i' ? value : NULL;
}

int smfi_setreply(SMFICTX *context, char *code, char *extended, char *text)
{
	(void)context;
	g_assert_cmpuint(strlen(code), <=, 3);
	g_assert_true(extended == NULL || *extended != '\0');
	g_assert_null(strpbrk(text, "\r\n%"));
	return MI_SUCCESS;
}

int smfi_insheader(SMFICTX *context, int position, char *name, char *value)
{
	(void)context;
	g_assert_cmpint(position, >=, 0);
	g_assert_null(strpbrk(name, ":\r\n "));
	for (const char *fold = value; (fold = strpbrk(fold, "\r\n")) != NULL; fold++)
		g_assert_true(fold[0] == '\n' && (fold[1] == ' ' || fold[1] == '\t'));
	return MI_SUCCESS;
}

int smfi_setsymlist(SMFICTX *context, int where, char *macros)
{
	(void)context, (void)where;
	g_assert_nonnull(macros);
	return MI_SUCCESS;
}

static uint8_t next_byte(void)
{
	return peer.at < peer.stop ? *peer.at++ : 0;
}

/* Up to a NUL, or what is left. Freed with g_free. */
static char *next_text(void)
{
	size_t left = (size_t)(peer.stop - peer.at);
	char *text = g_strndup((const char *)peer.at, left);

	peer.at += MIN(strlen(text) + 1, left);
	return text;
}

static enum milter_reply decide(void)
{
	enum milter_reply reply = next_byte() % (MILTER_SKIP_BODY + 1);
	g_autofree char *text = NULL;

	g_assert_true(peer.in_message && peer.verdict == MILTER_CONTINUE);
	if (reply == MILTER_REJECT || reply == MILTER_TEMPFAIL) {
		text = next_text();
		milter_set_reply(peer.session, text, text, text);
	}
	if (reply != MILTER_SKIP_BODY)
		peer.verdict = reply;
	return reply;
}

static void *on_session_new(struct milter_session *session, void *context)
{
	(void)context;
	peer.session = session;
	peer.in_message = false;
	return next_byte() % 8 == 7 ? NULL : &peer;
}

static void on_session_free(void *own)
{
	g_assert_true(own == &peer && !peer.in_message);
}

static enum milter_reply on_connect(void *own, const char *hostname, const struct sockaddr *address)
{
	(void)own, (void)hostname, (void)address;
	return next_byte() % MILTER_SKIP_BODY;
}

static enum milter_reply on_helo(void *own, const char *name)
{
	(void)own, (void)name;
	return next_byte() % MILTER_SKIP_BODY;
}

static enum milter_reply on_mail(void *own, const char *sender, char **parameters)
{
	(void)own, (void)sender, (void)parameters;
	g_assert_false(peer.in_message);
	peer.in_message = true;
	peer.verdict = MILTER_CONTINUE;
	return decide();
}

static enum milter_reply on_header(void *own, const char *name, const char *value)
{
	g_autoptr(GError) error = NULL;

	(void)own;
	if (!milter_insert_header(peer.session, 0, name, value, &error))
		g_assert_nonnull(error);
	return decide();
}

static enum milter_reply on_step(void *own)
{
	(void)own;
	return decide();
}

static enum milter_reply on_body(void *own, const unsigned char *chunk, size_t length)
{
	(void)own, (void)chunk, (void)length;
	return decide();
}

static void on_message_reset(void *own)
{
	(void)own;
	/* A message that was decided before MAIL was never told to the handler. */
	peer.in_message = false;
}

static struct milter_handler handler = {
	.session_new = on_session_new,
	.session_free = on_session_free,
	.connect = on_connect,
	.helo = on_helo,
	.mail = on_mail,
	.data = on_step,
	.header = on_header,
	.end_of_header = on_step,
	.body = on_body,
	.end_of_message = on_step,
	.message_reset = on_message_reset,
};

static void send_negotiation(const struct smfiDesc *engine, SMFICTX *context)
{
	unsigned long got[4], steps = next_byte() % 2 ? 0x1fffff : 0xff & ~SMFIP_NR_HDR;

	engine->xxfi_negotiate(context, 0x1ff, steps, 0, 0, &got[0], &got[1], &got[2], &got[3]);
}

static void send_end(const struct smfiDesc *engine, SMFICTX *context)
{
	bool decided = peer.in_message && peer.verdict != MILTER_CONTINUE;
	sfsistat status = engine->xxfi_eom(context);

	if (decided)
		g_assert_cmpint(status, !=, SMFIS_CONTINUE);
	g_assert_cmpint(status, !=, SMFIS_NOREPLY);
}

/* Events without text; false when it is none of them. */
static bool send_plain(const struct smfiDesc *engine, SMFICTX *context, char event)
{
	switch (event) {
	case SMFIC_OPTNEG:
		send_negotiation(engine, context);
		return true;
	case SMFIC_DATA:
		engine->xxfi_data(context);
		return true;
	case SMFIC_EOH:
		engine->xxfi_eoh(context);
		return true;
	case SMFIC_BODYEOB:
		send_end(engine, context);
		return true;
	case SMFIC_ABORT:
		engine->xxfi_abort(context);
		return true;
	case SMFIC_QUIT:
		engine->xxfi_close(context);
		return true;
	default:
		return false;
	}
}

static void send_text(const struct smfiDesc *engine, SMFICTX *context, char event)
{
	g_autofree char *first = next_text();
	g_autofree char *second = next_text();
	char *words[] = { first, second, NULL };

	if (event == SMFIC_CONNECT)
		engine->xxfi_connect(context, first, NULL);
	else if (event == SMFIC_HELO)
		engine->xxfi_helo(context, first);
	else if (event == SMFIC_MAIL)
		engine->xxfi_envfrom(context, words);
	else if (event == SMFIC_RCPT)
		engine->xxfi_envrcpt(context, words);
	else if (event == SMFIC_HEADER)
		engine->xxfi_header(context, first, second);
	else if (event == SMFIC_BODY)
		engine->xxfi_body(context, (unsigned char *)first, strlen(first));
}

static void keep_context(void *context)
{
	(void)context;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct smfiDesc engine;
	struct smfi_str context = { .socket = -1 };

	if (engine.xxfi_eom == NULL) {
		log_open("fuzz", LOG_TARGET_STDERR, LOG_LEVEL_ERROR);
		daemon_context_init(keep_context);
		daemon_context_swap(g_atomic_rc_box_new0(int));
		milter_engine(&handler);
		milter_callbacks_fill(&engine);
	}
	peer.at = data;
	peer.stop = data + size;
	while (peer.at < peer.stop) {
		char event = (char)next_byte();

		if (!send_plain(&engine, &context, event))
			send_text(&engine, &context, event);
	}
	engine.xxfi_close(&context);
	g_assert_false(peer.in_message);
	return 0;
}
