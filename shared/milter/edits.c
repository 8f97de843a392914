/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows how edits and replies are put to the MTA. Refuses to pass on what could break out of a
 * field or a reply line: an odd name, CR or an unfolded LF in a value, control bytes and '%' in a
 * reply text. The session's thread.
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

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t';
}

/* RFC 5322 3.6.8: printable and no colon. */
static bool is_field_name(const char *name)
{
	for (const char *byte = name; *byte != '\0'; byte++) {
		if (*byte <= ' ' || *byte > '~' || *byte == ':')
			return false;
	}
	return *name != '\0';
}

/*
 * RFC 5322 2.2.3: a line end within a field is followed by a blank. The protocol writes it as LF.
 */
static bool is_field_value(const char *value)
{
	for (const char *byte = value; *byte != '\0'; byte++) {
		if (*byte == '\r' || (*byte == '\n' && !is_blank(byte[1])))
			return false;
	}
	return true;
}

/* The value as the protocol wants it; NULL when the two are no field. Freed with g_free. */
static char *wire_value(const struct milter_session *session, const char *name, const char *value)
{
	if (!is_field_name(name) || !is_field_value(value))
		return NULL;
	return g_strconcat((session->steps & SMFIP_HDR_LEADSPC) ? " " : "", value, NULL);
}

bool milter_insert_header(struct milter_session *session, unsigned position, const char *name,
			  const char *value, GError **ret_error)
{
	g_autofree char *wire = wire_value(session, name, value);

	return report(wire == NULL ? MI_FAILURE
				   : smfi_insheader(session->engine_context, (int)position,
						    unconst(name), wire),
		      "insert header", ret_error);
}

bool milter_change_header(struct milter_session *session, const char *name, unsigned instance,
			  const char *value, GError **ret_error)
{
	g_autofree char *wire = wire_value(session, name, value);

	return report(wire == NULL ? MI_FAILURE
				   : smfi_chgheader(session->engine_context, unconst(name),
						    (int)instance, wire),
		      "change header", ret_error);
}

bool milter_delete_header(struct milter_session *session, const char *name, unsigned instance,
			  GError **ret_error)
{
	return report(!is_field_name(name) ? MI_FAILURE
					   : smfi_chgheader(session->engine_context, unconst(name),
							    (int)instance, NULL),
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
	struct milter_reply_text *reply = &session->reply;
	char *clean = g_strndup(text, REPLY_TEXT_MAX);

	for (char *byte = clean; *byte != '\0'; byte++) {
		if (*byte < ' ' || *byte > '~' || *byte == '%')
			*byte = '?';
	}
	g_strlcpy(reply->code, code, sizeof(reply->code));
	g_strlcpy(reply->extended, extended != NULL ? extended : "", sizeof(reply->extended));
	g_free(reply->text);
	reply->text = clean;
}

void milter_reply_text_apply(struct milter_session *session, enum milter_reply reply)
{
	struct milter_reply_text *kept = &session->reply;

	if ((reply == MILTER_REJECT && kept->code[0] == '5') ||
	    (reply == MILTER_TEMPFAIL && kept->code[0] == '4'))
		(void)smfi_setreply(session->engine_context, kept->code,
				    kept->extended[0] != '\0' ? kept->extended : NULL, kept->text);
	kept->code[0] = '\0';
}
