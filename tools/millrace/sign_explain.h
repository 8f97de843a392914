/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_TOOLS_SIGN_EXPLAIN_H
#define MILLRACE_TOOLS_SIGN_EXPLAIN_H

/*
 * What the signer decided about a message and why, in words for people or as JSON. Decides
 * nothing: it shows a plan that milters/dkim-sign made.
 */

#include <glib.h>
#include <json-glib/json-glib.h>

#include "milters/dkim-sign/message.h"

/* All borrowed. */
struct sign_explanation {
	const struct sign_context *context;
	const struct sign_client *client;
	const char *sender;
	const struct sign_message *message; /* finished */
	const struct sign_plan *plan;
};

void sign_explain_text(const struct sign_explanation *explanation, GString *text);
/* Adds one object. */
void sign_explain_json(const struct sign_explanation *explanation, JsonBuilder *builder);

#endif
