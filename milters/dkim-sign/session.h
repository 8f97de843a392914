/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_SIGN_SESSION_H
#define MILLRACE_DKIM_SIGN_SESSION_H

/*
 * What one connection of the MTA holds: who the client is, as the MTA said at connect and at
 * MAIL, and the message under way, reused from one to the next. The calls of one session never
 * overlap.
 */

#include <glib.h>

#include "milters/dkim-sign/context.h"
#include "milters/dkim-sign/message.h"
#include "shared/milter/milter.h"

struct sign_session {
	struct milter_session *milter;	    /* borrowed */
	const struct sign_context *context; /* borrowed; the engine holds a reference */
	struct sign_client client;	    /* its strings point below */
	GString *listener, *user, *sender;
	struct sign_message *message;
};

struct sign_session *sign_session_new(struct milter_session *milter,
				      const struct sign_context *context);
void sign_session_free(struct sign_session *session);

/* NULL: the MTA did not say. Copied. */
void sign_session_set_listener(struct sign_session *session, const char *listener);
void sign_session_set_user(struct sign_session *session, const char *user);

#endif
