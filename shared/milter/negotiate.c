/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows how a handler's wishes become protocol flags: steps nobody listens to are not sent, and
 * replies nobody needs are not waited for (two thirds of libmilter's cost are such replies). MAIL
 * is always replied to, because a draining daemon refuses there. libmilter itself replies for a
 * silent step to an MTA that cannot do without. The session's thread.
 */

#include "shared/log/event.h"
#include "shared/milter/engine.h"

static const struct {
	unsigned edit;
	unsigned long action;
} edit_actions[] = {
	{ MILTER_ADDS_HEADERS, SMFIF_ADDHDRS },	      { MILTER_CHANGES_HEADERS, SMFIF_CHGHDRS },
	{ MILTER_CHANGES_BODY, SMFIF_CHGBODY },	      { MILTER_ADDS_RECIPIENTS, SMFIF_ADDRCPT },
	{ MILTER_DELETES_RECIPIENTS, SMFIF_DELRCPT }, { MILTER_QUARANTINES, SMFIF_QUARANTINE },
	{ MILTER_CHANGES_SENDER, SMFIF_CHGFROM },
};

static const struct {
	enum milter_stage stage;
	int where;
} macro_places[] = {
	{ MILTER_AT_CONNECT, SMFIM_CONNECT }, { MILTER_AT_HELO, SMFIM_HELO },
	{ MILTER_AT_MAIL, SMFIM_ENVFROM },    { MILTER_AT_RCPT, SMFIM_ENVRCPT },
	{ MILTER_AT_DATA, SMFIM_DATA },	      { MILTER_AT_EOH, SMFIM_EOH },
	{ MILTER_AT_EOM, SMFIM_EOM },
};

static unsigned long wanted_actions(const struct milter_handler *handler)
{
	unsigned long actions = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(edit_actions); i++) {
		if (handler->edits & edit_actions[i].edit)
			actions |= edit_actions[i].action;
	}
	return actions;
}

static unsigned long step(bool wanted, bool no_reply, unsigned long skip, unsigned long silence)
{
	if (!wanted)
		return skip;
	return no_reply ? silence : 0;
}

static bool silent(const struct milter_handler *handler, enum milter_stage stage)
{
	return (handler->no_reply >> stage) & 1;
}

static unsigned long wanted_steps(const struct milter_handler *h)
{
	bool content = !h->replies_to_content;

	return SMFIP_HDR_LEADSPC | SMFIP_NOUNKNOWN | SMFIP_NR_UNKN |
	       step(h->connect != NULL, silent(h, MILTER_AT_CONNECT), SMFIP_NOCONNECT,
		    SMFIP_NR_CONN) |
	       step(h->helo != NULL, silent(h, MILTER_AT_HELO), SMFIP_NOHELO, SMFIP_NR_HELO) |
	       step(h->rcpt != NULL, silent(h, MILTER_AT_RCPT), SMFIP_NORCPT, SMFIP_NR_RCPT) |
	       step(h->data != NULL, silent(h, MILTER_AT_DATA), SMFIP_NODATA, SMFIP_NR_DATA) |
	       step(h->header != NULL, content, SMFIP_NOHDRS, SMFIP_NR_HDR) |
	       step(h->end_of_header != NULL, silent(h, MILTER_AT_EOH), SMFIP_NOEOH, SMFIP_NR_EOH) |
	       step(h->body != NULL, content, SMFIP_NOBODY, SMFIP_NR_BODY) |
	       (h->replies_to_content ? SMFIP_SKIP : 0);
}

/*
 * A stage without wishes gets an empty list, or the MTA would send its own long one. A list that
 * asks for anything also asks for "j", which every MTA can always tell: libmilter takes no notice
 * of an empty packet, and the values of the message before would stay.
 */
static void ask_for_macros(SMFICTX *engine_context, const struct milter_handler *handler)
{
	for (size_t i = 0; i < G_N_ELEMENTS(macro_places); i++) {
		const char *macros = handler->macros[macro_places[i].stage];
		g_autofree char *list =
			macros != NULL ? g_strconcat("j ", macros, NULL) : g_strdup("");

		(void)smfi_setsymlist(engine_context, macro_places[i].where, list);
	}
}

/* RFC 6376 3.4.1: the simple form of a header needs each of its bytes. */
static void note_lost_space(void)
{
	static atomic_flag said = ATOMIC_FLAG_INIT;

	if (!atomic_flag_test_and_set(&said))
		log_line(LOG_LEVEL_WARN,
			 "the MTA cuts the blank after a header's colon off: signatures with "
			 "\"simple\" header canonicalization may not verify");
}

static bool allows(unsigned long actions, unsigned long needed)
{
	if ((actions & needed) == needed)
		return true;
	log_line(LOG_LEVEL_ERROR,
		 "the MTA does not allow the edits this milter needs: offered %#lx, needed %#lx",
		 actions, needed);
	return false;
}

sfsistat milter_negotiate(SMFICTX *engine_context, unsigned long actions, unsigned long steps,
			  unsigned long unused2, unsigned long unused3, unsigned long *ret_actions,
			  unsigned long *ret_steps, unsigned long *ret_unused2,
			  unsigned long *ret_unused3)
{
	struct milter_session *session = milter_session_enter(engine_context);
	unsigned long needed = wanted_actions(session->handler);

	(void)unused2;
	(void)unused3;
	if (!allows(actions, needed)) {
		milter_session_leave(session);
		return SMFIS_REJECT;
	}
	if (actions & SMFIF_SETSYMLIST) {
		needed |= SMFIF_SETSYMLIST;
		ask_for_macros(engine_context, session->handler);
	}
	if ((steps & SMFIP_HDR_LEADSPC) == 0)
		note_lost_space();
	milter_session_set_steps(session, wanted_steps(session->handler) & steps);
	*ret_actions = needed;
	*ret_steps = session->steps;
	*ret_unused2 = 0;
	*ret_unused3 = 0;
	milter_session_leave(session);
	return SMFIS_CONTINUE;
}
