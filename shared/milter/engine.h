/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_MILTER_ENGINE_H
#define MILLRACE_MILTER_ENGINE_H

/*
 * What the parts of the engine share: the one engine of the process, and a session. Private to
 * shared/milter; the only header that brings libmilter in.
 */

#include <glib.h>
#include <libmilter/mfapi.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "shared/log/metrics.h"
#include "shared/milter/connections.h"
#include "shared/milter/milter.h"
#include "shared/milter/socket.h"

#define MILTER_QUEUE_ID_MAX 64u

/* What the MTA is told with a refusal; code is "" when there is nothing to tell. */
struct milter_reply_text {
	char code[4];
	char extended[12];
	char *text; /* or NULL */
};

struct milter_session {
	SMFICTX *engine_context;
	const struct milter_handler *handler;
	void *own;			/* the handler's; NULL: it could not make one */
	void *context;			/* the daemon's, referenced */
	struct connection *connection;	/* NULL: no idle control */
	unsigned long steps;		/* SMFIP_* in force; 0 before negotiation */
	enum milter_reply standing;	/* for every message: said at connect or helo, silently */
	enum milter_reply verdict;	/* on this message, kept until the MTA waits for a reply */
	bool in_message;		/* MAIL was accepted, the end has not come */
	bool skips_body;		/* the handler has seen enough of it */
	struct milter_reply_text reply; /* for the next refusal */
	char queue_id[MILTER_QUEUE_ID_MAX]; /* "" until the MTA has told it */
};

struct milter_engine_state {
	const struct milter_handler *handler;
	struct milter_socket socket;
	atomic_int on_failure; /* enum daemon_on_failure */
	_Atomic int64_t idle_timeout;
	atomic_bool draining;
	atomic_uint messages;	  /* under way */
	_Atomic int64_t last_end; /* monotonic time of the last end-of-message callback */
	struct log_metric *connections_open, *connections_total, *messages_total, *edits_refused,
		*idle_closed;
};

/* The one engine; set up by milter_engine(). */
struct milter_engine_state *milter_engine_state(void);

/*
 * Every callback is between these two. The session of a libmilter context, made when it is the
 * first call; never NULL. In between the connection does not count as silent.
 */
struct milter_session *milter_session_enter(SMFICTX *engine_context);
void milter_session_leave(struct milter_session *session);
/* Ends it, if there was one. */
void milter_session_end(SMFICTX *engine_context);

/* What was negotiated; kept with the connection too, which may serve several sessions. */
void milter_session_set_steps(struct milter_session *session, unsigned long steps);

/* MAIL was accepted; the message is over, whatever became of it. */
void milter_session_begin_message(struct milter_session *session);
void milter_session_end_message(struct milter_session *session);

/* Hands the text kept by milter_set_reply to libmilter if it fits the reply, and forgets it. */
void milter_reply_text_apply(struct milter_session *session, enum milter_reply reply);

/* libmilter's table of callbacks. */
void milter_callbacks_fill(struct smfiDesc *description);

/* The negotiation callback. */
sfsistat milter_negotiate(SMFICTX *engine_context, unsigned long actions, unsigned long steps,
			  unsigned long unused2, unsigned long unused3, unsigned long *ret_actions,
			  unsigned long *ret_steps, unsigned long *ret_unused2,
			  unsigned long *ret_unused3);

#endif
