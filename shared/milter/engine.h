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

struct milter_session {
	SMFICTX *engine_context;
	const struct milter_handler *handler;
	void *own;			    /* the handler's */
	void *context;			    /* the daemon's, referenced */
	struct connection *connection;	    /* NULL: no idle control */
	bool keeps_leading_space;	    /* SMFIP_HDR_LEADSPC is in force */
	bool in_message;		    /* MAIL was accepted, the end has not come */
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
	GThread *reaper;
	GMutex reaper_lock;
	GCond reaper_wake;
	bool reaper_stops; /* under reaper_lock */
	struct log_metric *connections_open, *connections_total, *messages_total, *edits_refused,
		*idle_closed;
};

/* The one engine; set up by milter_engine(). */
struct milter_engine_state *milter_engine_state(void);

/* The session of a libmilter context, made when it is the first call. Never NULL. */
struct milter_session *milter_session_of(SMFICTX *engine_context);
/* Ends it, if there was one. */
void milter_session_end(SMFICTX *engine_context);

/* MAIL was accepted; the message is over, whatever became of it. */
void milter_session_begin_message(struct milter_session *session);
void milter_session_end_message(struct milter_session *session);

/* libmilter's table of callbacks. */
void milter_callbacks_fill(struct smfiDesc *description);

/* The negotiation callback. */
sfsistat milter_negotiate(SMFICTX *engine_context, unsigned long actions, unsigned long steps,
			  unsigned long unused2, unsigned long unused3, unsigned long *ret_actions,
			  unsigned long *ret_steps, unsigned long *ret_unused2,
			  unsigned long *ret_unused3);

#endif
