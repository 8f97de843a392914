/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows how edits and replies are put to the MTA. Refuses to pass on what could break out of a
 * field or a reply line: CR in a value, control bytes and '%' in a reply text. The session's thread.
 */

#include "shared/base/error.h"
#include "shared/milter/engine.h"

#define REPLY_TEXT_MAX 500u /* libmilter takes 980 (MAXREPLYLEN) */

/* libmilter's prototypes have no const; it copies what it is given. */
static char *unconst(const char *text)
{
	return (char *)(uintptr_t)text;
}

static bool report(int status, const char *edit, GError **ret_error)
{
	if (status == MI_SUCCESS)
		return true;
	log_metric_add(milter_engine_state()->edits_refused, NULL, 1);
	g_set_error(ret_error, MR_ERROR, MR_ERROR_TEMPORARY, "the MTA did not take the edit: %s",
		    edit);
	return false;
}

/* The value as the protocol wants it; NULL when it holds a CR. Freed with g_free. */
static char *wire_value(const struct milter_session *session, const char *value)
{
	if (strchr(value, '\r') != NULL)
		return NULL;
	return g_strconcat(session->keeps_leading_space ? " " : "", value, NULL);
}

bool milter_insert_header(struct milter_session *session, unsigned position, const char *name,
			  const char *value, GError **ret_error)
{
	g_autofree char *wire = wire_value(session, value);

	return report(wire == NULL ? MI_FAILURE
				   : smfi_insheader(session->engine_context, (int)position,
						    unconst(name), wire),
		      "insert header", ret_error);
}

bool milter_change_header(struct milter_session *session, const char *name, unsigned instance,
			  const char *value, GError **ret_error)
{
	g_autofree char *wire = wire_value(session, value);

	return report(wire == NULL ? MI_FAILURE
				   : smfi_chgheader(session->engine_context, unconst(name),
						    (int)instance, wire),
		      "change header", ret_error);
}

bool milter_delete_header(struct milter_session *session, const char *name, unsigned instance,
			  GError **ret_error)
{
	return report(smfi_chgheader(session->engine_context, unconst(name), (int)instance, NULL),
		      "delete header", ret_error);
}

bool milter_delete_recipient(struct milter_session *session, const char *recipient,
			     GError **ret_error)
{
	return report(smfi_delrcpt(session->engine_context, unconst(recipient)), "delete recipient",
		      ret_error);
}

bool milter_quarantine(struct milter_session *session, const char *reason, GError **ret_error)
{
	return report(smfi_quarantine(session->engine_context, unconst(reason)), "quarantine",
		      ret_error);
}

void milter_set_reply(struct milter_session *session, const char *code, const char *extended,
		      const char *text)
{
	g_autofree char *clean = g_strndup(text, REPLY_TEXT_MAX);

	for (char *byte = clean; *byte != '\0'; byte++) {
		if (*byte < ' ' || *byte > '~' || *byte == '%')
			*byte = '?';
	}
	(void)smfi_setreply(session->engine_context, unconst(code), unconst(extended), clean);
}
